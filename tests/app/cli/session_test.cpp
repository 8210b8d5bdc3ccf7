// The session under stress: many processes, one refresh; a refresh token is used once.
#include "tests/support/hostile.hpp"
#include "util/timestamp.hpp"

namespace spec_kitty::support {
namespace {

using std::chrono::seconds;

struct Session : hostile_test {};

TEST_F(Session, EightDrainersWithAnExpiredTokenRefreshOnceAndDeliverEachEventOnce) {
  peer.set_access_lifetime("1");
  be_logged_in();
  const auto ids = record(40);
  peer.set_access_lifetime("900");
  peer.reset_counters();
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "5";
  std::vector<std::unique_ptr<child>> drains;
  for (int i = 0; i < 8; ++i)
    drains.push_back(start({"sync", "now", "--json"}));
  std::int64_t synced = 0;
  for (auto& drain : drains) {
    const auto done = drain->wait();
    EXPECT_EQ(done.status, 0) << done.out << done.err;
    const auto report = only_object(done);
    expect_books_balanced(report);
    synced += number_in(report, {"synced"});
  }
  EXPECT_EQ(synced, 40);
  EXPECT_EQ(counted("duplicates"), 0);
  expect_no_token_used_twice(1);
  EXPECT_EQ(stored(), ids);
  expect_delivered(ids);
}

TEST_F(Session, EightDrainersWhoseTokenTheServerRefusesRefreshOnce) {
  be_logged_in();
  const auto ids = record(40);
  peer.refuse_every_access_token();
  peer.reset_counters();
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "5";
  std::vector<std::unique_ptr<child>> drains;
  for (int i = 0; i < 8; ++i)
    drains.push_back(start({"sync", "now"}));
  for (auto& drain : drains)
    EXPECT_EQ(drain->wait().status, 0);
  expect_no_token_used_twice(1);
  EXPECT_EQ(stored(), ids);
  expect_delivered(ids);
}

// A failure of the older tool: one process's stale refusal wiped another's fresh session (#713).
TEST_F(Session, AStaleRefusalNeverWipesAnotherProcesssFreshSession) {
  be_logged_in();
  const auto ids = record(5);
  peer.fault("refresh_late_401");
  const auto drain = start({"sync", "now"});
  ASSERT_TRUE(struck());
  EXPECT_EQ(log_in("anna").status, 0) << "a login waits for nobody's refresh";
  const auto fresh = read_text(home() / "credentials");
  peer.release();
  const auto done = drain->wait();
  EXPECT_EQ(done.status, 0) << "the newer session is there to be used: " << done.err;
  EXPECT_EQ(read_text(home() / "credentials"), fresh);
  expect_delivered(ids);
}

TEST_F(Session, ARefusalOfTheSessionThatIsHeldEndsItAndKeepsTheEvents) {
  be_logged_in();
  const auto ids = record(3);
  peer.fault("refresh_401");
  EXPECT_EQ(error_part(sync(3), "code"), "login_required");
  EXPECT_EQ(list().size(), 3U);
  peer.well();
  EXPECT_EQ(log_in("anna").status, 0);
  sync();
  expect_delivered(ids);
}

TEST_F(Session, NobodyButRefreshersWaitsForARefreshThatHangs) {
  be_logged_in();
  record(1);
  peer.fault("refresh_late");
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "20";
  const auto drain = start({"sync", "now"});
  ASSERT_TRUE(struck());
  for (const words& local :
       {words{"emit", "WPStatusChanged", "--payload", good_payload}, words{"sync", "status"},
        words{"auth", "status"}, words{"events", "list"}}) {
    const auto done = cli(local);
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_LT(done.took, seconds(3)) << local.front();
  }
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "1";
  const auto second = cli({"sync", "now"});
  EXPECT_EQ(second.status, 4) << second.err;
  EXPECT_LT(second.took, seconds(3)) << "the wait for the refresh lock is bounded";
  peer.release();
  EXPECT_EQ(drain->wait().status, 0);
  expect_no_token_used_twice(1);
}

// A failure of the older tool: a mid-batch 401 burned a retry of every event.
TEST_F(Session, A401AmidADrainBurnsNoRetryOfAnyEvent) {
  be_logged_in();
  const auto ids = record(20);
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "5";
  peer.fault("mid_drain_401");
  EXPECT_EQ(number_in(sync(), {"synced"}), 20);
  EXPECT_EQ(stored(), ids);
  record(3);
  peer.fault("always_401");
  sync(3);
  for (const auto& event : list())
    EXPECT_EQ(event.retry_count, 0);
}

// A failure of the older tool: naive and aware expiry mixed (#1514).
TEST_F(Session, LifetimesAreNumbersOrNumericTextsUnderBothNamesInEveryTimeZone) {
  const auto lasts_900_s = [&] {
    be_logged_in();
    const auto status = json_of({"auth", "status"});
    EXPECT_EQ(text_of(status, "state"), "authenticated");
    const auto until = parse_date_time(text_of(status, "access_expires_at").value_or(""));
    ASSERT_TRUE(until);
    EXPECT_NEAR(static_cast<double>(*until - wall_clock_now()) / 1e6, 900, 60);
  };
  for (const char* zone : {"UTC", "Asia/Tokyo", "America/Los_Angeles", "XYZ-13"}) {
    SCOPED_TRACE(zone);
    env["TZ"] = zone;
    for (const char* seconds_json : {"900", "\"900\""}) {
      peer.set_access_lifetime(seconds_json);
      lasts_900_s();
      peer.set_expires_in(seconds_json);
      lasts_900_s();
    }
  }
  env["TZ"] = "America/Los_Angeles";
  const auto ids = record(2);
  peer.reset_counters();
  env["TZ"] = "Asia/Tokyo";
  sync();
  expect_no_token_used_twice(0);
  expect_delivered(ids);
}

} // namespace
} // namespace spec_kitty::support
