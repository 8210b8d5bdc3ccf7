// `emit` with each fault at each of its file operations: the first one in a home that does
// not exist, a later one, and a burst through --stdin.
#include "tests/app/chaos/chaos_fixture.hpp"

namespace spec_kitty::chaos {
namespace {

using support::number_in;
using support::words;

class ChaosEmit : public chaos_test, public testing::WithParamInterface<shim_fault> {
protected:
  words one_event() const {
    return {"emit", "WPStatusChanged", "--payload", support::good_payload, "--json"};
  }

  void start_over() {
    std::filesystem::remove_all(home());
    promises_.clear();
  }

  /// Runs a command and keeps what it promised.
  support::finished promised(const support::launch& what) {
    auto done = run(what);
    for (auto& promise : read_promises(done.out))
      promises_.push_back(std::move(promise));
    return done;
  }

  /// The home after commands with faults, which were given so many events in all: later commands
  /// work, every promise holds, and nothing was recorded more often than it was asked for.
  void expect_sound(std::int64_t given) {
    const auto later = promised(command(one_event())); // takes in what was spilled
    EXPECT_EQ(later.status, 0) << later.err;
    EXPECT_NE(promises_.back().event_id, "") << later.out;
    const auto recorded = number_in(json_of({"events", "stats"}), {"accepted_total"});
    EXPECT_GE(recorded, static_cast<std::int64_t>(promises_.size()));
    EXPECT_LE(recorded, given + 1);
    for (const auto& wrong : violations(home(), promises_))
      ADD_FAILURE() << wrong;
  }

  std::vector<acknowledged> promises_;
};

TEST_P(ChaosEmit, TheFirstEventOfAHome) {
  const long operations = at_every_operation([&](long at) {
    start_over();
    const auto done = promised(with_shim_fault(command(one_event()), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    EXPECT_EQ(done.status == 0, !promises_.empty()) << "exit 0 is a promise, and nothing else is";
    expect_sound(1);
  });
  EXPECT_GT(operations, 15) << "making a home takes more than that: was it counted?";
}

TEST_P(ChaosEmit, ALaterEvent) {
  const long operations = at_every_operation([&](long at) {
    start_over();
    promised(command(one_event()));
    promised(command(one_event()));
    const auto done = promised(with_shim_fault(command(one_event()), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    EXPECT_EQ(promises_.size(), done.status == 0 ? 3U : 2U);
    expect_sound(3);
  });
  EXPECT_GT(operations, 3);
}

TEST_P(ChaosEmit, ABurstThroughStdin) {
  std::string lines;
  for (int i = 0; i < 6; ++i)
    lines += support::stdin_line(i);
  const long operations = at_every_operation([&](long at) {
    start_over();
    promised(command(one_event()));
    const auto done =
        promised(with_shim_fault(command({"emit", "--stdin"}, lines), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    if (done.status == 0) {
      EXPECT_EQ(promises_.size(), 7U);
    }
    expect_sound(7);
  });
  EXPECT_GT(operations, 3);
}

INSTANTIATE_TEST_SUITE_P(, ChaosEmit, testing::ValuesIn(shim_faults), name_of);

} // namespace
} // namespace spec_kitty::chaos
