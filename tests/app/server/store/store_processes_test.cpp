// The store's process is killed, its disk fills or fails, and another process judges what is left.
#include "app/chaos/process.hpp"
#include "app/chaos/random.hpp"
#include "app/chaos/small_disk.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "tests/app/server/store/engine_calls.hpp"
#include "tests/app/server/store/store_judge.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace spec_kitty::server::store::testing {
namespace {

using support::child;
using support::launch;

class StoreProcesses : public ::testing::Test {
protected:
  std::filesystem::path state() const { return folder_.path() / "state"; }
  std::filesystem::path folder() const { return folder_.path(); }

  launch worker(std::size_t submissions, std::size_t window) const {
    launch what;
    what.argv = {SPEC_KITTY_BIN_DIR "/server_store_worker", state().string(),
                 std::to_string(submissions), std::to_string(window)};
    return what;
  }
  void note(const std::vector<std::string>& lines) {
    for (const auto& line : lines)
      promises.read_line(line);
  }
  void expect_kept() const {
    EXPECT_EQ(judge_store(state(), promises), std::vector<std::string>{});
  }

  store_promises promises;

private:
  temporary_folder folder_;
};

TEST_F(StoreProcesses, LosesNothingAcknowledgedWhenItIsKilledAtAnyMoment) {
  chaos::dice chance(20260203);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    child killed(worker(1'000'000, 1 + chance.between(0, 7)));
    const std::size_t lines = chance.between(0, 60);
    for (std::size_t i = 0; i < lines; ++i) {
      const auto line = killed.next_line();
      ASSERT_TRUE(line.has_value());
      promises.read_line(*line);
    }
    killed.send(SIGKILL);
    note(support::lines_of(killed.wait().out));
    expect_kept();
    if (HasFailure())
      return;
  }
  EXPECT_GT(promises.acknowledged, 100U);
}

TEST_F(StoreProcesses, RefusesASecondProcessAndNamesTheRemedy) {
  child first(worker(1'000'000, 1));
  while (first.next_line().value_or("ready") != "ready") {
  }
  const auto second = support::run(worker(1, 1));
  EXPECT_EQ(second.status, 3);
  EXPECT_NE(second.err.find("another process has the store"), std::string::npos) << second.err;
}

/// Meets a fault at each of its file operations in turn; the store must be whole every time, and
/// work again without the fault.
class StoreFaults : public StoreProcesses, public ::testing::WithParamInterface<const char*> {};

TEST_P(StoreFaults, LeaveTheStoreWhole) {
  bool met = true;
  std::size_t refused = 0;
  for (int at = 1; met && at < 400; at += 3) {
    SCOPED_TRACE("operation " + std::to_string(at));
    promises = {};
    std::filesystem::remove_all(state());
    auto what = worker(12, 1);
    what.env = {{"LD_PRELOAD", SPEC_KITTY_BIN_DIR "/spec_kitty_io_shim.so"},
                {"SPEC_KITTY_SHIM_ROOT", folder().string()},
                {"SPEC_KITTY_SHIM_ACTION", GetParam()},
                {"SPEC_KITTY_SHIM_AT", std::to_string(at)},
                {"SPEC_KITTY_SHIM_COUNT_FILE", (folder() / "count").string()}};
    const auto done = support::run(what);
    ASSERT_FALSE(done.timed_out);
    ASSERT_NE(done.status, 5) << "nothing can be read after a fault: " << done.out << done.err;
    note(support::lines_of(done.out));
    refused += promises.refused + (done.status == 0 ? 0 : 1);
    met = done.signal != 0 || done.status != 0 || promises.refused > 0 || at < 60;
    expect_kept();
    if (HasFailure()) {
      ADD_FAILURE() << done.out << done.err;
      return;
    }
  }
  EXPECT_GT(refused, 5U) << "the fault was hardly ever met";
}

INSTANTIATE_TEST_SUITE_P(EachOperation, StoreFaults,
                         ::testing::Values("kill", "torn", "eio", "enospc"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(StoreProcesses, RefusesOnAFullDiskAndWorksAgainWithSpace) {
  if (const auto why = chaos::small_disk::why_not(); !why.empty())
    GTEST_SKIP() << why;
  chaos::small_disk disk(folder() / "small", "size=8m");
  lmdb_options options;
  options.state = folder() / "small" / "state";
  ASSERT_TRUE(create_lmdb_store(options).ok());
  auto opened = open_lmdb_engine(options);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  engine& on = **opened;
  const team_id team = new_team(on, "team");
  ASSERT_TRUE(commit(on, team, samples(1, 100)).ok());
  ASSERT_TRUE(disk.fill());
  std::uint64_t next = 101;
  result<committed> refused = commit(on, team, samples(next, 500));
  for (; refused && next < 60'000; next += 500) // pages that were free before are used first
    refused = commit(on, team, samples(next + 500, 500));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ec::store_full) << refused.error().message;
  EXPECT_FALSE(on.look().writable);
  const auto before = whole_log(on, team);
  ASSERT_TRUE(before.ok()) << "reading works on a full disk: " << before.error().message;
  disk.free();
  EXPECT_TRUE(support::eventually([&] { return on.look().writable; }))
      << "it notices by itself that there is space";
  ASSERT_TRUE(commit(on, team, samples(1'000'000, 10)).ok());
  const auto after = whole_log(on, team);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->size(), before->size() + 10) << "nothing was half-written";
  const auto checked = check(on);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->finding_count, 0U);
}

} // namespace
} // namespace spec_kitty::server::store::testing
