// The machine's clock is hours off, and jumps both ways between commands: order, sessions and
// leases hold, and nothing is lost.
#include "config/credentials.hpp"
#include "tests/support/cli_test.hpp"
#include "tests/support/lies.hpp"
#include "util/timestamp.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

constexpr long hours = 3600;

struct WrongClock : cli_test {
  void SetUp() override {
    if (!can_preload())
      GTEST_SKIP() << "nothing is preloaded beside AddressSanitizer";
  }
  /// From now on every command believes so.
  void set_clock(long seconds_ahead) {
    for (const auto& [name, value] :
         clock_ahead(SPEC_KITTY_BIN_DIR "/spec_kitty_lie_shim.so", seconds_ahead))
      env[name] = value;
  }
  std::vector<std::string> exported() const { return lines_of(cli({"events", "export"}).out); }
};

TEST_F(WrongClock, IsBelievedByTheProgramUnderTest) {
  set_clock(24 * hours * 365);
  emit();
  const auto timestamp = text_of(parsed(exported().at(0)), "timestamp").value_or("");
  EXPECT_GT(parse_date_time(timestamp).value_or(0),
            wall_clock_now() + 24LL * hours * 364 * 1000000);
}

TEST_F(WrongClock, IdsAndClocksRiseStrictlyHoweverItJumps) {
  for (const long ahead : {0L, 5 * hours, -5 * hours, 0L, 24 * hours, -48 * hours}) {
    set_clock(ahead);
    emit(3);
  }
  const auto events = exported();
  ASSERT_EQ(events.size(), 18U);
  const auto ids = ids_of(events);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(number_in(parsed(events[i]), {"lamport_clock"}), static_cast<std::int64_t>(i) + 1);
}

TEST_F(WrongClock, DoctorSaysHowLongTheOldestEventHasWaited) {
  logged_in();
  set_clock(-48 * hours);
  emit();
  set_clock(0);
  const auto shown = cli({"sync", "doctor"}).out;
  EXPECT_NE(shown.find("the oldest event has waited for 48 hours"), std::string::npos) << shown;
  EXPECT_NE(shown.find("sync now"), std::string::npos) << shown;
}

TEST_F(WrongClock, ASessionFromAClockThatWasBehindIsRefreshedAndGoesOn) {
  set_clock(-5 * hours);
  logged_in();
  set_clock(0);
  EXPECT_EQ(text_of(json_of({"auth", "status"}), "state"), "expired");
  emit(3);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
  EXPECT_EQ(text_of(json_of({"auth", "status"}), "state"), "authenticated");
}

TEST_F(WrongClock, ASessionFromAClockThatWasAheadEndsWhenTheServerSaysSo) {
  set_clock(5 * hours);
  logged_in({"--access-lifetime", "1"});
  set_clock(0); // the file calls the token good for five hours; the server, for one second
  const auto first = read_credentials(home());
  ASSERT_TRUE(first && *first);
  EXPECT_GT((*first)->access_expires_at, wall_clock_now() / 1000000 + 4 * hours);
  result<std::optional<credentials>> later = first;
  EXPECT_TRUE(eventually([&] { // until the server has let the token go
    emit();
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"remaining"}), 0);
    later = read_credentials(home());
    return later && *later && (*later)->access != (*first)->access;
  }));
  EXPECT_LT((*later)->access_expires_at, wall_clock_now() / 1000000 + hours);
}

TEST_F(WrongClock, ALoginWorksWhateverTimeItIs) {
  server_set();
  for (const long ahead : {-24 * hours * 365, 24 * hours * 365, 0L}) {
    set_clock(ahead);
    EXPECT_EQ(log_in(*server).status, 0);
    EXPECT_EQ(text_of(json_of({"auth", "status"}), "state"), "authenticated");
    emit(2);
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
  }
  EXPECT_EQ(server->events().size(), 6U);
}

TEST_F(WrongClock, ALeaseOfADrainerThatDiedIsTakenBackAtOnceInAnyTime) {
  raw_server silent("");
  logged_in();
  const auto session = read_text(home() / "credentials");
  for (const long ahead : {5 * hours, -5 * hours}) {
    emit(2);
    set_clock(ahead);
    // A server that never answers: the drainer dies with its lease out.
    auto what = command({"sync", "now"});
    auto there = session; // the same session, as if the silent server had given it
    const auto at = there.find(server->url());
    ASSERT_NE(at, std::string::npos);
    there.replace(at, server->url().size(), silent.url());
    const std::string_view expiry = "access_expires_at = \"";
    there.replace(there.find(expiry) + expiry.size(), 4, "2099"); // so that no refresh is asked for
    write_text(home() / "credentials", there);
    what.env["SPEC_KITTY_SYNC_SERVER_URL"] = silent.url();
    {
      const int before = silent.connections();
      child drainer(what);
      ASSERT_TRUE(eventually([&] { return silent.connections() > before + 1; }))
          << "the first one asks what the server offers";
    } // killed
    set_clock(0);
    write_text(home() / "credentials", session);
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
  }
  EXPECT_EQ(server->events().size(), 4U);
}

} // namespace
} // namespace spec_kitty::support
