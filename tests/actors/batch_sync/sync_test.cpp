// BATCH_SYNC and HTTP: a run carried out, and what remains when a part of it falls.
#include "tests/actors/batch_sync/sync_fixture.hpp"
#include "util/gzip.hpp"
#include "util/json.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

TEST_F(BatchSync, SendsWhatTheProtocolAsksFor) {
  const auto receipts = append(queue_, 2);
  const auto report = begin(start_sync());
  ASSERT_EQ(network_->requests.size(), 1U);
  const auto& request = network_->requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://a:443/api/v1/events/batch/");
  EXPECT_EQ(header_of(request, "Authorization"), "Bearer access-1");
  EXPECT_EQ(header_of(request, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(request, "Content-Encoding"), "gzip");
  EXPECT_EQ(header_of(request, "X-Team-Slug"), "team-a");
  EXPECT_TRUE(is_ulid(header_of(request, "Idempotency-Key")));
  EXPECT_TRUE(header_of(request, "User-Agent").starts_with("spec-kitty/"));
  EXPECT_EQ(request.timeout, 2s);
  EXPECT_EQ(*gunzip(request.body, 1 << 20),
            "{\"events\":[" + receipts[0].json + "," + receipts[1].json + "]}");

  accept();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->synced, 2U);
  EXPECT_EQ(report->selected, 2U);
  EXPECT_EQ(report->remaining, 0U);
  EXPECT_EQ(report->stopped, std::nullopt);
  EXPECT_EQ(report->bytes_sent, request.body.size());
  EXPECT_EQ(stats().live, 0U);
}

TEST_F(BatchSync, SendsBatchAfterBatchInOrder) {
  limits_.batch_events = 3;
  append(queue_, 8);
  const auto report = begin(start_sync());
  std::string clocks;
  for (int batch = 0; batch < 3; ++batch) {
    ASSERT_EQ(network_->open.size(), 1U) << "one batch at a time";
    const auto body = parse_json(*gunzip(network_->open.front().request.body, 1 << 20));
    for (const auto& event : (*body)["events"].GetArray())
      clocks += std::to_string(event["lamport_clock"].GetUint64()) + " ";
    accept();
  }
  EXPECT_EQ(clocks, "1 2 3 4 5 6 7 8 ");
  EXPECT_EQ(report->synced, 8U);
  EXPECT_EQ(report->batches, 3U);
  EXPECT_EQ(progress_, (std::vector<std::uint64_t>{3, 6, 8}));
  EXPECT_NE(header_of(network_->requests[0], "Idempotency-Key"),
            header_of(network_->requests[1], "Idempotency-Key"));
}

TEST_F(BatchSync, EmptyQueueIsAReportWithoutARequest) {
  const auto report = begin(start_sync());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->selected, 0U);
  EXPECT_EQ(report->stopped, std::nullopt);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(BatchSync, NotLoggedInIsAReportWithoutARequest) {
  append(queue_, 2);
  forget_session(home_).ok();
  const auto report = begin(start_sync());
  EXPECT_EQ(report->stopped->code, ec::login_required);
  EXPECT_TRUE(network_->requests.empty());
  EXPECT_EQ(report->remaining, 2U);
}

