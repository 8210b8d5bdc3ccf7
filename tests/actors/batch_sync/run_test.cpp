// A sync run, driven step by step: the machine alone, with neither actors nor network.
#include "actors/batch_sync/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

http_reply answer(int status, std::string body = "{}") {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = std::move(body);
  reply.bytes_sent = 10;
  return reply;
}

http_reply lost(http_outcome how = http_outcome::broken) {
  http_reply reply;
  reply.outcome = how;
  return reply;
}

/// 200 with one result per pair of event id and status.
http_reply results(const std::vector<std::pair<std::string, std::string>>& said,
                   const std::string& more = "") {
  std::string list;
  for (const auto& [id, status] : said)
    list += (list.empty() ? "" : ",") +
            ("{\"event_id\":\"" + id + "\",\"status\":\"" + status + "\",\"error\":\"because\"}");
  return answer(200, "{\"results\":[" + list + "]" + more + "}");
}

leased_event event(std::uint64_t seq) {
  return {seq, "E" + std::to_string(seq), seq, 0, false, "{}"};
}

template <class T>
T as(const next_step& next) {
  const auto* step = std::get_if<T>(&next);
  EXPECT_NE(step, nullptr) << "another step: " << next.index();
  return step ? *step : T{};
}
template <class T>
bool is(const next_step& next) {
  return std::holds_alternative<T>(next);
}

const access_token token_a{"access-1", "team-a", "ann"};

/// A run over the events 1 to `due`, up to the point where the first batch is to be sent.
class SyncRun : public testing::Test {
protected:
  next_step begin(std::uint64_t due = 3, std::vector<std::uint64_t> first_batch = {1, 2, 3}) {
    EXPECT_EQ(as<step::count>(run.start()).request.team_slug, "");
    EXPECT_EQ(as<step::ask_token>(run.on_count(due_count{0, due, due, due})).failed_access, "");
    EXPECT_EQ(as<step::count>(run.on_token(token_a)).request.team_slug, "team-a");
    const auto lease = as<step::lease>(run.on_count(due_count{due, due, 0, due})).request;
    EXPECT_EQ(lease.team_slug, "team-a");
    EXPECT_EQ(lease.after, 0U);
    EXPECT_EQ(lease.through, due);
    return grant(first_batch);
  }
  next_step grant(const std::vector<std::uint64_t>& batch) {
    lease_grant given{7, {}, 0, {}};
    for (const auto seq : batch)
      given.events.push_back(event(seq));
    return run.on_lease(given);
  }
  next_step settled_with(const next_step& next, const std::vector<settlement_effect>& what) {
    EXPECT_EQ(as<step::settle>(next).request.token, 7U);
    return run.on_settled(settle_outcome{what});
  }
  next_step reply(const http_reply& reply) { return run.on_reply(reply, 0); }
  /// True at the end of a run, after the last look at what is still due: everything not settled.
  bool finished(next_step next) {
    if (const auto* hold = std::get_if<step::hold>(&next); hold != nullptr)
      next = run.on_held(hold_done{});
    if (is<step::count>(next))
      next = run.on_count(due_count{1000, 1000, 0, 1000});
    return is<step::finish>(next);
  }
  next_step end() { return run.on_lease(lease_grant{}); }

  /// Selected, synced, duplicate, pending, rejected, dead, transient.
  std::vector<std::uint64_t> counts() {
    const auto& r = run.report();
    EXPECT_EQ(r.settled(), r.selected);
    return {r.selected, r.synced, r.duplicate, r.pending, r.rejected, r.dead, r.transient};
  }
  using n = std::vector<std::uint64_t>;

  run_limits limits{6, 524288, 5, 3, 60s};
  int keys = 0;
  sync_run run{limits, [] { return 0.5; }, [this] { return "key-" + std::to_string(++keys); }};
};

