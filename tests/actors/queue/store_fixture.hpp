// What the store's tests share: a folder of their own, drafts, children, and a recount.
#pragma once

#include "app/chaos/process.hpp"
#include "app/chaos/store_check.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// Runs `body` in a forked child; its return value, or minus the signal that ended it.
int in_child(const std::function<int()>& body);

/// A child that is forked now, before anything is open, and runs its body when it gets the signal.
class waiting_child {
public:
  explicit waiting_child(std::function<int()> body);
  ~waiting_child();
  waiting_child(const waiting_child&) = delete;
  waiting_child& operator=(const waiting_child&) = delete;

  /// As in_child.
  int run();

private:
  std::array<int, 2> go_{};
  pid_t pid_ = -1;
};

/// A valid HistoryAdded of a team.
event_draft draft_of(std::string_view team = "team-a", std::string_view note = "a note");

/// `count` of them, each with a note of its own.
std::vector<event_draft> drafts_of(std::size_t count, std::string_view team = "team-a");

/// A store in a folder of its own; `now` is a plausible moment that tests move by hand.
class StoreTest : public testing::Test {
protected:
  StoreTest();

  store_options options() const;
  /// Opens, or fails the test.
  store open(open_mode mode = open_mode::write);

  /// Appends, expects every event to be taken, and gives the receipts.
  std::vector<append_receipt> append(store& queue, const std::vector<event_draft>& drafts);
  std::vector<append_receipt> append(store& queue, std::size_t count,
                                     std::string_view team = "team-a");

  lease_grant lease(store& queue, std::string_view team = "team-a", std::size_t most = 1000);
  /// One verdict for every event of a lease.
  settle_outcome settle(store& queue, const lease_grant& grant, event_outcome what,
                        std::string message = "no", std::uint32_t max_retries = 5);
  queue_stats stats(store& queue);
  /// Puts the clock's row where a test wants it.
  void set_clock(std::uint64_t value);
  std::vector<listed_event> list(store& queue, std::string_view team = "team-a");

  support::temporary_folder folder_;
  std::filesystem::path home_;
  epoch_us now_;
  std::uint64_t max_events_ = 10000;
  std::uint64_t max_bytes_ = std::uint64_t{64} << 20;
  std::chrono::milliseconds busy_timeout_{2000};
  bool share_by_default_ = true;
  bool evict_oldest_ = false;
};

} // namespace spec_kitty
