// BATCH_SYNC under virtual time: runs carried out to their end.
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

} // namespace
} // namespace spec_kitty
