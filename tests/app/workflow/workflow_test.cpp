// The smaller pure parts of the workflow: gates, meta.json, the state of a merge.
#include "app/workflow/bookkeeping.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/git.hpp"
#include "app/workflow/json_edit.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/merge_state.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::workflow {
namespace {

move_facts facts(const std::string& from, const std::string& to) {
  move_facts all;
  all.feature = "001-tea";
  all.wp_id = "WP01";
  all.from = from;
  all.to = to;
  return all;
}

TEST(Gates, TheOwnerIsOnlyAskedWhereAnAgentIsNamed) {
  auto move = facts("doing", "done");
  move.owner = "claude";
  EXPECT_EQ(move_blockers(move).size(), 0U);
  move.agent = "claude";
  EXPECT_EQ(move_blockers(move).size(), 0U);
  move.agent = "codex";
  EXPECT_EQ(move_blockers(move).size(), 1U);
  move.owner = "";
  EXPECT_EQ(move_blockers(move).size(), 0U);
}

TEST(Gates, OpenSubtasksStopReviewAndDoneOnly) {
  for (const char* lane : {"for_review", "done"}) {
    auto move = facts("doing", lane);
    move.unchecked = {"T001", "T002"};
    const auto stopped = move_blockers(move);
    ASSERT_EQ(stopped.size(), 1U);
    EXPECT_NE(stopped[0].command.find("mark-status T001 T002 --status done"), std::string::npos);
  }
  auto back = facts("doing", "planned");
  back.unchecked = {"T001"};
  EXPECT_EQ(move_blockers(back).size(), 0U);
}

TEST(Gates, UncommittedWorkStopsReview) {
  auto move = facts("doing", "for_review");
  move.work = {"/it's", {"a.txt"}, {}};
  const auto stopped = move_blockers(move);
  ASSERT_EQ(stopped.size(), 1U);
  EXPECT_NE(stopped[0].message.find("a.txt"), std::string::npos);
  EXPECT_EQ(stopped[0].command, "git -C '/it'\\''s' add -A && git -C '/it'\\''s' commit -m "
                                "'Work on WP01'");
}

TEST(Gates, AllBlockersStandInOneAnswerTheOwnerLast) {
  auto move = facts("doing", "for_review");
  move.owner = "claude";
  move.agent = "codex";
  move.unchecked = {"T001"};
  move.work = {"/w", {"a.txt"}, {}};
  const auto found = move_blockers(move);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(
      found[2].command,
      "spec-kitty agent tasks move-task WP01 --to for_review --feature 001-tea --agent claude");
  const auto words = blocked("WP01 cannot go to for_review", found);
  EXPECT_EQ(words.message, "WP01 cannot go to for_review: 3 blockers");
  for (const auto& each : found)
    EXPECT_NE(words.hint.find(each.message + "\n    " + each.command), std::string::npos);
  EXPECT_EQ(blocked_in_one_line("WP01", found).message.find('\n'), std::string::npos);
}

TEST(Gates, GoingBackAfterAReviewNeedsFeedback) {
  EXPECT_EQ(move_blockers(facts("for_review", "planned")).size(), 1U);
  EXPECT_EQ(move_blockers(facts("done", "planned")).size(), 1U);
  EXPECT_EQ(move_blockers(facts("doing", "planned")).size(), 0U);
  auto move = facts("for_review", "planned");
  move.has_feedback = true;
  EXPECT_EQ(move_blockers(move).size(), 0U);
}

TEST(Bookkeeping, IsWhatCommandsKeepInKittySpecs) {
  for (const char* path : {"kitty-specs/001-tea/meta.json", "kitty-specs/001-tea/tasks.md",
                           "kitty-specs/001-tea/status.events.jsonl",
                           "kitty-specs/002-b/tasks/WP02-part.md", "kitty-specs/b/tasks/WP10.md"})
    EXPECT_TRUE(is_bookkeeping(path)) << path;
  for (const char* path : {"kitty-specs/001-tea/spec.md", "kitty-specs/001-tea/tasks/README.md",
                           "kitty-specs/001-tea/tasks/WP02-part/a.md", "kitty-specs/tasks.md",
                           "src/kitty-specs/001-tea/tasks.md", "tasks.md"})
    EXPECT_FALSE(is_bookkeeping(path)) << path;
}

TEST(EventLanes, EachStateBelongsToALane) {
  EXPECT_EQ(lane_of_state("in_progress"), "doing");
  EXPECT_EQ(lane_of_state("approved"), "done");
  EXPECT_EQ(lane_of_state("done"), "done");
  EXPECT_EQ(lane_of_state("whatever"), "planned");
}

TEST(Lanes, AreFour) {
  for (const auto lane : lanes)
    EXPECT_TRUE(is_lane(lane));
  for (const char* word : {"", "Done", "review", "planned "})
    EXPECT_FALSE(is_lane(word));
}

TEST(JsonEdit, AMemberIsReplacedOrAppendedAndNothingElse) {
  const std::string text =
      "{\r\n    \"a\" :1,\r\n    \"b\": {\"a\": [\"}\"]},\r\n    \"c\": \"x\"\r\n}\r\n";
  std::string replaced = text;
  replaced.replace(replaced.find(":1") + 1, 1, "[2]");
  EXPECT_EQ(*with_member(text, "a", "[2]"), replaced);
  std::string appended = text;
  appended.insert(appended.find("\r\n}\r\n"), ",\r\n    \"d\": null");
  EXPECT_EQ(*with_member(text, "d", "null"), appended);
  EXPECT_EQ(*with_member("{\"a\":1}", "b", "2"), "{\"a\":1,\"b\": 2}");
  EXPECT_EQ(*with_member("{}", "b", "2"), "{\n  \"b\": 2\n}");
  EXPECT_EQ(*with_member("{\n}\n", "b", "2"), "{\n  \"b\": 2\n\n}\n");
  EXPECT_FALSE(with_member("[1]", "b", "2"));
  EXPECT_FALSE(with_member("{", "b", "2"));
}

TEST(JsonEdit, AnEntryIsAppendedToAnArray) {
  EXPECT_EQ(*with_array_entry("{\"h\": []}", "h", "1"), "{\"h\": [1]}");
  EXPECT_EQ(*with_array_entry("{\"h\": [\n    1\n  ]}", "h", "2"),
            "{\"h\": [\n    1,\n    2\n  ]}");
  EXPECT_EQ(*with_array_entry("{\"h\": [ \"]\" ]}", "h", "2"), "{\"h\": [ \"]\", 2 ]}");
  EXPECT_EQ(*with_array_entry("{\"a\": 0}", "h", "1"), "{\"a\": 0,\"h\": [1]}");
  EXPECT_EQ(*with_array_entry("{\"h\": null}", "h", "1"), "{\"h\": [1]}");
}

TEST(GitWords, AUrlsUserAndPasswordAreLeftOut) {
  EXPECT_EQ(without_url_secrets("cannot read 'https://bob:s3cret@host/x': no @ here"),
            "cannot read 'https://***@host/x': no @ here");
  EXPECT_EQ(without_url_secrets("ssh://git@a and https://t@b"), "ssh://***@a and https://***@b");
  EXPECT_EQ(without_url_secrets("https://host/a@b ://"), "https://host/a@b ://");
}

TEST(MergeState, IsReadBackAsItWasWritten) {
  merge_state state;
  state.phase = "lanes";
  state.feature = "001-tea";
  state.target = "main";
  state.strategy = "squash";
  state.keep_branch = true;
  state.push = true;
  state.force = true;
  state.tips = {"c3", "d4"};
  state.from = "a1";
  state.to = "b2";
  state.order = {"WP01", "WP02"};
  state.moving = {"WP02"};
  const auto read = decode_merge_state(encode(state));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, state);
  EXPECT_FALSE(decode_merge_state("{}"));
  EXPECT_FALSE(decode_merge_state("{\"version\":2}"));
  EXPECT_FALSE(decode_merge_state("torn"));
}

} // namespace
} // namespace spec_kitty::workflow