TEST_F(BatchSync, EventsOfAnotherTeamStayHere) {
  append(queue_, 2, "team-b");
  append(queue_, 1, "local");
  const auto report = begin(start_sync());
  EXPECT_EQ(report->selected, 0U);
  EXPECT_EQ(report->held_elsewhere, 3U);
  EXPECT_EQ(report->remaining, 3U);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(BatchSync, RefusedTokenIsRefreshedAndTheSameBytesGoAgain) {
  append(queue_, 2);
  const auto report = begin(start_sync());
  answer(answered(401));
  ASSERT_EQ(network_->requests.size(), 2U);
  EXPECT_EQ(network_->requests[1].url, "https://a:443/api/v1/token/refresh/");
  answer(tokens("access-2", "refresh-2"));
  ASSERT_EQ(network_->requests.size(), 3U);
  EXPECT_EQ(header_of(network_->requests[2], "Authorization"), "Bearer access-2");
  EXPECT_EQ(network_->requests[2].body, network_->requests[0].body);
  EXPECT_EQ(header_of(network_->requests[2], "Idempotency-Key"),
            header_of(network_->requests[0], "Idempotency-Key"));
  accept();
  EXPECT_EQ(report->synced, 2U);
}

TEST_F(BatchSync, LoginToAnotherTeamInMidRunNeverSendsTheseEvents) {
  append(queue_, 2);
  const auto report = begin(start_sync());
  answer(answered(401));
  answer(tokens("access-2", "refresh-2", "team-b"));
  EXPECT_EQ(network_->requests.size(), 2U);
  EXPECT_EQ(report->transient, 2U);
  EXPECT_TRUE(report->stopped);
  EXPECT_EQ(stats().leased, 0U);
}

TEST_F(BatchSync, FailingServerIsTriedThreeTimesWithPausesAndEverythingIsKept) {
  append(queue_, 2);
  const auto report = begin(start_sync());
  answer(answered(503));
  EXPECT_EQ(network_->requests.size(), 1U);
  pass(240ms);
  EXPECT_EQ(network_->requests.size(), 1U);
  pass(20ms); // half of 0.5 s
  EXPECT_EQ(network_->requests.size(), 2U);
  answer(not_answered(http_outcome::broken));
  pass(520ms); // half of 1 s
  EXPECT_EQ(network_->requests.size(), 3U);
  answer(not_answered(http_outcome::unreachable));
  pass(60s);
  EXPECT_EQ(network_->requests.size(), 3U);
  EXPECT_EQ(report->transient, 2U);
  EXPECT_EQ(report->stopped->code, ec::transport);
  EXPECT_EQ(stats().live, 2U);
  EXPECT_EQ(stats().leased, 0U);
  EXPECT_NE(stats().last_error.find("\"code\":\"transport\""), std::string::npos);
}

TEST_F(BatchSync, SilentHttpEndsTheRunByTheAskersOwnTimeout) {
  append(queue_, 1);
  limits_.transport_tries = 1;
  const auto report = begin(start_sync());
  pass(6900ms, 100ms);
  EXPECT_FALSE(report.there());
  pass(200ms);
  ASSERT_TRUE(report.there());
  EXPECT_EQ(report->transient, 1U);
  EXPECT_EQ(stats().leased, 0U);
}

TEST_F(BatchSync, RefusalsAreCountedAndBuriedAtTheLimit) {
  limits_.max_retries = 2;
  append(queue_, 1);
  const auto sync = start_sync();
  auto report = begin(sync);
  answer(results_for(network_->open.front().request, "rejected"));
  EXPECT_EQ(report->rejected, 1U);
  report = begin(sync);
  answer(results_for(network_->open.front().request, "rejected"));
  EXPECT_EQ(report->dead, 1U);
  EXPECT_EQ(stats().dead, 1U);
  EXPECT_EQ(stats().live, 0U);
}

TEST_F(BatchSync, RunsComeOneAfterTheOther) {
  append(queue_, 1);
  const auto sync = start_sync();
  const auto first = begin(sync);
  const auto second = begin(sync);
  append(queue_, 1); // after the first run's selection
  EXPECT_EQ(network_->requests.size(), 1U);
  accept();
  ASSERT_TRUE(first.there());
  EXPECT_EQ(first->selected, 1U);
  EXPECT_FALSE(second.there());
  accept();
  ASSERT_TRUE(second.there());
  EXPECT_EQ(second->selected, 1U);
  EXPECT_EQ(second->synced, 1U);
}

TEST_F(BatchSync, ServerClockIsMerged) {
  append(queue_, 1);
  const auto report = begin(start_sync());
  accept(",\"server_clock\":400");
  EXPECT_TRUE(report->warnings.empty());
  EXPECT_EQ(stats().clock, 401U);
  EXPECT_EQ(append(queue_, 1)[0].lamport_clock, 402U);
}

TEST_F(BatchSync, AbsurdServerClockIsAWarning) {
  append(queue_, 1);
  const auto report = begin(start_sync());
  accept(",\"server_clock\":9007199254740991");
  EXPECT_EQ(report->synced, 1U);
  EXPECT_EQ(report->warnings.size(), 1U);
  EXPECT_EQ(stats().clock, 1U);
}

TEST_F(BatchSync, AnAbsurdServerClockHidesNoneOfAnotherReply) {
  append(queue_, 2);
  limits_.batch_events = 1;
  const auto report = begin(start_sync());
  accept(R"(,"server_clock":9007199254740991)");
  accept(R"(,"server_clock":500)");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->warnings.size(), 1U);
  EXPECT_EQ(ask_now<clock_value>(clock_, clock_question{})->value, 501U);
}

