// Failures of the older tool on the wire, one by one.
#include "tests/support/hostile.hpp"
#include "util/timestamp.hpp"

namespace spec_kitty::support {
namespace {

using std::chrono::seconds;

struct Transport : hostile_test {
  void SetUp() override { be_logged_in(); }

  json_document sync_within(int most, int status = 0) {
    peer.reset_counters();
    auto report = sync(status);
    EXPECT_LE(counted("requests"), most);
    return report;
  }

  void expect_all_innocent(std::size_t count) const {
    const auto events = list();
    EXPECT_EQ(events.size(), count);
    for (const auto& event : events) {
      EXPECT_EQ(event.state, "queued");
      EXPECT_EQ(event.retry_count, 0);
      EXPECT_EQ(event.last_error, "");
    }
  }

  finished within_twice_the_timeout(words arguments, std::string input = {}) const {
    const auto done = cli(std::move(arguments), std::move(input));
    EXPECT_EQ(done.status, 4) << done.out << done.err;
    EXPECT_LT(done.took, seconds(4)) << "sync.timeout_s is 2";
    return done;
  }
};

// 413 forever, or one event per POST for ever after (#2734).
TEST_F(Transport, A413ShrinksTheBatchWhichGrowsBack) {
  auto ids = record(40);
  peer.fault("always_413", 5); // 40, 20, 10, 5 and 2 events, then everything
  EXPECT_EQ(number_in(sync_within(5 + 6), {"synced"}), 40);
  const auto more = record(40);
  EXPECT_EQ(number_in(sync_within(1), {"synced"}), 40) << "the next run begins anew";
  ids.insert(ids.end(), more.begin(), more.end());
  EXPECT_EQ(stored(), ids);
  expect_delivered(ids);
}

TEST_F(Transport, A413OnlyEverBuriesAnEventThatTravelsAlone) {
  const auto ids = record(20, {11}, 5000);
  peer.fault("one_too_big_413");
  EXPECT_EQ(number_in(sync_within(20, 5), {"dead"}), 1);
  const auto dead = list({"--state", "dead"});
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead.front().event_id, ids[11]);
  EXPECT_EQ(dead.front().reason, "too_large");
  peer.well();
  json_of({"events", "retry", ids[11]});
  sync();
  expect_delivered(ids);
}

TEST_F(Transport, AProxys413OfFewSmallEventsBuriesNoneOfThem) {
  for (const int count : {1, 11}) {
    const auto ids = record(count);
    peer.fault("always_413_html");
    const auto report = sync_within(6, 4);
    EXPECT_EQ(number_in(report, {"dead"}), 0);
    EXPECT_NE(to_text(report).find("something on the way to the server limits"), std::string::npos)
        << to_text(report);
    peer.fault("always_413_json");
    EXPECT_EQ(number_in(sync_within(6, 4), {"dead"}), 0);
    expect_all_innocent(ids.size());
    peer.well();
    sync();
    EXPECT_TRUE(list().empty());
  }
}

// One bad event turned into 400 for all (#2736).
TEST_F(Transport, OneBadEventTurnsIntoNo400ForAllWhetherItIsNamedOrNot) {
  auto ids = record(20, {7});
  peer.fault("named_list");
  EXPECT_EQ(number_in(sync_within(2, 5), {"synced"}), 19);
  peer.well();
  sync();
  const auto more = record(20, {7});
  peer.fault("unnamed_400");
  EXPECT_EQ(number_in(sync_within(12, 5), {"synced"}), 19);
  ASSERT_EQ(list().size(), 1U);
  EXPECT_EQ(list().front().event_id, more[7]);
  EXPECT_EQ(list().front().retry_count, 1);
  peer.well();
  sync();
  ids.insert(ids.end(), more.begin(), more.end());
  expect_delivered(ids);
}

// 200 with `results: []` looped 40 requests in 0.08 s.
TEST_F(Transport, A200WithoutResultsIsAskedOnce) {
  const auto ids = record(20);
  peer.fault("results_empty");
  EXPECT_EQ(number_in(sync_within(1, 4), {"transient"}), 20);
  expect_all_innocent(20);
  peer.well();
  sync();
  EXPECT_EQ(stored(), ids);
}

// Outages burned retry counters (#889).
TEST_F(Transport, HoweverManyOutagesThereAreNoRetryIsCounted) {
  const auto ids = record(20);
  for (const char* outage : {"status_503_retry_after", "refused", "reset_before_headers", "hang",
                             "portal", "truncated", "status_502_html", "refresh_500"}) {
    SCOPED_TRACE(outage);
    peer.fault(outage);
    EXPECT_EQ(number_in(sync_within(4, 4), {"transient"}), 20);
    expect_all_innocent(20);
    peer.well();
  }
  sync();
  EXPECT_EQ(stored(), ids);
  expect_delivered(ids);
}

// 412 "client too old" re-posted for ever (#1553).
TEST_F(Transport, A412HaltsKeepsAndPrintsTheServersGuidance) {
  const auto ids = record(20);
  peer.fault("status_412");
  const auto report = sync_within(2, 4);
  EXPECT_EQ(error_part(report, "code"), "upgrade_required");
  EXPECT_NE(error_part(report, "message").find("version 0.1 is too old"), std::string::npos);
  EXPECT_NE(error_part(report, "hint").find("install version 9"), std::string::npos);
  const auto in_words = cli({"sync", "now"});
  EXPECT_EQ(in_words.status, 4);
  EXPECT_NE(in_words.err.find("version 0.1 is too old"), std::string::npos) << in_words.err;
  EXPECT_NE(in_words.err.find("install version 9"), std::string::npos) << in_words.err;
  expect_all_innocent(20);
  peer.well();
  sync();
  EXPECT_EQ(stored(), ids);
}

// Hung for ever on a peer that never answered (#936): every await is bounded.
TEST_F(Transport, EveryAwaitIsBoundedWhateverIsSilent) {
  record(5);
  for (const char* silent : {"silence", "black_hole", "drip", "hang_in_headers", "hang_in_body",
                             "endless_1xx", "endless_headers", "refresh_hangs"}) {
    SCOPED_TRACE(silent);
    peer.fault(silent);
    within_twice_the_timeout({"sync", "now"});
    expect_all_innocent(5);
    peer.well();
  }
  for (const char* silent : {"silence", "black_hole"}) {
    SCOPED_TRACE(silent);
    peer.fault(silent);
    within_twice_the_timeout({"clock", "reconcile"});
    within_twice_the_timeout({"auth", "login", "--username", "anna", "--password-stdin"},
                             peer.password() + "\n");
    peer.well();
  }
}

TEST_F(Transport, SlowDnsEndsInTimeToo) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "a preloaded resolver cannot stand beside AddressSanitizer";
#endif
#endif
  const std::string shim = SPEC_KITTY_TEST_DIR "/slow_dns.so";
  ASSERT_TRUE(std::filesystem::exists(shim));
  env["LD_PRELOAD"] = shim;
  env["SPEC_KITTY_SYNC_SERVER_URL"] = "https://sync.example.com";
  within_twice_the_timeout({"auth", "login", "--username", "anna", "--password-stdin"},
                           peer.password() + "\n");
}

