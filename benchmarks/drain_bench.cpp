// A batch of 1000 made ready to send: lease, join, gzip; and the same with nine thousand events of
// another team in front, which must cost nothing.
#include "actors/batch_sync/batch.hpp"
#include "actors/queue/process_mark.hpp"
#include "actors/queue/store.hpp"
#include "benchmarks/bench_support.hpp"
#include "util/gzip.hpp"

#include <benchmark/benchmark.h>
#include <zlib.h>

namespace spec_kitty::bench {
namespace {

constexpr std::size_t batch = 1000;

/// Events that differ as real ones do, so that they compress as real ones do.
std::vector<event_draft> drafts(std::size_t count, std::string_view team) {
  std::vector<event_draft> all(count, typical_draft());
  for (std::size_t i = 0; i < count; ++i) {
    all[i].team_slug = team;
    all[i].timestamp = format_timestamp(1770000000000000 + static_cast<epoch_us>(i * 7919 * 997));
    all[i].aggregate_id = "WP" + std::to_string(10 + i % 90);
  }
  return all;
}

void drain_ours(benchmark::State& state) {
  const folder place;
  store_options options{place.path() / "home", [] { return node_seed{"host", "user", true}; }};
  options.max_events = 20000;
  auto queue = store::open(options, open_mode::write);
  const auto in_front = static_cast<std::size_t>(state.range(0));
  if (!queue || !queue->append(drafts(in_front, "other"), wall_clock_now()) ||
      !queue->append(drafts(batch, "team-a"), wall_clock_now())) {
    state.SkipWithError("the store cannot be filled");
    return;
  }
  const lease_request request{
      "team-a", 0, ~0ULL, batch, std::size_t{1} << 30, std::chrono::minutes(1)};
  const auto self = this_process();
  for (auto _ : state) {
    const auto grant = queue->lease(request, self, wall_clock_now());
    auto body = gzip(join_batch(grant->events));
    benchmark::DoNotOptimize(body);
    state.PauseTiming();
    (void)queue->settle({grant->token, {}, 5}, wall_clock_now());
    state.ResumeTiming();
  }
}

void drain_floor(benchmark::State& state) {
  const folder place;
  raw_lmdb lmdb(place.path());
  std::uint64_t clock = 0;
  for (const auto& draft : drafts(batch, "team-a"))
    lmdb.append(1, render_head({fresh_ulid(1770000000000 + ++clock), clock, "0123456789ab"},
                               draft.team_slug) +
                       render_tail(draft));
  for (auto _ : state) {
    lmdb.append(1, "a lease"); // a lease is one more row
    const std::string text = lmdb.join(batch);
    std::string out(compressBound(text.size()) + 32, '\0');
    z_stream stream{};
    deflateInit2(&stream, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    benchmark::DoNotOptimize(out);
  }
}

BENCHMARK(drain_ours)->Name("lease+join+gzip 1000/ours")->Arg(0)->Iterations(100)->UseRealTime();
BENCHMARK(drain_floor)
    ->Name("lease+join+gzip 1000/floor (LMDB row and read, zlib)")
    ->Iterations(100)
    ->UseRealTime();
BENCHMARK(drain_ours)
    ->Name("… behind 9000 of another team/ours")
    ->Arg(9000)
    ->Iterations(100)
    ->UseRealTime();
BENCHMARK(drain_floor)
    ->Name("… behind 9000 of another team/floor (LMDB row and read, zlib)")
    ->Iterations(100)
    ->UseRealTime();

} // namespace
} // namespace spec_kitty::bench
