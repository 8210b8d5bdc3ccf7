// Thirty bad events among three thousand, behind a server that names none of them: the good ones
// go through at once and in order, the bad ones end as dead letters with a way out.
#include "tests/support/hostile.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

struct Poison : hostile_test {
  static constexpr int all = 3000;
  static constexpr int max_first_requests = 450;
  static constexpr int max_later_requests = 35;

  Poison() {
    env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "30";
    for (int i = 0; i < 30; ++i) // scattered: in pairs, at both ends, far apart
      positions_.insert(i < 4 ? i / 2 : i * 100 + (i * 37) % 97);
    for (int i = 0; positions_.size() < 30; ++i)
      positions_.insert(all - 1 - i);
  }

  /// One run: its report; at most so many requests.
  json_document run_within(int most, int status = 5) {
    peer.reset_counters();
    auto report = sync(status);
    EXPECT_LE(counted("requests"), most);
    RecordProperty("requests_of_run_" + std::to_string(++runs_),
                   static_cast<int>(counted("requests")));
    return report;
  }

  void record_all() {
    be_logged_in();
    const auto ids = record(all, positions_);
    for (int i = 0; i < all; ++i)
      (positions_.contains(i) ? bad_ : good_).push_back(ids.at(static_cast<std::size_t>(i)));
    ASSERT_EQ(bad_.size(), 30U);
  }

  void kill_the_bad_ones() {
    record_all();
    peer.fault("unnamed_400");
    const auto first = run_within(max_first_requests);
    EXPECT_EQ(number_in(first, {"selected"}), all);
    EXPECT_EQ(number_in(first, {"synced"}), all - 30);
    EXPECT_EQ(number_in(first, {"rejected"}), 30);
    EXPECT_EQ(stored(), good_) << "every good event, in order";
    for (int run = 2; run <= 5; ++run) {
      const auto report = run_within(max_later_requests);
      EXPECT_EQ(number_in(report, {run < 5 ? "rejected" : "dead"}), 30);
    }
    EXPECT_EQ(number_in(run_within(0, 0), {"selected"}), 0) << "the dead are not sent";
  }

  int runs_ = 0;
  std::set<int> positions_;
  std::vector<std::string> good_;
  std::vector<std::string> bad_;
};

TEST_F(Poison, ThirtyBadAmongThreeThousandEndAsDeadLettersWithTheirOwnMessage) {
  kill_the_bad_ones();
  const auto dead = list({"--state", "dead"});
  ASSERT_EQ(dead.size(), 30U);
  auto position = positions_.begin();
  for (std::size_t i = 0; i < 30; ++i, ++position) {
    EXPECT_EQ(dead[i].event_id, bad_[i]);
    EXPECT_EQ(dead[i].retry_count, 5);
    EXPECT_EQ(dead[i].reason, "max_retries");
    EXPECT_TRUE(dead[i].last_error.ends_with(": poison " + std::to_string(*position)))
        << dead[i].last_error;
  }
  EXPECT_EQ(list().size(), 30U) << "nothing else is left";
}

TEST_F(Poison, DeadLettersAreRetriedOrDiscardedAsAPersonDecides) {
  kill_the_bad_ones();
  EXPECT_EQ(cli({"events", "discard", bad_[0]}).status, 2) << "not without --yes";
  EXPECT_EQ(list({"--state", "dead"}).size(), 30U);
  EXPECT_EQ(number_in(json_of({"events", "discard", bad_[0], "--yes"}), {"count"}), 1);
  EXPECT_EQ(number_in(json_of({"events", "retry", bad_[1]}), {"count"}), 1);
  EXPECT_EQ(number_in(json_of({"events", "retry", "--all"}), {"count"}), 28);
  EXPECT_EQ(json_of({"events", "retry", bad_[0]}, 1).HasMember("error"), true) << "it is gone";
  const auto back = list();
  ASSERT_EQ(back.size(), 29U);
  for (const auto& event : back) {
    EXPECT_EQ(event.state, "queued");
    EXPECT_EQ(event.retry_count, 0);
  }
  peer.well();
  sync();
  auto delivered = good_;
  delivered.insert(delivered.end(), bad_.begin() + 1, bad_.end());
  EXPECT_EQ(stored(), delivered) << "the refused come later, in order";
  expect_delivered(delivered);
}

} // namespace
} // namespace spec_kitty::support
