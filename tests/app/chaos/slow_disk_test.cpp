// What a slow disk is asked for: syncs are counted, not timed.
#include "tests/app/chaos/chaos_fixture.hpp"

#include <algorithm>

namespace spec_kitty::chaos {
namespace {

class ChaosSlowDisk : public chaos_test {
protected:
  /// Runs a command on a disk that takes 1 ms per sync; how often it was asked to sync.
  long syncs_of(support::launch what, support::finished& done) {
    const auto trace = root() / "trace";
    std::filesystem::remove(trace);
    what.env["LD_PRELOAD"] = SPEC_KITTY_BIN_DIR "/spec_kitty_io_shim.so";
    what.env["SPEC_KITTY_SHIM_ROOT"] = home().string();
    what.env["SPEC_KITTY_SHIM_TRACE"] = trace.string();
    what.env["SPEC_KITTY_SHIM_SYNC_DELAY_US"] = "1000";
    done = run(what);
    const auto lines = support::lines_of(support::read_text(trace));
    return std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("sync ") != std::string::npos; // fsync, fdatasync, msync, pwrite+dsync
    });
  }
};

TEST_F(ChaosSlowDisk, ABurstOfFourHundredNeedsFewSyncs) {
  emit(1); // the home exists
  std::string lines;
  for (int i = 0; i < 400; ++i)
    lines += support::stdin_line(i);
  support::finished done;
  const long syncs = syncs_of(command({"emit", "--stdin"}, lines), done);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(support::lines_of(done.out).size(), 400U);
  EXPECT_GE(syncs, 2) << "a commit that is not synced does not count";
  EXPECT_LE(syncs, 40) << "one by one it would be 800";
}

TEST_F(ChaosSlowDisk, OneEventNeedsTwoSyncs) {
  emit(1);
  support::finished done;
  EXPECT_EQ(
      syncs_of(command({"emit", "WPStatusChanged", "--payload", support::good_payload}), done), 2)
      << "the pages, then the meta page";
  EXPECT_EQ(done.status, 0) << done.err;
}

TEST_F(ChaosSlowDisk, AReadingCommandAsksForNone) {
  emit(3);
  support::finished done;
  for (const char* what : {"list", "stats"})
    EXPECT_EQ(syncs_of(command({"events", what}), done), 0) << what;
}

} // namespace
} // namespace spec_kitty::chaos
