// The board's past: a jump to any point in a million events, the first pass over them, and a late
// batch. A jump is to take less than 100 ms.
#include "app/board/core/state.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace spec_kitty::bench {
namespace {

constexpr std::uint32_t event_count = 1'000'000;
constexpr std::uint32_t feature_count = 100;

board::board_event event_of(std::uint32_t number, std::mt19937& draw) {
  board::board_event event;
  for (std::size_t byte = 0; byte < 4; ++byte)
    event.id.bytes[12 + byte] = static_cast<std::uint8_t>(number >> (24 - 8 * byte));
  event.lamport_clock = 1 + number;
  event.node_id = std::string(12, static_cast<char>('a' + draw() % 3));
  event.at = epoch_us{number} * 1'000'000;
  event.kind =
      draw() % 3 == 0 ? board::event_kind::history_added : board::event_kind::status_changed;
  event.feature = "feature-" + std::to_string(draw() % feature_count);
  event.wp_id = "WP" + std::to_string(10 + draw() % 20);
  event.previous = board::lane_names[draw() % 4];
  event.lane = board::lane_names[draw() % 4];
  event.actor = "ann";
  return event;
}

/// A million events of 2,000 work packages, made at the first use.
board::event_log& million() {
  static const auto log = [] {
    auto made = std::make_unique<board::event_log>();
    std::mt19937 draw(1);
    std::vector<board::board_event> batch;
    for (std::uint32_t number = 0; number < event_count; ++number) {
      batch.push_back(event_of(number, draw));
      if (batch.size() == 10'000) {
        made->add(batch);
        batch.clear();
      }
    }
    return made;
  }();
  return *log;
}

void board_jump_ours(benchmark::State& state) {
  board::timeline line(million());
  (void)line.state_at(event_count);
  std::mt19937 draw(2);
  for (auto _ : state)
    benchmark::DoNotOptimize(line.state_at(draw() % event_count).packages.data());
}

/// Half a checkpoint's distance of events, which no jump can do without on average.
void board_jump_floor(benchmark::State& state) {
  const auto& log = million();
  board::board_state from;
  board::apply(from, log, 0, board::timeline::step);
  std::mt19937 draw(2);
  for (auto _ : state) {
    const std::size_t place = draw() % (event_count - board::timeline::step);
    board::apply(from, log, place, place + board::timeline::step / 2);
    benchmark::DoNotOptimize(from.packages.data());
  }
}

void board_first_pass_ours(benchmark::State& state) {
  for (auto _ : state) {
    board::timeline line(million());
    benchmark::DoNotOptimize(line.state_at(event_count).packages.data());
  }
}

void board_first_pass_floor(benchmark::State& state) {
  for (auto _ : state) {
    board::board_state all;
    board::apply(all, million(), 0, event_count);
    benchmark::DoNotOptimize(all.packages.data());
  }
}

} // namespace

BENCHMARK(board_jump_ours)->Name("board_jump/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(board_jump_floor)
    ->Name("board_jump/floor(half a checkpoint's events)")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(board_first_pass_ours)->Name("board_first_pass/ours")->Unit(benchmark::kMicrosecond);
BENCHMARK(board_first_pass_floor)
    ->Name("board_first_pass/floor(the events, no checkpoints)")
    ->Unit(benchmark::kMicrosecond);

} // namespace spec_kitty::bench
