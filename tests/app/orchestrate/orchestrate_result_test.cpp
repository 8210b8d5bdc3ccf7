#include "app/orchestrate/attempt_verdict.hpp"
#include "util/runner_protocol.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace spec_kitty::orchestrate {
namespace {

using kind = attempt_end::kind;

attempt_result exited(int status, std::string_view tail = {}) {
  attempt_result result;
  result.token = "t";
  result.status = status;
  result.tail = tail;
  return result;
}

attempt_end review(int status, std::string_view tail) {
  return judge(role::review, exited(status, tail), std::chrono::seconds(9));
}

TEST(AttemptResult, IsReadAsItWasWritten) {
  attempt_result result{"a/b/1", -1, SIGKILL, true, false, "why", "a\n\x1b[1mb", 2};
  EXPECT_EQ(decode_result(encode_result(result)), result);
  EXPECT_FALSE(decode_result("{}"));
  EXPECT_FALSE(decode_result("{\"token\":"));
}

TEST(AttemptResult, AnImplementationIsDoneWithStatusZero) {
  const auto judged = [](const attempt_result& result) {
    return judge(role::implementation, result, std::chrono::seconds(9));
  };
  EXPECT_EQ(judged(exited(0)).what, kind::done);
  EXPECT_EQ(judged(exited(0, "CHANGES REQUESTED: x")).what, kind::done)
      << "that is a review's word";
  EXPECT_EQ(judged(exited(3, "a\n\x1b[31mno luck\n\n")).words, "exit status 3: no luck");
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

TEST(AttemptResult, OnlyTheWordItselfInTheLastLineApproves) {
  for (const auto* tail :
       {"fine\nAPPROVED\n", "**APPROVED**\n \n", "- APPROVED", "  * Approved.", "1. `approved`\r\n",
        "## APPROVED", "> **Approved**.", "\x1b[1;32mAPPROVED\x1b[0m\n\x1b[?25h",
        "\x1b]0;title\aAPPROVED", "```\nAPPROVED\n```\n", "APPROVED\n---\n",
        "CHANGES REQUESTED: no, all is there\nAPPROVED\n"})
    EXPECT_EQ(review(1, tail).what, kind::done) << tail;
  for (const auto* tail :
       {"NOT APPROVED", "Verdict: APPROVED", "REJECTED", "APPROVED?", "~~APPROVED~~",
        "- [ ] APPROVED", "UNAPPROVED", "APPROVED by nobody", "APPROVED\nor rather not", "",
        "looks good", "\x1b[32mNOT\x1b[0m APPROVED", "NOT\rAPPROVED", "not yet -APPROVED"})
    for (const int status : {0, 1})
      EXPECT_EQ(review(status, tail).what, kind::no_verdict) << tail;
}

TEST(AttemptResult, ALastLineWithoutAVerdictIsQuoted) {
  EXPECT_EQ(review(0, "a\n\x1b[31mNOT APPROVED\x1b[0m\n").words,
            "it gave no verdict: NOT APPROVED");
  EXPECT_EQ(review(0, "").words, "it gave no verdict");
}

TEST(AttemptResult, AReviewerThatFailsIsNotAVerdict) {
  EXPECT_EQ(review(2, "usage").what, kind::failed);
  auto killed = exited(-1, "APPROVED\n");
  killed.signal = SIGKILL;
  EXPECT_EQ(judge(role::review, killed, std::chrono::seconds(9)).what, kind::failed);
  auto late = exited(0, "APPROVED\n");
  late.timed_out = true;
  EXPECT_EQ(judge(role::review, late, std::chrono::seconds(9)).what, kind::failed);
}

TEST(AttemptResult, FeedbackMayComeBeforeTheRequest) {
  EXPECT_EQ(review(0, "- boil it\n- pour it\nCHANGES REQUESTED\n").words, "- boil it\n- pour it");
}

TEST(AttemptResult, ARequestIsFoundHoweverItIsMarkedUp) {
  for (const auto* tail : {"**Changes requested:** add tests\n", "- CHANGES REQUESTED: add tests",
                           "2) changes requested — add tests", "> CHANGES REQUESTED: add tests",
                           "\x1b[31mCHANGES REQUESTED:\x1b[0m add tests\n"})
    EXPECT_EQ(review(0, tail).words, "add tests") << tail;
  const auto end = review(0, "APPROVED\nCHANGES REQUESTED: two things\n- boil\n- pour\n");
  EXPECT_EQ(end.what, kind::changes_requested);
  EXPECT_EQ(end.words, "two things\n- boil\n- pour");
  EXPECT_EQ(review(0, "nothing like changes requested here").what, kind::no_verdict);
  EXPECT_EQ(review(0, "Changes requested by Ann are all in place").what, kind::no_verdict);
}

TEST(AttemptResult, ThePromptsExampleIsNotARequest) {
  EXPECT_EQ(review(0, "APPROVED\nCHANGES REQUESTED: what must be changed\n").what, kind::no_verdict)
      << "an agent echoed its prompt";
}

TEST(AttemptResult, ALongFeedbackIsCutAtALine) {
  std::string tail;
  for (int i = 0; i < 1000; ++i)
    tail += "line " + std::to_string(i) + "\n";
  const auto words = review(1, tail + "CHANGES REQUESTED").words;
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
