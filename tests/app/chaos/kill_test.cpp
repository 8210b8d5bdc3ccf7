// kill -9 at any moment, without the shim: a stream through `emit --stdin`, killed again and again.
#include "tests/app/chaos/chaos_fixture.hpp"

#include <csignal>
#include <random>

namespace spec_kitty::chaos {
namespace {

class ChaosKill : public chaos_test {};

TEST_F(ChaosKill, SixtyKillsOfAStreamLoseNoAnsweredLine) {
  std::mt19937 random(20260203);
  std::string lines;
  for (int i = 0; i < 50; ++i)
    lines += support::stdin_line(i);
  std::vector<acknowledged> promises;
  for (int round = 0; round < 60; ++round) {
    support::child stream(command({"emit", "--stdin"}));
    // Killed after a number of answers, each of which may be followed by anything.
    const auto answers = static_cast<int>(random() % 40);
    stream.write(lines);
    for (int i = 0; i < answers; ++i)
      ASSERT_TRUE(stream.next_line());
    stream.send(SIGKILL);
    const auto rest = stream.wait();
    EXPECT_EQ(rest.signal, SIGKILL);
    for (auto& promise : read_promises(rest.out)) // everything it printed
      promises.push_back(std::move(promise));
  }
  EXPECT_GT(promises.size(), 60U);
  for (const auto& wrong : violations(home(), promises))
    ADD_FAILURE() << wrong;
}

} // namespace
} // namespace spec_kitty::chaos
