// The smaller pure parts of the workflow: gates, meta.json, the state of a merge.
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
  EXPECT_TRUE(check_move(move));
  move.agent = "claude";
  EXPECT_TRUE(check_move(move));
  move.agent = "codex";
  EXPECT_FALSE(check_move(move));
  move.owner = "";
  EXPECT_TRUE(check_move(move));
}

TEST(Gates, OpenSubtasksStopReviewAndDoneOnly) {
  for (const char* lane : {"for_review", "done"}) {
    auto move = facts("doing", lane);
    move.unchecked = {"T001", "T002"};
    const auto stopped = check_move(move);
    ASSERT_FALSE(stopped);
    EXPECT_NE(stopped.error().hint.find("mark-status T001 T002 --status done"), std::string::npos);
  }
  auto back = facts("doing", "planned");
  back.unchecked = {"T001"};
  EXPECT_TRUE(check_move(back));
}

TEST(Gates, UncommittedWorkStopsReview) {
  auto move = facts("doing", "for_review");
  move.worktree = "/w";
  move.uncommitted = {"a.txt"};
  const auto stopped = check_move(move);
  ASSERT_FALSE(stopped);
  EXPECT_NE(stopped.error().message.find("a.txt"), std::string::npos);
}

TEST(Gates, GoingBackAfterAReviewNeedsFeedback) {
  EXPECT_FALSE(check_move(facts("for_review", "planned")));
  EXPECT_FALSE(check_move(facts("done", "planned")));
  EXPECT_TRUE(check_move(facts("doing", "planned")));
  auto move = facts("for_review", "planned");
  move.has_feedback = true;
  EXPECT_TRUE(check_move(move));
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
