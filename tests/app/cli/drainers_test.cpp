// Drainers that meet, hang and die: each event is delivered once, and nobody waits for the dead.
#include "tests/support/hostile.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

using std::chrono::seconds;

struct Drainers : hostile_test {
  /// A drain that has sent its batch and will never hear of it.
  std::unique_ptr<child> drain_amid_a_request(const std::string& fault) {
    peer.fault(fault);
    auto drain = start({"sync", "now"});
    EXPECT_TRUE(struck());
    EXPECT_EQ(list({"--state", "leased"}).size(), 20U);
    return drain;
  }

  void expect_taken_over_at_once(std::int64_t duplicates) {
    peer.well();
    const auto done = cli({"sync", "now", "--json"});
    EXPECT_EQ(done.status, 0) << done.out << done.err;
    EXPECT_LT(done.took, seconds(2)) << "it waited for a lease of the dead";
    EXPECT_EQ(number_in(only_object(done), {"synced"}), 20 - duplicates);
    EXPECT_EQ(number_in(only_object(done), {"duplicate"}), duplicates);
  }
};

TEST_F(Drainers, TheLeaseOfAKilledOneIsTakenOverAtOnce) {
  be_logged_in();
  const auto ids = record(20);
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "30";
  const auto drain = drain_amid_a_request("hang");
  drain->send(SIGKILL);
  EXPECT_EQ(drain->wait().signal, SIGKILL);
  expect_taken_over_at_once(0);
  EXPECT_EQ(stored(), ids);
  expect_delivered(ids);
}

TEST_F(Drainers, TheLeaseOfAKilledOneThatNobodyHasReapedIsTakenOverAtOnce) {
  be_logged_in();
  const auto ids = record(20);
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "30";
  const auto drain = drain_amid_a_request("hang");
  drain->send(SIGKILL);
  const auto state = "/proc/" + std::to_string(drain->pid()) + "/stat";
  ASSERT_TRUE(eventually([&] { return read_text(state).find(") Z ") != std::string::npos; }));
  expect_taken_over_at_once(0);
  expect_delivered(ids);
}

TEST_F(Drainers, WhatAKilledOneHadDeliveredIsADuplicateForTheNext) {
  be_logged_in();
  const auto ids = record(20);
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "30";
  const auto drain = drain_amid_a_request("late_reply");
  ASSERT_TRUE(eventually([&] { return stored().size() == 20; }));
  drain->send(SIGKILL);
  drain->wait();
  expect_taken_over_at_once(20);
  EXPECT_EQ(stored(), ids);
  expect_delivered(ids);
}

TEST_F(Drainers, OneThatIsToldToEndLeavesItsEventsToTheNext) {
  be_logged_in();
  const auto ids = record(20);
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "30";
  const auto drain = drain_amid_a_request("hang");
  drain->send(SIGTERM);
  const auto done = drain->wait(milliseconds(5000));
  EXPECT_FALSE(done.timed_out) << "it does not end";
  expect_taken_over_at_once(0);
  expect_delivered(ids);
}

TEST_F(Drainers, OneThatWaitsForAnotherGivesUpInTimeAndLosesNothing) {
  be_logged_in();
  const auto ids = record(20);
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "30";
  const auto drain = drain_amid_a_request("hang");
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "1";
  const auto second = cli({"sync", "now", "--json"});
  EXPECT_EQ(second.status, 4) << second.out << second.err;
  expect_books_balanced(only_object(second));
  EXPECT_LT(second.took, seconds(4));
  EXPECT_EQ(counted("strikes"), 1) << "what another has leased was sent";
  drain->send(SIGKILL);
  drain->wait();
  expect_taken_over_at_once(0);
  expect_delivered(ids);
}

TEST_F(Drainers, EightAtOnceWithASlowServerDeliverEachEventOnceAndInOrder) {
  be_logged_in();
  const auto ids = record(40);
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "10";
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "10";
  peer.fault("slow_but_good");
  std::vector<std::unique_ptr<child>> drains;
  for (int i = 0; i < 8; ++i)
    drains.push_back(start({"sync", "now"}));
  for (auto& drain : drains) {
    const auto done = drain->wait();
    EXPECT_EQ(done.status, 0) << done.out << done.err;
  }
  EXPECT_EQ(counted("duplicates"), 0);
  EXPECT_EQ(stored(), ids);
  expect_delivered(ids);
}

} // namespace
} // namespace spec_kitty::support
