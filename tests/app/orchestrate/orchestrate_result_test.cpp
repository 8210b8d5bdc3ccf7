#include "app/orchestrate/attempt_verdict.hpp"
#include "util/runner_protocol.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace spec_kitty::orchestrate {
namespace {

using kind = attempt_end::kind;

attempt_result exited(int status) {
  attempt_result result;
  result.token = "t";
  result.status = status;
  return result;
}

attempt_end review(int status, std::string_view tail) {
  return judge(role::review, exited(status), tail, std::chrono::seconds(9));
}

TEST(AttemptResult, IsReadAsItWasWritten) {
  attempt_result result{"a/b/1", -1, SIGKILL, true, false, "why", 7, 2};
  EXPECT_EQ(decode_result(encode_result(result)), result);
  EXPECT_FALSE(decode_result("{}"));
  EXPECT_FALSE(decode_result("{\"token\":"));
}

TEST(AttemptResult, AnImplementationIsDoneWithStatusZero) {
  const auto judged = [](const attempt_result& result, std::string_view tail = {}) {
    return judge(role::implementation, result, tail, std::chrono::seconds(9));
  };
  EXPECT_EQ(judged(exited(0)).what, kind::done);
  EXPECT_EQ(judged(exited(0), "CHANGES REQUESTED: x").what, kind::done)
      << "that is a review's word";
  EXPECT_EQ(judged(exited(3), "a\nno luck\n\n").words, "exit status 3: no luck");
  auto killed = exited(-1);
  killed.signal = SIGSEGV;
  EXPECT_EQ(judged(killed).words, "killed by Segmentation fault");
  auto late = exited(0);
  late.timed_out = true;
  EXPECT_EQ(judged(late).words, "it took longer than 9 s and was stopped");
  auto missing = exited(-1);
  missing.error = "cannot run x: No such file or directory";
  EXPECT_EQ(judged(missing).words, missing.error);
}

TEST(AttemptResult, AVerdictInTheLastLineCountsMoreThanTheStatus) {
  EXPECT_EQ(review(0, "fine\nAPPROVED\n").what, kind::done);
  EXPECT_EQ(review(1, "**APPROVED**\n \n").what, kind::done) << "marked up as agents do";
  const auto end = review(0, "APPROVED\nCHANGES REQUESTED: more tea\n");
  EXPECT_EQ(end.what, kind::changes_requested);
  EXPECT_EQ(end.words, "more tea");
}

TEST(AttemptResult, WithoutAVerdictTheStatusCounts) {
  EXPECT_EQ(review(0, "looks good").what, kind::done);
  const auto end = review(1, "\x1b[1mline one\nline two\n");
  EXPECT_EQ(end.what, kind::changes_requested);
  EXPECT_EQ(end.words, "[1mline one\nline two");
  EXPECT_EQ(review(1, "").words, "changes requested");
  EXPECT_EQ(review(2, "usage").what, kind::failed);
}

TEST(AttemptResult, FeedbackMayComeBeforeTheRequest) {
  EXPECT_EQ(review(0, "- boil it\n- pour it\nCHANGES REQUESTED\n").words, "- boil it\n- pour it");
}

TEST(AttemptResult, ARequestIsFoundHoweverItIsWritten) {
  EXPECT_EQ(review(0, "**Changes requested:** add tests\n").words, "add tests");
  const auto end = review(0, "CHANGES REQUESTED: two things\n- boil\n- pour\n");
  EXPECT_EQ(end.what, kind::changes_requested);
  EXPECT_EQ(end.words, "two things\n- boil\n- pour");
  EXPECT_EQ(review(0, "CHANGES REQUESTED: no, all is there\nAPPROVED\n").what, kind::done)
      << "the last word counts";
  EXPECT_EQ(review(0, "nothing like changes requested here").what, kind::done);
}

TEST(AttemptResult, ALongOutputIsCutAtALine) {
  std::string tail;
  for (int i = 0; i < 1000; ++i)
    tail += "line " + std::to_string(i) + "\n";
  const auto words = review(1, tail).words;
  EXPECT_LE(words.size(), 4000U);
  EXPECT_TRUE(words.starts_with("line "));
  EXPECT_TRUE(words.ends_with("line 999"));
}

TEST(AttemptResult, ARunnerUnderstandsItsJob) {
  agent_runner_job job;
  job.token = "t";
  job.root = "/top";
  job.worktree = "/w";
  job.worktree_root = "/elsewhere";
  job.timeout = std::chrono::seconds(5);
  job.title = "a title";
  job.command = {"prog", "", "--x"};
  const auto read = agent_runner_job_of(agent_runner_arguments(job));
  EXPECT_EQ(read.command, job.command);
  EXPECT_EQ(read.timeout, job.timeout);
  EXPECT_EQ(read.root, job.root);
  EXPECT_EQ(read.worktree, job.worktree);
  EXPECT_EQ(read.worktree_root, job.worktree_root);
  EXPECT_EQ(read.title, job.title);
  EXPECT_TRUE(agent_runner_job_of({"t", "/r"}).command.empty());
}

} // namespace
} // namespace spec_kitty::orchestrate
