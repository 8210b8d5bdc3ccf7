// Opened and stopped thousands of times in one process: no leak, no thread left.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::embed_test {
namespace {

class Rounds : public support::cli_test {
protected:
  support::finished rounds(const std::string& count, support::words before = {}) {
    before.insert(before.end(), {SPEC_KITTY_TEST_DIR "/embed_rounds", count, home().string()});
    return run({before, {}, {}, {}, std::chrono::minutes(50)});
  }
};

#ifdef SPEC_KITTY_LONG
TEST_F(Rounds, TenThousandLeaveNothing) {
  const auto done = rounds("10000");
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_EQ(done.out, "10000 rounds, 1 thread\n");
}
#else
TEST_F(Rounds, AHundredLeaveNothing) {
  const auto done = rounds("100");
  EXPECT_EQ(done.status, 0) << done.out << done.err;
}
#endif

#if defined(SPEC_KITTY_LONG) && !SPEC_KITTY_SANITIZED
TEST_F(Rounds, ValgrindFindsNoLeakInTwoHundred) {
  const auto done = rounds("200", {"valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full",
                                   "--errors-for-leak-kinds=definite"});
  EXPECT_EQ(done.status, 0) << done.out << done.err;
}
#endif

} // namespace
} // namespace spec_kitty::embed_test
