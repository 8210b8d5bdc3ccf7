#include "tests/app/board/core/events.hpp"

#include "app/board/core/state.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace spec_kitty::board {

namespace {

board_state from_zero(const event_log& log, std::size_t position) {
  board_state state;
  apply(state, log, 0, position);
  return state;
}

TEST(board_timeline, equals_a_fold_from_zero_at_random_points_with_late_arrivals) {
  auto events = many_changes(30'000, 4);
  std::mt19937 draw(5);
  // A tenth arrives late, in batches from all over the past.
  std::shuffle(events.begin(), events.end(), draw);
  const std::size_t prompt = events.size() * 9 / 10;
  std::sort(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(prompt),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  event_log log;
  timeline line(log);
  log.add(std::span(events).first(prompt));
  for (int point = 0; point < 1000; ++point) {
    if (point % 100 == 50) {
      const std::size_t from = prompt + static_cast<std::size_t>(point / 100) * 300;
      line.changed_from(log.add(std::span(events).subspan(from, 300)).first);
    }
    const std::size_t position = draw() % (log.size() + 1);
    ASSERT_EQ(line.state_at(position), from_zero(log, position)) << position;
  }
}

TEST(board_timeline, takes_the_new_lane_whatever_the_one_before) {
  event_log log;
  log.add(std::vector{change(1, 1, "planned", "doing"), change(2, 2, "for_review", "done")});
  const auto state = from_zero(log, 2);
  EXPECT_EQ(log.lanes().text(state.package(0).lane), "done");
  EXPECT_EQ(state.package(0).steps_unseen, 1U);
  EXPECT_FALSE(state.package(0).conflict) << "one node does not disagree with itself";
}

TEST(board_timeline, marks_two_nodes_that_disagree) {
  event_log log;
  auto other = change(2, 2, "planned", "doing");
  other.node_id = "bbbbbbbbbbbb";
  log.add(std::vector{change(1, 1, "planned", "doing"), other});
  EXPECT_TRUE(from_zero(log, 2).package(0).conflict);
}

TEST(board_timeline, leaves_the_lane_at_a_second_announcement) {
  event_log log;
  auto again = change(2, 2, "", "");
  again.kind = event_kind::created;
  log.add(std::vector{change(1, 1, "planned", "doing"), again});
  EXPECT_EQ(log.lanes().text(from_zero(log, 2).package(0).lane), "doing");
}

TEST(board_timeline, fails_at_an_error_until_the_next_move) {
  event_log log;
  auto error = change(2, 2, "", "");
  error.kind = event_kind::error_logged;
  error.text = "the disk is full";
  log.add(std::vector{change(1, 1, "planned", "doing"), error, change(3, 3, "doing", "planned")});
  EXPECT_TRUE(from_zero(log, 2).package(0).failed);
  EXPECT_EQ(log.texts().text(from_zero(log, 2).package(0).note), "the disk is full");
  EXPECT_FALSE(from_zero(log, 3).package(0).failed);
}

} // namespace

} // namespace spec_kitty::board