// `Retry-After` was never read.
TEST_F(Transport, RetryAfterIsReadInBothFormsAndWaitedOut) {
  auto ids = record(2);
  for (const char* slow : {"slow_429_seconds", "slow_429_date"}) {
    SCOPED_TRACE(slow);
    peer.fault(slow);
    const auto report = sync_within(2);
    EXPECT_EQ(number_in(report, {"synced"}), 2);
    EXPECT_GE(number_in(report, {"duration_ms"}), 900);
    const auto more = record(2);
    ids.insert(ids.end(), more.begin(), more.end());
  }
  peer.well();
  sync();
  EXPECT_EQ(stored(), ids);
}

TEST_F(Transport, ALongRetryAfterEndsTheRunAndSaysUntilWhen) {
  record(2);
  for (const char* slow : {"slow_429_10_hours", "slow_429_far_date"}) {
    peer.fault(slow);
    const auto message = error_part(sync_within(1, 4), "message");
    const auto until = message.rfind(' ');
    ASSERT_NE(until, std::string::npos);
    const auto instant = parse_date_time(message.substr(until + 1));
    ASSERT_TRUE(instant) << message;
    EXPECT_NEAR(static_cast<double>(*instant - wall_clock_now()) / 1e6, 900, 60)
        << "at most 15 min are believed";
  }
  expect_all_innocent(2);
}

TEST_F(Transport, AWaitIsCountedDownForAPerson) {
  record(1);
  peer.fault("slow_429_date");
  const auto done = cli({"sync", "now"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_NE(done.err.find("wait"), std::string::npos) << done.err;
}

TEST_F(Transport, AForbiddenTeamIsHeldVisiblyAndTriedAgainOnSyncNow) {
  const auto ids = record(3);
  peer.fault("status_403");
  const auto report = sync_within(1, 4);
  EXPECT_EQ(error_part(report, "code"), "held");
  EXPECT_EQ(number_in(report, {"held"}), 3);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), 3);
  const auto held = list({"--state", "held"});
  ASSERT_EQ(held.size(), 3U);
  EXPECT_NE(held.front().reason.find("not your team"), std::string::npos) << held.front().reason;
  EXPECT_NE(cli({"sync", "doctor"}).out.find("the server forbids the team"), std::string::npos);
  peer.well();
  sync();
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), 0);
  expect_delivered(ids);
}

} // namespace
} // namespace spec_kitty::support
