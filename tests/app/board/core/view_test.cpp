#include "tests/app/board/core/events.hpp"

#include "app/board/core/board_view.hpp"
#include "app/board/core/transitions.hpp"
#include "app/board/core/view_json.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace spec_kitty::board {

namespace {

constexpr epoch_us minute = 60'000'000;

/// WP01 on disk in doing; WP02 depends on it.
board_view on_disk() {
  board_view view;
  view.taken_at = 1000 * minute;
  feature_view feature;
  feature.slug = "001-tea";
  package_view first;
  first.id = "WP01";
  first.title = "Boil <script>alert(1)</script>";
  first.lane = "doing";
  first.agent = "codex";
  package_view second;
  second.id = "WP02";
  second.dependencies = {"WP01"};
  feature.packages = {first, second};
  view.features = {feature};
  return view;
}

board_state state_of(const event_log& log, std::size_t position) {
  board_state state;
  apply(state, log, 0, position);
  return state;
}

TEST(board_view, keeps_the_lane_on_disk_and_names_that_of_the_events) {
  event_log log;
  log.add(std::vector{change(1, 1, "planned", "for_review")});
  auto view = on_disk();
  with_events(view, log, state_of(log, 1));
  EXPECT_EQ(view.features[0].packages[0].lane, "doing");
  EXPECT_EQ(view.features[0].packages[0].event_lane, "for_review");
}

TEST(board_view, adds_what_only_events_know) {
  event_log log;
  auto other = change(1, 1, "planned", "doing");
  other.feature = "002-coffee";
  log.add(std::vector{other});
  auto view = on_disk();
  with_events(view, log, state_of(log, 1));
  ASSERT_EQ(view.features.size(), 2U);
  EXPECT_FALSE(view.features[1].on_disk);
  EXPECT_EQ(view.features[1].packages[0].lane, "doing");
}

TEST(board_view, shows_in_the_past_what_was_there_then) {
  event_log log;
  log.add(std::vector{change(1, 1, "planned", "doing"), change(2, 2, "doing", "for_review")});
  auto now = on_disk();
  with_events(now, log, state_of(log, 2));
  const auto past = as_of(now, log, state_of(log, 1), 1);
  ASSERT_EQ(past.features.size(), 1U);
  ASSERT_EQ(past.features[0].packages.size(), 1U) << "nothing is known of WP02 then";
  EXPECT_EQ(past.features[0].packages[0].lane, "doing");
  EXPECT_EQ(past.at->event_id, to_string(id_of(1)));
}

TEST(board_view, names_what_waits_and_puts_first_what_a_person_must_do) {
  event_log log;
  log.add(std::vector{change(1, 1, "planned", "doing")});
  auto view = on_disk();
  with_events(view, log, state_of(log, 1));
  add_waits(view);
  ASSERT_EQ(view.waits.size(), 2U);
  EXPECT_EQ(view.waits[0].kind, "silent");
  EXPECT_TRUE(view.waits[0].urgent);
  EXPECT_EQ(view.waits[1].kind, "dependency");
  EXPECT_EQ(view.waits[1].waits_for, "WP01");
  EXPECT_FALSE(view.waits[1].urgent);
  ASSERT_EQ(view.agents.size(), 1U);
  EXPECT_EQ(view.agents[0].state, "silent");
}

TEST(board_view, does_not_call_an_agent_silent_that_spoke_a_moment_ago) {
  event_log log;
  log.add(std::vector{change(1, 990, "planned", "doing")});
  auto view = on_disk();
  with_events(view, log, state_of(log, 1));
  add_waits(view);
  EXPECT_EQ(view.agents[0].state, "working");
}

TEST(board_view, waits_for_nothing_that_is_done) {
  auto view = on_disk();
  view.features[0].packages[0].lane = "approved";
  add_waits(view);
  EXPECT_TRUE(view.features[0].packages[1].waits_for.empty());
}

TEST(board_view, quotes_names_in_the_commands_it_prints) {
  auto view = on_disk();
  view.features[0].slug = "001 tea; rm -rf ~";
  view.features[0].packages[0].lane = "for_review";
  add_waits(view);
  EXPECT_NE(view.waits[0].command.find("'001 tea; rm -rf ~'"), std::string::npos)
      << view.waits[0].command;
}

TEST(board_view, is_written_as_json_that_parses) {
  auto view = on_disk();
  add_waits(view);
  const auto parsed = parse_json(state_json(view), json_keys::unique);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(text_of((*member(*parsed, "features"))[0], "slug"), "001-tea");
}

TEST(board_transitions, hold_twelve_bytes_for_each_event_in_the_total_order) {
  event_log log;
  log.add(std::vector{change(2, 2, "doing", "in_review"), change(1, 1, "planned", "doing")});
  const auto columns = transition_columns(log);
  ASSERT_EQ(columns.size(), 24U);
  double first = 0;
  std::memcpy(&first, columns.data(), sizeof first);
  EXPECT_EQ(first, 60'000.0);
  EXPECT_EQ(columns.substr(16, 4), std::string(4, '\0'));
  EXPECT_EQ(columns.substr(20, 2), std::string("\1\2", 2));
}

} // namespace

} // namespace spec_kitty::board
