// Commands under bounds that a shell's ulimit sets: they work, or say what is missing.
#include "tests/support/cli_test.hpp"
#include "tests/support/lies.hpp"

#include <sys/resource.h>

namespace spec_kitty::support {
namespace {

struct Limits : cli_test {
  finished run_under(int resource, std::uint64_t bound, launch what) {
    what.limits = {{resource, bound}};
    what.patience = std::chrono::seconds(10);
    return run(what);
  }
  finished emit_under(int resource, std::uint64_t bound) {
    return run_under(resource, bound,
                     command({"emit", "WPStatusChanged", "--payload", good_payload, "--json"}));
  }
};

TEST_F(Limits, ABoundOnFileSizesIsAnErrorWithARemedy) {
  emit();
  const auto done = emit_under(static_cast<int>(RLIMIT_FSIZE), 0);
  EXPECT_EQ(done.signal, 0);
  EXPECT_EQ(done.status, 6);
  EXPECT_NE(done.out.find("ulimit -f"), std::string::npos) << done.out;
  emit();
}

TEST_F(Limits, ABoundOnDescriptorsHangsNoRun) {
  logged_in();
  for (std::uint64_t bound = 5; bound < 20; ++bound) {
    emit();
    auto what = command({"sync", "now", "--json"});
    what.limits = {{static_cast<int>(RLIMIT_NOFILE), bound}};
    what.patience = std::chrono::seconds(20);
    const auto done = run(what);
    EXPECT_FALSE(done.timed_out) << bound;
    EXPECT_EQ(done.signal, 0) << bound;
  }
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"remaining"}), 0);
}

TEST_F(Limits, ABoundOnAddressSpaceHangsNothing) {
  if (!can_preload())
    GTEST_SKIP() << "AddressSanitizer has an address space of its own size";
  emit();
  int named = 0; // only a command that needs threads asks for more
  // From what the libraries need through what the store's smallest map needs.
  for (std::uint64_t bound = 20'000'000; bound < 160'000'000; bound += 998'000) {
    const auto done = emit_under(static_cast<int>(RLIMIT_AS), bound);
    EXPECT_FALSE(done.timed_out) << bound;
    EXPECT_EQ(done.signal, 0) << bound;
    const auto stream = run_under(static_cast<int>(RLIMIT_AS), bound,
                                  command({"emit", "--stdin", "--json"}, stdin_line(1)));
    EXPECT_FALSE(stream.timed_out) << bound;
    EXPECT_EQ(stream.signal, 0) << bound;
    named += stream.out.find("ulimit -v") == std::string::npos ? 0 : 1;
    if (bound > 60'000'000) {
      EXPECT_EQ(done.status, 0) << bound << done.out;
    }
  }
  EXPECT_GT(named, 0);
}

} // namespace
} // namespace spec_kitty::support
