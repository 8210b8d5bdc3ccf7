#include "tests/app/board/core/events.hpp"

#include "app/board/core/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace spec_kitty::board {

namespace {

TEST(board_log, orders_events_by_clock_node_and_id) {
  event_log log;
  auto second_node = change(1, 7, "planned", "doing");
  second_node.node_id = "bbbbbbbbbbbb";
  const std::vector batch = {second_node, change(3, 7, "planned", "doing"),
                             change(2, 7, "planned", "doing"), change(9, 6, "planned", "doing")};
  log.add(batch);
  std::vector<ulid> order;
  for (std::size_t place = 0; place < log.size(); ++place)
    order.push_back(log.at(place).id);
  EXPECT_EQ(order, (std::vector{id_of(9), id_of(2), id_of(3), id_of(1)}));
}

TEST(board_log, sorts_nodes_by_name_and_not_by_arrival) {
  event_log log;
  auto late_name = change(1, 5, "planned", "doing");
  late_name.node_id = "ffffffffffff";
  log.add(std::vector{late_name});
  log.add(std::vector{change(2, 5, "planned", "doing")});
  EXPECT_EQ(log.at(0).id, id_of(2));
}

TEST(board_log, passes_over_events_that_are_there) {
  event_log log;
  log.add(std::vector{change(1, 5, "planned", "doing")});
  const auto done = log.add(std::vector{change(1, 5, "planned", "doing")});
  EXPECT_EQ(done.added, 0U);
  EXPECT_EQ(log.size(), 1U);
}

TEST(board_log, says_where_the_past_changed) {
  event_log log;
  auto events = many_changes(1000, 1);
  const auto late = events[300];
  events.erase(events.begin() + 300);
  log.add(events);
  const auto done = log.add(std::vector{late});
  EXPECT_EQ(done.first + 1, log.position_of(log.seq_of(late.id)));
  EXPECT_EQ(done.earlier, 1U);
}

TEST(board_log, has_the_same_order_whatever_the_batches) {
  auto events = many_changes(3000, 2);
  event_log at_once;
  at_once.add(events);
  std::shuffle(events.begin(), events.end(), std::mt19937(3));
  event_log in_parts;
  for (std::size_t from = 0; from < events.size(); from += 250)
    in_parts.add(std::span(events).subspan(from, 250));
  ASSERT_EQ(at_once.size(), in_parts.size());
  for (std::size_t place = 0; place < at_once.size(); ++place)
    ASSERT_EQ(at_once.at(place).id, in_parts.at(place).id) << place;
}

TEST(board_log, takes_the_feature_from_the_cause) {
  event_log log;
  auto note = change(2, 6, "", "");
  note.kind = event_kind::history_added;
  note.feature.clear();
  note.cause = id_of(1);
  log.add(std::vector{note, change(1, 5, "planned", "doing")});
  EXPECT_EQ(log.unplaced(), 0U);
  EXPECT_EQ(log.at(1).package, log.package_of("001-tea", "WP01"));
}

TEST(board_log, counts_what_it_cannot_place_until_the_cause_arrives) {
  event_log log;
  auto note = change(2, 6, "", "");
  note.kind = event_kind::history_added;
  note.feature.clear();
  note.cause = id_of(1);
  log.add(std::vector{note});
  EXPECT_EQ(log.unplaced(), 1U);
  EXPECT_EQ(log.at(0).package, no_index);
  log.add(std::vector{change(1, 5, "planned", "doing")});
  EXPECT_EQ(log.unplaced(), 0U);
  EXPECT_EQ(log.at(1).package, log.package_of("001-tea", "WP01"));
}

TEST(board_log, keeps_lanes_of_other_programs_by_name) {
  event_log log;
  log.add(std::vector{change(1, 5, "planned", "in_review")});
  EXPECT_EQ(log.lanes().text(log.at(0).lane), "in_review");
  EXPECT_EQ(log.counted_lane(log.at(0).lane), lane::for_review);
}

} // namespace

} // namespace spec_kitty::board
