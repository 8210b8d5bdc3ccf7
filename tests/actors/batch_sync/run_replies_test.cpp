// A sync run when the token is refused, the transport fails, or the server asks to wait.
#include "tests/actors/batch_sync/run_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace run_test;

TEST_F(SyncRun, RefusedTokenIsRefreshedOnceAndTheSameBytesGoAgain) {
  begin();
  EXPECT_EQ(as<step::ask_token>(reply(answer(401))).failed_access, "access-1");
  EXPECT_TRUE(is<step::send>(run.on_token(access_token{"access-2", "team-a", "ann"})));
  EXPECT_EQ(run.token().access, "access-2");
  EXPECT_EQ(run.key(), "key-1");
  EXPECT_EQ(run.batch().size(), 3U);
  const auto next = reply(results({{"E1", "success"}}));
  EXPECT_TRUE(is<step::settle>(next));
}

TEST_F(SyncRun, TokenRefusedAgainEndsTheRunAndBlamesNoEvent) {
  begin(5);
  reply(answer(401));
  run.on_token(access_token{"access-2", "team-a", "ann"});
  const auto next = reply(answer(401));
  for (const auto& verdict : as<step::settle>(next).request.verdicts)
    EXPECT_EQ(verdict.what, event_outcome::kept);
  EXPECT_TRUE(finished(settled_with(next, std::vector(3, settlement_effect::unchanged))));
  EXPECT_EQ(run.report().stopped->code, ec::login_required);
  EXPECT_EQ(counts(), (n{5, 0, 0, 0, 0, 0, 5}));
  EXPECT_TRUE(run.report().errors.empty()); // one reason for all, not one per event
}

TEST_F(SyncRun, FailedRefreshGivesTheLeaseBackAndEndsTheRun) {
  begin();
  reply(answer(401));
  const auto next = run.on_token(failure{ec::login_required, "over", ""});
  for (const auto& verdict : as<step::settle>(next).request.verdicts)
    EXPECT_EQ(verdict.what, event_outcome::kept);
  EXPECT_TRUE(finished(settled_with(next, std::vector(3, settlement_effect::unchanged))));
  EXPECT_EQ(run.report().stopped->message, "over");
  EXPECT_EQ(counts(), (n{3, 0, 0, 0, 0, 0, 3}));
}

TEST_F(SyncRun, LoginToAnotherTeamInMidRunNeverSendsTheseEvents) {
  for (const char* other : {"team-b", ""}) {
    sync_run& fresh = run = sync_run(
        limits, [] { return 0.5; }, [] { return "key"; });
    begin();
    reply(answer(401));
    const auto next = fresh.on_token(access_token{"access-2", other, "bob"});
    for (const auto& verdict : as<step::settle>(next).request.verdicts)
      EXPECT_EQ(verdict.what, event_outcome::kept);
    EXPECT_TRUE(finished(settled_with(next, std::vector(3, settlement_effect::unchanged))));
    EXPECT_EQ(fresh.token().team_slug, "team-a");
    EXPECT_TRUE(fresh.report().stopped);
  }
}

TEST_F(SyncRun, EachBatchMayRefreshOnce) {
  begin(6);
  reply(answer(401));
  run.on_token(access_token{"access-2", "team-a", "ann"});
  settled_with(reply(results({})), std::vector(3, settlement_effect::unchanged));
  grant({4, 5, 6});
  EXPECT_EQ(as<step::ask_token>(reply(answer(401))).failed_access, "access-2");
}

TEST_F(SyncRun, FailingTransportIsTriedThreeTimesWithBackoff) {
  begin();
  EXPECT_EQ(as<step::pause>(reply(lost())).duration, 250ms);
  EXPECT_TRUE(is<step::send>(run.on_pause()));
  EXPECT_EQ(as<step::pause>(reply(answer(503))).duration, 500ms);
  EXPECT_TRUE(is<step::send>(run.on_pause()));
  EXPECT_EQ(run.key(), "key-1"); // the same bytes under the same key
  const auto next = reply(lost(http_outcome::unreachable));
  EXPECT_TRUE(finished(settled_with(next, std::vector(3, settlement_effect::unchanged))));
  EXPECT_EQ(run.report().stopped->code, ec::transport);
  EXPECT_EQ(run.report().batches, 3U);
  EXPECT_EQ(counts(), (n{3, 0, 0, 0, 0, 0, 3}));
}

TEST_F(SyncRun, TransportThatRecoversContinues) {
  begin();
  reply(lost());
  run.on_pause();
  const auto next = reply(results({{"E1", "success"}, {"E2", "success"}, {"E3", "duplicate"}}));
  settled_with(next, std::vector(3, settlement_effect::removed));
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(run.report().stopped, std::nullopt);
  EXPECT_EQ(counts(), (n{3, 2, 1, 0, 0, 0, 0}));
}

