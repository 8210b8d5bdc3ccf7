// Appending, one by one and grouped, beside LMDB's own put and commit of rows as long.
#include "actors/queue/store.hpp"
#include "benchmarks/bench_support.hpp"

#include <benchmark/benchmark.h>

namespace spec_kitty::bench {
namespace {

void append_ours(benchmark::State& state) {
  const folder place;
  const auto count = static_cast<std::size_t>(state.range(0));
  store_options options{place.path() / "home", [] { return node_seed{"host", "user", true}; }};
  options.max_events = 10'000'000;
  auto queue = store::open(options, open_mode::write);
  const std::vector<event_draft> drafts(count, typical_draft());
  if (!queue || !queue->append(drafts, wall_clock_now())) {
    state.SkipWithError("the store cannot be opened");
    return;
  }
  for (auto _ : state) {
    auto answers = queue->append(drafts, wall_clock_now());
    benchmark::DoNotOptimize(answers);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void append_floor(benchmark::State& state) {
  const folder place;
  raw_lmdb lmdb(place.path());
  const std::string row = typical_event() + std::string(48 + 15, 'h');
  const auto count = static_cast<std::size_t>(state.range(0));
  lmdb.append(count, row);
  for (auto _ : state)
    lmdb.append(count, row);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Iterations are given: rows stay, and a long run would measure a large store.
BENCHMARK(append_ours)->Name("append 1/ours")->Arg(1)->Iterations(1500)->UseRealTime();
BENCHMARK(append_floor)->Name("append 1/floor (LMDB)")->Arg(1)->Iterations(1500)->UseRealTime();
BENCHMARK(append_ours)->Name("append 100/ours")->Arg(100)->Iterations(200)->UseRealTime();
BENCHMARK(append_floor)->Name("append 100/floor (LMDB)")->Arg(100)->Iterations(200)->UseRealTime();
BENCHMARK(append_ours)->Name("append 512/ours")->Arg(512)->Iterations(60)->UseRealTime();
BENCHMARK(append_floor)->Name("append 512/floor (LMDB)")->Arg(512)->Iterations(60)->UseRealTime();

} // namespace
} // namespace spec_kitty::bench