TEST_F(BatchSync, DeadClockIsAWarning) {
  append(queue_, 1);
  const auto report = begin(start_sync());
  kill(clock_);
  accept(",\"server_clock\":400");
  EXPECT_EQ(report->synced, 1U);
  EXPECT_EQ(report->warnings.size(), 1U);
}

TEST_F(BatchSync, DeadQueueEndsTheRunInAReport) {
  append(queue_, 2);
  const auto sync = start_sync();
  const auto report = begin(sync);
  kill(queue_);
  accept();
  ASSERT_TRUE(report.there());
  expect_sums(*report);
  EXPECT_EQ(report->transient, 2U); // delivered, but not known to be: it is sent again
  EXPECT_TRUE(report->stopped);
  EXPECT_TRUE(begin(sync)->stopped);
}

TEST_F(BatchSync, DeadHttpEndsTheRunInAReport) {
  append(queue_, 2);
  const auto report = begin(start_sync());
  kill(http_);
  pass(60s, 100ms);
  ASSERT_TRUE(report.there());
  expect_sums(*report);
  EXPECT_EQ(report->transient, 2U);
  EXPECT_TRUE(report->stopped);
  EXPECT_EQ(stats().leased, 0U);
}

TEST_F(BatchSync, DeadAuthEndsTheRunInAReport) {
  append(queue_, 2);
  kill(auth_);
  const auto report = begin(start_sync());
  ASSERT_TRUE(report.there());
  EXPECT_TRUE(report->stopped);
}

TEST_F(BatchSync, MissingNetworkModuleIsNamed) {
  append(queue_, 1);
  http_ = start(http, http_config{[] {
                  return result<std::unique_ptr<http_client>>(
                      failure{ec::internal, "a part of spec-kitty is missing: x.so", "install"});
                }});
  const auto report = begin(start_sync());
  ASSERT_TRUE(report.there());
  EXPECT_EQ(report->transient, 1U);
  EXPECT_NE(report->stopped->message.find("x.so"), std::string::npos) << report->stopped->message;
}

TEST_F(BatchSync, EveryAskerGetsAReportOfItsOwnWhenItIsKilled) {
  limits_.batch_events = 2;
  append(queue_, 3);
  const auto sync = start_sync();
  const auto first = begin(sync);
  const auto second = begin(sync);
  accept(); // two of three
  kill(sync);
  ASSERT_TRUE(first.there() && second.there());
  expect_sums(*first);
  EXPECT_EQ(first->synced, 2U);
  EXPECT_EQ(first->transient, 1U);
  EXPECT_EQ(first->stopped->code, ec::transport);
  EXPECT_EQ(second->selected, 0U); // its run never began
  EXPECT_TRUE(second->stopped);
}

TEST_F(BatchSync, AskerIsAnsweredWheneverItIsKilled) {
  // Killed after any number of steps of the scheduler, with the run's end included.
  append(queue_, 1);
  for (std::size_t steps = 0;; ++steps) {
    const auto sync = start_sync();
    const auto report = ask<sync_report>(sync, sync_request{});
    for (std::size_t i = 0; i < steps && !report.there(); ++i) {
      if (!network_->open.empty())
        network_->answer(
            results_for(network_->open.front().request, "pending", ",\"server_clock\":5"));
      scheduler_.try_run_once();
    }
    const bool ended = report.there();
    kill(sync);
    while (!network_->open.empty())
      answer(answered(500));
    ASSERT_TRUE(report.there()) << "killed after " << steps << " steps";
    if (report.ok()) {
      expect_sums(*report);
    }
    now_ += std::int64_t{3600} * 1'000'000; // the killed one's lease is over
    log_in_as("access-1");
    if (ended)
      break;
  }
}