TEST_F(SyncRun, EmptyQueueEndsWithoutATokenOrARequest) {
  ASSERT_TRUE(is<step::count>(run.start()));
  EXPECT_TRUE(finished(run.on_count(due_count{})));
  EXPECT_EQ(counts(), (n{0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(run.report().stopped, std::nullopt);
}

TEST_F(SyncRun, NothingOfThisTeamEndsWithoutARequest) {
  run.start();
  run.on_count(due_count{0, 9, 4, 4});
  run.on_token(token_a);
  EXPECT_TRUE(finished(run.on_count(due_count{0, 9, 4, 4})));
  EXPECT_EQ(run.report().held_elsewhere, 4U);
  EXPECT_EQ(run.report().stopped, std::nullopt);
}

TEST_F(SyncRun, NotLoggedInEndsWithoutARequest) {
  run.start();
  run.on_count(due_count{0, 9, 4, 4});
  EXPECT_TRUE(finished(run.on_token(failure{ec::login_required, "nobody", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::login_required);
  EXPECT_EQ(run.report().batches, 0U);
}

TEST_F(SyncRun, UnknownTeamEndsWithoutARequest) {
  run.start();
  run.on_count(due_count{0, 9, 4, 4});
  EXPECT_TRUE(finished(run.on_token(access_token{"t", "", "ann"})));
  EXPECT_EQ(run.report().stopped->code, ec::login_required);
}

TEST_F(SyncRun, UnusableStoreEndsTheRun) {
  run.start();
  EXPECT_TRUE(finished(run.on_count(failure{ec::store_busy, "held", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::store_busy);
}

TEST_F(SyncRun, EveryVerdictIsCountedOnce) {
  ASSERT_TRUE(is<step::send>(begin(6, {1, 2, 3, 4, 5, 6})));
  const auto next = reply(results({{"E1", "success"},
                                   {"E2", "duplicate"},
                                   {"E3", "pending"},
                                   {"E4", "rejected"},
                                   {"E5", "error"}}));
  const auto verdicts = as<step::settle>(next).request.verdicts;
  ASSERT_EQ(verdicts.size(), 6U);
  EXPECT_EQ(verdicts[3].message, "because");
  EXPECT_EQ(as<step::settle>(next).request.max_retries, 5U);
  settled_with(next, {settlement_effect::removed, settlement_effect::removed,
                      settlement_effect::unchanged, settlement_effect::retry_counted,
                      settlement_effect::dead_lettered, settlement_effect::unchanged});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{6, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(run.report().stopped, std::nullopt);
  ASSERT_EQ(run.report().errors.size(), 3U); // pending is no error
  EXPECT_EQ(run.report().errors[0].category, "rejected");
  EXPECT_EQ(run.report().errors[0].message, "because");
  EXPECT_EQ(run.report().errors[1].category, "dead");
  EXPECT_EQ(run.report().errors[2].category, "transient");
  EXPECT_EQ(run.report().errors[2].event_id, "E6");
}

TEST_F(SyncRun, BatchesFollowEachOtherAndNeverLookBack) {
  ASSERT_TRUE(is<step::send>(begin(5, {1, 2, 3})));
  EXPECT_EQ(run.key(), "key-1");
  auto next = reply(results({}));
  const auto lease =
      as<step::lease>(settled_with(next, std::vector(3, settlement_effect::unchanged))).request;
  EXPECT_EQ(lease.after, 3U); // what stayed has had its turn
  EXPECT_EQ(lease.through, 5U);
  ASSERT_TRUE(is<step::send>(grant({4, 5})));
  EXPECT_EQ(run.key(), "key-2");
  next = reply(results({{"E4", "success"}, {"E5", "success"}}));
  EXPECT_EQ(
      as<step::lease>(settled_with(next, std::vector(2, settlement_effect::removed))).request.after,
      5U);
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{5, 2, 0, 0, 0, 0, 3}));
  EXPECT_EQ(run.report().batches, 2U);
  EXPECT_EQ(run.report().bytes_sent, 20U);
}

TEST_F(SyncRun, LeaseAsksForWhatTheLimitsSayAndOutlivesItsBatch) {
  begin();
  const auto next = reply(results({}));
  const auto lease =
      as<step::lease>(settled_with(next, std::vector(3, settlement_effect::unchanged))).request;
  EXPECT_EQ(lease.max_events, limits.batch_events);
  EXPECT_EQ(lease.max_bytes, limits.batch_bytes);
  EXPECT_GT(lease.ttl, limits.timeout * limits.transport_tries);
}

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

TEST_F(SyncRun, TransportThatRecoversGoesOn) {
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

TEST_F(SyncRun, BusyLeaseIsWaitedForWithoutASend) {
  begin(5);
  settled_with(reply(results({})), std::vector(3, settlement_effect::unchanged));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(as<step::pause>(run.on_lease(lease_grant{0, {}, 99, {}})).duration, 50ms);
    EXPECT_EQ(as<step::lease>(run.on_pause()).request.after, 3U);
  }
  EXPECT_EQ(run.report().batches, 1U);
  EXPECT_TRUE(is<step::send>(grant({4, 5})));
}

TEST_F(SyncRun, FailedLeaseEndsTheRunWithTheRestUnreached) {
  begin(5);
  settled_with(reply(results({{"E1", "success"}})), std::vector(3, settlement_effect::removed));
  EXPECT_TRUE(finished(run.on_lease(failure{ec::store_full, "full", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::store_full);
  EXPECT_EQ(counts(), (n{5, 1, 0, 0, 0, 0, 4}));
}

TEST_F(SyncRun, FailedSettlementLeavesTheOutcomeUnknown) {
  begin();
  ASSERT_TRUE(is<step::settle>(reply(results({{"E1", "success"}}))));
  EXPECT_TRUE(finished(run.on_settled(failure{ec::store_busy, "held", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::store_busy);
  EXPECT_EQ(counts(), (n{3, 0, 0, 0, 0, 0, 3})); // not told as synced: it is still queued
}

TEST_F(SyncRun, RefusalOfALeaseThatWasTakenOverIsNotCounted) {
  begin();
  const auto next = reply(results({{"E1", "rejected"}, {"E2", "success"}}));
  settled_with(next, {settlement_effect::not_leased, settlement_effect::not_leased,
                      settlement_effect::unchanged});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 1, 0, 0, 0, 0, 2}));
}

TEST_F(SyncRun, EventsALoginAddsInMidRunAreSelectedToo) {
  begin(2, {1, 2, 3}); // 3 was `local` when the run began, at an earlier position than 2's end
  settled_with(reply(results({{"E1", "success"}, {"E2", "success"}, {"E3", "success"}})),
               std::vector(3, settlement_effect::removed));
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 3, 0, 0, 0, 0, 0}));
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

TEST_F(SyncRun, EventsRefusedByNameAreCountedAndTheRestGoesAgainAtOnce) {
  begin();
  const auto next = reply(answer(400, R"({"details":[{"event_id":"E2","error":"bad"}]})"));
  ASSERT_EQ(as<step::settle>(next).request.verdicts.size(), 1U);
  EXPECT_GT(as<step::settle>(next).request.keep, 0ms) << "the lease goes on";
  EXPECT_TRUE(is<step::send>(settled_with(next, {settlement_effect::retry_counted})));
  EXPECT_EQ(run.batch().size(), 2U);
  EXPECT_EQ(run.key(), "key-2") << "other bytes, another key";
  settled_with(reply(results({{"E1", "success"}, {"E3", "success"}})),
               std::vector(2, settlement_effect::removed));
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 2, 0, 0, 1, 0, 0}));
}

TEST_F(SyncRun, ServerThatNamesABatchToDeathIsStopped) {
  begin(20, {1, 2, 3, 4, 5, 6});
  next_step next = step::send{};
  unsigned requests = 0;
  while (is<step::send>(next) && requests < 100) {
    ++requests;
    next = reply(
        answer(400, R"({"details":[{"event_id":")" + run.batch().front().event_id + R"("}]})"));
    if (std::get<step::settle>(next).request.verdicts.size() == 1)
      next = settled_with(next, {settlement_effect::retry_counted});
    if (is<step::lease>(next))
      next = grant({7, 8, 9, 10, 11, 12});
  }
  EXPECT_LE(requests, 12U);
  EXPECT_EQ(run.report().stopped->code, ec::transport);
}

TEST_F(SyncRun, UnnamedRefusalIsHalvedUntilTheBadEventStandsAlone) {
  begin();
  EXPECT_TRUE(is<step::send>(reply(answer(400, R"({"error":"bad"})"))));
  EXPECT_EQ(run.batch().size(), 1U);
  auto next = reply(results({{"E1", "success"}}));
  EXPECT_TRUE(is<step::send>(settled_with(next, {settlement_effect::removed})));
  next = reply(answer(400, R"({"error":"poison"})"));
  const auto blamed = as<step::settle>(next).request.verdicts;
  ASSERT_EQ(blamed.size(), 1U);
  EXPECT_EQ(blamed[0].event_id, "E2");
  EXPECT_EQ(blamed[0].message, "poison");
  EXPECT_TRUE(blamed[0].alone) << "from now on it travels alone";
  EXPECT_TRUE(is<step::send>(settled_with(next, {settlement_effect::retry_counted})));
  settled_with(reply(results({{"E3", "success"}})), {settlement_effect::removed});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 2, 0, 0, 1, 0, 0}));
}

TEST_F(SyncRun, ServerThatRefusesEverythingBlamesNoEvent) {
  run = sync_run(
      {1000, 524288, 5, 3, 60s}, [] { return 0.5; }, [] { return "key"; });
  std::vector<std::uint64_t> many(200);
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = i + 1;
  next_step next = begin(200, many);
  unsigned requests = 0;
  for (; is<step::send>(next) && requests < 1000; ++requests)
    next = reply(answer(400, R"({"error":"broken deploy"})"));
  EXPECT_LE(requests, 60U);
  for (const auto& said : as<step::settle>(next).request.verdicts)
    EXPECT_EQ(said.what, event_outcome::kept);
  EXPECT_TRUE(finished(settled_with(next, std::vector(200, settlement_effect::unchanged))));
  EXPECT_EQ(run.report().stopped->code, ec::transport);
  EXPECT_EQ(counts(), (n{200, 0, 0, 0, 0, 0, 200}));
}

TEST_F(SyncRun, SingleEventRefusedWithoutANameIsCounted) {
  begin(1, {1});
  const auto next = reply(answer(422, R"({"error":"bad"})"));
  EXPECT_EQ(as<step::settle>(next).request.verdicts.at(0).what, event_outcome::rejected);
  settled_with(next, {settlement_effect::retry_counted});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{1, 0, 0, 0, 1, 0, 0}));
}

TEST_F(SyncRun, TooLargeBatchIsHalvedAndGrowsBack) {
  begin(12, {1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(is<step::send>(reply(answer(413))));
  EXPECT_EQ(run.batch().size(), 3U);
  auto next = reply(results({{"E1", "success"}, {"E2", "success"}, {"E3", "success"}}));
  settled_with(next, std::vector(3, settlement_effect::removed));
  EXPECT_EQ(run.batch().size(), 3U);
  next = reply(results({{"E4", "success"}, {"E5", "success"}, {"E6", "success"}}));
  settled_with(next, std::vector(3, settlement_effect::removed));
  grant({7, 8, 9, 10, 11, 12});
  EXPECT_EQ(run.batch().size(), 6U);
}

TEST_F(SyncRun, EventTooLargeAloneBecomesADeadLetter) {
  begin(1, {1});
  const auto next = reply(answer(413));
  EXPECT_EQ(as<step::settle>(next).request.verdicts.at(0).what, event_outcome::too_large);
  settled_with(next, {settlement_effect::dead_lettered});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(run.report().dead, 1U);
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
  EXPECT_NE(run.report().stopped->message.find("not before 1970-01-01T00:00:31"),
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

TEST_F(SyncRun, WhatAnotherDrainerDeliveredIsNotThisRunsToCount) {
  begin(5);
  settled_with(reply(results({{"E1", "success"}, {"E2", "success"}, {"E3", "success"}})),
               std::vector(3, settlement_effect::removed));
  const auto next = end();
  EXPECT_EQ(as<step::count>(next).request.after, 3U);
  EXPECT_TRUE(is<step::finish>(run.on_count(due_count{0, 5, 0, 0})));
  EXPECT_EQ(counts(), (n{3, 3, 0, 0, 0, 0, 0}));
}

/// A queue and a server that do anything they are able to do.
class any_world {
public:
  explicit any_world(unsigned seed) : random_(seed) {
    const auto count = random_() % 30;
    for (std::uint64_t seq = 1; seq <= count; ++seq)
      queued_.insert(seq);
    newest_ = count;
    limits_.batch_events = 1 + random_() % 7;
  }

  void drive() {
    sync_run run(
        limits_, [this] { return share(); }, [this] { return "key-" + std::to_string(++keys_); });
    next_step next = run.start();
    for (int steps = 0; !is<step::finish>(next); ++steps) {
      ASSERT_LT(steps, 20000) << "the run does not end";
      next = carry_out(run, next);
    }
    const auto& report = run.report();
    EXPECT_EQ(report.settled(), report.selected);
    EXPECT_EQ(report.synced + report.duplicate, acknowledged_);
    EXPECT_EQ(report.rejected + report.dead, refused_);
    EXPECT_FALSE(lease_out_ && !settle_failed_) << "a lease was left behind";
    if (!report.stopped) {
      EXPECT_EQ(tried_.size(), report.selected) << "an event had no turn";
    }
  }

private:
  unsigned pick(unsigned among) { return static_cast<unsigned>(random_() % among); }
  double share() { return static_cast<double>(random_() % 1000) / 1000.0; }

  next_step carry_out(sync_run& run, const next_step& next) {
    if (const auto* count = std::get_if<step::count>(&next))
      return run.on_count(pick(40) == 0 ? result<due_count>(failure{ec::store_busy, "held", ""})
                                        : result<due_count>(due(count->request)));
    if (std::get_if<step::hold>(&next) != nullptr)
      return run.on_held(hold_done{});
    if (std::get_if<step::ask_clock>(&next) != nullptr)
      return run.on_clock(pick(2) == 0 ? answer(404) : answer(200, "{\"lamport_clock\":70}"));
    if (const auto* restamp = std::get_if<step::restamp>(&next)) {
      restamp_done done{80, 0, {}};
      for (const auto seq : restamp->request.positions)
        done.events.push_back(event(seq));
      return run.on_restamped(done);
    }
    if (std::get_if<step::ask_token>(&next) != nullptr)
      return run.on_token(pick(20) == 0 ? result<access_token>(failure{ec::login_required, "", ""})
                                        : result<access_token>(access_token{
                                              "t" + std::to_string(++keys_),
                                              pick(20) == 0 ? "team-b" : "team-a", "ann"}));
    if (const auto* lease = std::get_if<step::lease>(&next))
      return run.on_lease(grant(lease->request));
    if (const auto* settle = std::get_if<step::settle>(&next))
      return run.on_settled(apply(settle->request));
    if (std::get_if<step::pause>(&next) != nullptr)
      return run.on_pause();
    for (const auto& event : run.batch())
      tried_.insert(event.seq);
    return run.on_reply(reply(run.batch()), 0);
  }

  due_count due(const due_request& asked) {
    due_count found{0, newest_, 0, queued_.size()};
    if (!asked.team_slug.empty())
      found.due =
          static_cast<std::uint64_t>(std::count_if(queued_.begin(), queued_.end(), [&](auto seq) {
            return seq > asked.after && seq <= asked.through;
          }));
    return found;
  }

  result<lease_grant> grant(const lease_request& request) {
    EXPECT_FALSE(lease_out_) << "two leases at once";
    if (pick(40) == 0)
      return failure{ec::store_busy, "held", ""};
    if (pick(5) == 0)
      return lease_grant{0, {}, 1, {}};
    lease_grant given;
    for (auto at = queued_.upper_bound(request.after);
         at != queued_.end() && *at <= request.through && given.events.size() < request.max_events;
         ++at) {
      EXPECT_TRUE(had_turn_.insert(*at).second) << "an event had two turns";
      given.events.push_back(event(*at));
    }
    if (!given.events.empty()) {
      given.token = ++tokens_;
      lease_out_ = true;
    }
    return given;
  }

  result<settle_outcome> apply(const settle_request& request) {
    EXPECT_EQ(request.token, tokens_);
    if (pick(40) == 0) {
      settle_failed_ = true;
      return failure{ec::store_full, "full", ""};
    }
    lease_out_ = lease_out_ && request.keep.count() > 0;
    settle_outcome outcome;
    for (const auto& verdict : request.verdicts) {
      const bool gone = pick(20) == 0;
      switch (verdict.what) {
      case event_outcome::delivered:
      case event_outcome::duplicate:
        ++acknowledged_;
        queued_.erase(verdict.seq);
        outcome.events.push_back(gone ? settlement_effect::not_leased : settlement_effect::removed);
        break;
      case event_outcome::rejected:
      case event_outcome::too_large:
        refused_ += gone ? 0 : 1;
        outcome.events.push_back(gone           ? settlement_effect::not_leased
                                 : pick(2) == 0 ? settlement_effect::dead_lettered
                                                : settlement_effect::retry_counted);
        break;
      default:
        outcome.events.push_back(settlement_effect::unchanged);
      }
    }
    return outcome;
  }

  http_reply reply(const std::vector<leased_event>& sent) {
    static constexpr http_outcome failures[] = {http_outcome::unreachable,
                                                http_outcome::tls_refused, http_outcome::timed_out,
                                                http_outcome::broken, http_outcome::cancelled};
    static constexpr int lines[] = {401, 401, 403, 404, 412, 413, 429, 500,
                                    503, 302, 200, 400, 400, 422, 413};
    if (pick(8) == 0)
      return lost(failures[pick(5)]);
    if (pick(8) == 0)
      return answer(lines[pick(15)], pick(2) == 0 ? "<html>" : "{}");
    static const char* const words[] = {"success", "accepted", "warning",  "duplicate", "pending",
                                        "queued",  "error",    "rejected", "splendid",  ""};
    std::vector<std::pair<std::string, std::string>> said;
    for (const auto& event : sent)
      if (pick(10) != 0)
        said.emplace_back(pick(15) == 0 ? "Z" : event.event_id, words[pick(10)]);
    if (!said.empty() && pick(4) == 0)
      said.push_back(said[pick(static_cast<unsigned>(said.size()))]);
    std::shuffle(said.begin(), said.end(), random_);
    return results(said, pick(3) == 0 ? ",\"server_clock\":5" : "");
  }

  std::mt19937 random_;
  run_limits limits_;
  std::set<std::uint64_t> queued_;
  std::uint64_t newest_ = 0;
  std::set<std::uint64_t> had_turn_;
  std::set<std::uint64_t> tried_;
  std::uint64_t tokens_ = 0;
  bool lease_out_ = false;
  bool settle_failed_ = false;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
  int keys_ = 0;
};

TEST(AnySyncRun, EndsWithItsBucketsSummingToWhatItSelected) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    any_world(seed).drive();
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace
} // namespace spec_kitty
