// Every fault of the table: nothing is lost, no innocent event is blamed, the run is
// bounded in requests and time, and everything arrives after the server has recovered.
//
//   20 events → the fault → sync now → what the case says → well again → sync now → delivered
#include "tests/app/cli/hostile_cases.hpp"
#include "tests/support/hostile.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

constexpr int timeout_s = 2; // what the fixture sets

struct EveryFault : hostile_test, ::testing::WithParamInterface<hostile_case> {
  void SetUp() override {
    be_logged_in();
    ids_ = record(20, GetParam().bad, GetParam().bad_bytes);
  }

  /// The run under the fault.
  void run_into_it() {
    const auto& expected = GetParam();
    peer.reset_counters();
    peer.fault(expected.fault);
    launch what = command({"sync", "now", "--json"});
    what.env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = std::to_string(expected.batch_events);
    const auto done = run(what);
    const auto report = only_object(done);
    EXPECT_EQ(done.status, expected.status) << done.out << done.err;
    EXPECT_EQ(number_in(report, {"selected"}), 20);
    expect_books_balanced(report);
    EXPECT_EQ((done.out + done.err).find('\x1b'), std::string::npos) << "a raw escape code";
    expect_bounded(expected, done);
    if (expected.status != 0) {
      EXPECT_NE(error_part(report, "message"), "");
      EXPECT_NE(error_part(report, "hint"), "");
    }
  }

  void expect_bounded(const hostile_case& expected, const finished& done) const {
    const auto state = peer.state();
    EXPECT_LE(number_in(state, {"requests"}), expected.requests) << to_text(state);
    EXPECT_EQ(number_in(state, {"elsewhere"}), 0) << "a redirect was followed";
    EXPECT_EQ(number_in(state, {"dead_refresh_uses"}), 0);
    // One request that hangs ends the run; three other failures have a backoff in between.
    EXPECT_LT(done.took, std::chrono::seconds(2 * timeout_s));
  }

  void expect_nothing_lost() const {
    const auto here = list();
    const auto there = stored();
    std::set<std::string> all(there.begin(), there.end());
    for (const auto& event : here)
      all.insert(event.event_id);
    EXPECT_EQ(all, std::set(ids_.begin(), ids_.end())) << "an event is gone";
    if (GetParam().synced >= 0) {
      EXPECT_EQ(there.size(), static_cast<std::size_t>(GetParam().synced));
    }
  }

  void expect_no_innocent_event_blamed() const {
    std::set<std::string> bad;
    for (const int position : GetParam().bad)
      bad.insert(ids_.at(static_cast<std::size_t>(position)));
    std::set<std::string> blamed;
    for (const auto& event : list())
      if (event.retry_count > 0 || event.state == "dead") {
        blamed.insert(event.event_id);
        EXPECT_LE(event.retry_count, 1) << "more than one counted verdict in one run";
        EXPECT_NE(event.last_error + event.reason, "");
        EXPECT_LE(event.last_error.size(), 2100U);
      }
    if (GetParam().blamed != blame::some) {
      EXPECT_EQ(blamed, GetParam().blamed == blame::bad ? bad : std::set<std::string>());
    }
  }

  /// A hostile clock does not exhaust the range of clock values.
  void expect_sane_clock() const {
    EXPECT_LT(number_in(json_of({"clock", "show"}), {"value"}), 10000);
  }

  void expect_recovery() {
    peer.well();
    if (GetParam().new_login) {
      sync(3);
      EXPECT_EQ(log_in("anna").status, 0);
    }
    if (!list({"--state", "dead"}).empty())
      json_of({"events", "retry", "--all"});
    const auto report = sync();
    EXPECT_EQ(number_in(report, {"remaining"}), 0);
    EXPECT_TRUE(list().empty());
    expect_delivered(ids_);
    // The next event follows the delivered ones.
    ids_.push_back(record(1).front());
    EXPECT_EQ(number_in(sync(), {"synced"}), 1);
    expect_delivered(ids_);
  }

private:
  std::vector<std::string> ids_;
};

TEST_P(EveryFault, LosesNothingBlamesNoInnocentEventAndHeals) {
  run_into_it();
  expect_nothing_lost();
  expect_no_innocent_event_blamed();
  expect_sane_clock();
  expect_recovery();
}

INSTANTIATE_TEST_SUITE_P(Hostile, EveryFault, ::testing::ValuesIn(hostile_cases()),
                         [](const auto& of) { return std::string(of.param.fault); });

TEST(HostileServer, EveryFaultOfItsTableIsTried) {
  std::vector<std::string> tried;
  for (const auto& hostile_test_case : hostile_cases())
    tried.emplace_back(hostile_test_case.fault);
  auto table = hostile_server::faults();
  EXPECT_GE(table.size(), 60U);
  std::sort(tried.begin(), tried.end());
  std::sort(table.begin(), table.end());
  EXPECT_EQ(tried, table);
}

} // namespace
} // namespace spec_kitty::support
