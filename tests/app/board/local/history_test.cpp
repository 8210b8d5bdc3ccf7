#include "app/board/sources/git_history.hpp"
#include "app/board/sources/lane_history.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::board {

namespace {

constexpr epoch_us minute = 60'000'000;

lane_move move(epoch_us at, const std::string& lane,
               event_origin origin = event_origin::activity_log) {
  return {"001-tea", "WP01", at, lane, "ann", "", origin};
}

board_event recorded(epoch_us at, std::uint64_t clock, const std::string& lane) {
  board_event event;
  event.at = at;
  event.lamport_clock = clock;
  event.node_id = "aaaaaaaaaaaa";
  event.kind = event_kind::status_changed;
  event.feature = "001-tea";
  event.wp_id = "WP01";
  event.lane = lane;
  return event;
}

recorded_moves only(const board_event& event) {
  recorded_moves moves;
  moves.add({&event, 1});
  return moves;
}

TEST(board_history, has_a_move_of_two_sources_only_once) {
  const auto events = events_of(
      {move(10 * minute, "doing"), move(10 * minute + 1, "doing", event_origin::git)}, {});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].origin, event_origin::activity_log);
  EXPECT_EQ(events[0].previous, "planned");
}

TEST(board_history, leaves_out_moves_that_are_recorded) {
  const auto events = events_of({move(10 * minute, "doing"), move(20 * minute, "for_review")},
                                only(recorded(20 * minute + 900'000, 7, "for_review")));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].lane, "doing");
  EXPECT_EQ(events[0].lamport_clock, 0U) << "it was before all events with a clock";
}

TEST(board_history, puts_a_move_behind_the_event_that_was_recorded_before_it) {
  const auto events =
      events_of({move(30 * minute, "done")}, only(recorded(20 * minute, 7, "doing")));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].lamport_clock, 7U);
  EXPECT_GT(events[0].node_id, "ffffffffffff");
}

TEST(board_history, gives_a_move_the_same_id_when_it_is_read_again) {
  const std::vector moves = {move(10 * minute, "doing"), move(10 * minute, "planned"),
                             move(10 * minute, "doing")};
  const auto first = events_of(moves, {});
  const auto again = events_of(moves, {});
  ASSERT_EQ(first.size(), 3U);
  EXPECT_LT(first[0].id, first[1].id);
  EXPECT_LT(first[1].id, first[2].id) << "moves within a second keep their order";
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_EQ(first[i].id, again[i].id);
}

TEST(board_history, begins_with_the_announcement_where_it_is_known) {
  const auto events = events_of({move(minute, "planned"), move(2 * minute, "doing")}, {});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, event_kind::created);
  EXPECT_EQ(events[1].previous, "planned");
}

TEST(board_git_history, reads_lanes_of_work_packages_in_a_log) {
  const auto moves = moves_in_log("commit 1700000000 Ann B\n"
                                  "\n"
                                  "diff --git a/x b/x\n"
                                  "--- a/kitty-specs/001-tea/tasks/WP01-boil.md\n"
                                  "+++ b/kitty-specs/001-tea/tasks/WP01-boil.md\n"
                                  "@@ -3 +3 @@\n"
                                  "-lane: planned\n"
                                  "+lane: \"doing\"  # begun\n"
                                  "@@ -9 +9 @@\n"
                                  "+lane: nowhere\n"
                                  "+++ b/kitty-specs/002-coffee/tasks/WP02.md\n"
                                  "+lane: done\n"
                                  "commit 1700000060 Bob\n"
                                  "diff --git a/y b/y\n"
                                  "+++ b/kitty-specs/001-tea/notes/WP01.md\n"
                                  "@@ -1 +1 @@\n"
                                  "+lane: done\n");
  ASSERT_EQ(moves.size(), 2U) << "other folders and other words are not lanes";
  EXPECT_EQ(moves[0].feature, "001-tea");
  EXPECT_EQ(moves[0].wp_id, "WP01");
  EXPECT_EQ(moves[0].lane, "doing");
  EXPECT_EQ(moves[0].actor, "Ann B");
  EXPECT_EQ(moves[0].at, 1'700'000'000'000'000);
  EXPECT_EQ(moves[1].feature, "001-tea") << "text of a file is not the name of another";
}

TEST(board_git_history, survives_any_text) {
  for (const auto* text : {"", "\n", "commit", "commit x", "+++ b/kitty-specs/", "@@ \n+lane:",
                           "commit 1 a\n+++ b/kitty-specs/a/tasks/WP\n@@ \n+lane: done"})
    EXPECT_TRUE(moves_in_log(text).empty()) << text;
}

} // namespace

} // namespace spec_kitty::board