TEST_F(BatchSync, LeaseOfAnotherDrainerIsWaitedFor) {
  append(queue_, 2);
  lease_request request;
  request.team_slug = "team-a";
  request.max_events = 1;
  request.ttl = 10s;
  const auto other = ask_now<lease_grant>(queue_, request);
  ASSERT_EQ(other->events.size(), 1U);
  const auto report = begin(start_sync());
  pass(500ms);
  EXPECT_TRUE(network_->requests.empty());
  ask_now<settle_outcome>(
      queue_, settle_request{
                  other->token,
                  {{other->events[0].seq, other->events[0].event_id, event_outcome::delivered, {}}},
                  5});
  pass(100ms);
  ASSERT_EQ(network_->requests.size(), 1U);
  accept();
  expect_sums(*report);
  EXPECT_EQ(report->synced, 1U);
}

class Http : public BatchSync {
protected:
  outcome<http_reply> get(const std::string& url = "https://a/x") {
    http_request request;
    request.method = "GET";
    request.url = url;
    return ask_now<http_reply>(http_, std::move(request));
  }
};

TEST_F(Http, AnswersEachExchangeWithItsOwnReply) {
  const auto first = get("https://a/1");
  const auto second = get("https://a/2");
  ASSERT_EQ(network_->open.size(), 2U);
  std::swap(network_->open[0], network_->open[1]); // the second one is answered first
  answer(answered(202));
  EXPECT_FALSE(first.there());
  EXPECT_EQ(second->status, 202);
  answer(answered(201));
  EXPECT_EQ(first->status, 201);
  EXPECT_EQ(network_->clients, 1);
}

TEST_F(Http, MakesItsClientAtTheFirstRequest) {
  run();
  EXPECT_EQ(network_->clients, 0);
  get();
  EXPECT_EQ(network_->clients, 1);
}

TEST_F(Http, OpenExchangesAreAnsweredWhenItDies) {
  const auto first = get();
  const auto second = get();
  kill(http_);
  EXPECT_EQ(first.code(), ec::stopping);
  EXPECT_EQ(second.code(), ec::stopping);
}

TEST_F(Http, ClientThatCannotBeMadeIsTriedAgainNextTime) {
  bool there = false;
  http_ = start(http, http_config{[&] {
                  auto made = std::unique_ptr<http_client>();
                  there = !there;
                  return result<std::unique_ptr<http_client>>(failure{ec::internal, "missing", {}});
                }});
  EXPECT_EQ(get().code(), ec::internal);
  EXPECT_TRUE(there);
  EXPECT_EQ(get().code(), ec::internal);
  EXPECT_FALSE(there);
}

TEST_F(BatchSync, ARunThatIsKilledHandsItsLeaseBack) {
  append(queue_, 1);
  const auto sync = start_sync();
  const auto report = begin(sync);
  ASSERT_EQ(network_->open.size(), 1U) << "a batch is in flight";
  kill(sync);
  EXPECT_FALSE(is_leased());
}

TEST_F(BatchSync, ARunBrokenOffBetweenTwoBatchesEndsOnceWhoeverElseAsks) {
  append(queue_, 2);
  limits_.batch_events = 1;
  const auto sync = start_sync();
  const auto background = ask_now<sync_report>(sync, sync_request{true, 0});
  accept();
  ASSERT_FALSE(background.there()) << "it waits for the gap between two batches";
  const auto ended = ask<wound_down>(sync, wind_down{});
  const auto has_foreground_request = ask<sync_report>(sync, sync_request{});
  run();
  EXPECT_TRUE(ended.ok());
  ASSERT_TRUE(background.ok());
  EXPECT_EQ(background->synced, 1U);
  expect_sums(*background);
  ASSERT_TRUE(has_foreground_request.ok());
  expect_sums(*has_foreground_request);
  EXPECT_FALSE(is_leased());
}

} // namespace
} // namespace spec_kitty