TEST_F(SyncRun, WhatTryingAgainCannotHelpEndsTheRunAtOnce) {
  const struct {
    http_reply reply;
    ec code;
  } cases[] = {{lost(http_outcome::timed_out), ec::transport},
               {lost(http_outcome::tls_refused), ec::transport},
               {lost(http_outcome::cancelled), ec::stopping},
               {answer(302), ec::transport},
               {answer(404), ec::wrong_server},
               {answer(403), ec::held},
               {answer(412), ec::upgrade_required}};
  for (const auto& test_case : cases) {
    run = sync_run(
        limits, [] { return 0.5; }, [] { return "key"; });
    begin();
    const auto next = reply(test_case.reply);
    EXPECT_TRUE(finished(settled_with(next, std::vector(3, settlement_effect::unchanged))));
    EXPECT_EQ(run.report().stopped->code, test_case.code) << test_case.reply.status;
    EXPECT_EQ(run.report().held + run.report().transient, 3U);
    EXPECT_EQ(run.report().held, test_case.code == ec::held ? 3U : 0U);
  }
}

TEST_F(SyncRun, HighestServerClockOfTheRunIsKept) {
  begin(6);
  EXPECT_EQ(run.server_clock(), std::nullopt);
  settled_with(reply(results({}, ",\"server_clock\":90")),
               std::vector(3, settlement_effect::unchanged));
  grant({4, 5, 6});
  settled_with(reply(results({}, ",\"server_clock\":70")),
               std::vector(3, settlement_effect::unchanged));
  EXPECT_EQ(run.server_clock(), 90U);
}

TEST_F(SyncRun, WarningsOfTheRepliesAreKept) {
  begin();
  reply(results({{"Z", "success"}, {"E1", "splendid"}}));
  EXPECT_EQ(run.report().warnings.size(), 2U);
}

TEST_F(SyncRun, RetryAfterIsWaitedOutUpToItsLimit) {
  begin();
  auto slow = answer(429);
  slow.retry_after = "30";
  EXPECT_EQ(as<step::pause>(reply(slow)).duration, 30s);
  EXPECT_TRUE(is<step::send>(run.on_pause()));
  slow.retry_after = "31";
  const auto next = reply(slow);
  EXPECT_TRUE(finished(settled_with(next, std::vector(3, settlement_effect::unchanged))));
  EXPECT_NE(run.report().stopped->message.find("try again after 1970-01-01T00:00:31"),
            std::string::npos);
}

TEST_F(SyncRun, ForbiddenTeamIsHeldAndLetGoAtTheNextSuccess) {
  begin();
  auto next = settled_with(reply(answer(403, R"({"detail":"no"})")),
                           std::vector(3, settlement_effect::unchanged));
  EXPECT_NE(as<step::hold>(next).request.reason.find("no"), std::string::npos);
  EXPECT_TRUE(finished(next));
  EXPECT_EQ(run.report().held, 3U);

  run = sync_run(
      limits, [] { return 0.5; }, [] { return "key"; });
  run.start();
  run.on_count(due_count{0, 3, 3, 3});
  run.on_token(token_a);
  run.on_count(due_count{3, 3, 0, 3, true});
  grant({1, 2, 3});
  next = settled_with(reply(results({{"E1", "success"}})),
                      std::vector(3, settlement_effect::unchanged));
  EXPECT_EQ(as<step::hold>(next).request.reason, "");
}

TEST_F(SyncRun, ClockBehindIsReconciledAndSentAgainOnce) {
  begin();
  const auto behind =
      answer(200, R"({"results":[{"event_id":"E1","status":"success"},)"
                  R"({"event_id":"E2","status":"error","error_code":"clock_behind"},)"
                  R"({"event_id":"E3","status":"success"}],"server_clock":90})");
  auto next = reply(behind);
  EXPECT_EQ(as<step::settle>(next).request.verdicts.size(), 2U);
  EXPECT_TRUE(is<step::ask_clock>(settled_with(next, std::vector(2, settlement_effect::removed))));
  next = run.on_clock(answer(404));
  EXPECT_EQ(as<step::restamp>(next).request.server_clock, 90U) << "no such path: the reply's value";
  EXPECT_EQ(as<step::restamp>(next).request.positions, (std::vector<std::uint64_t>{2}));
  restamp_done done{92, 1, {event(2)}};
  done.events[0].lamport_clock = 92;
  EXPECT_TRUE(is<step::send>(run.on_restamped(done)));
  EXPECT_EQ(run.batch().at(0).lamport_clock, 92U);
  next = reply(answer(
      200, R"({"results":[{"event_id":"E2","status":"error","error_code":"clock_behind"}]})"));
  EXPECT_EQ(as<step::settle>(next).request.verdicts.at(0).what, event_outcome::kept)
      << "only once a run";
  settled_with(next, {settlement_effect::unchanged});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 2, 0, 0, 0, 0, 1}));
}

} // namespace
} // namespace spec_kitty
