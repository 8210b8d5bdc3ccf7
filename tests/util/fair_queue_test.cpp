// Who is served next where several wait.
#include "util/fair_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace spec_kitty {
namespace {

class FairQueue : public ::testing::Test {
protected:
  /// The names of all that is served next, at most so many.
  std::string serve(std::size_t count, char not_now = ' ') {
    std::string served;
    for (; count > 0; --count) {
      const char* key = queue.next([not_now](char each) { return each != not_now; });
      if (key == nullptr)
        return served;
      served += queue.pop(*key);
    }
    return served;
  }

  fair_queue<char, std::string> queue;
};

TEST_F(FairQueue, KeepsTheOrderOfOneKey) {
  for (const char* name : {"1", "2", "3"})
    queue.push('a', 10, name);
  EXPECT_EQ(queue.front('a'), "1");
  EXPECT_EQ(serve(9), "123");
  EXPECT_TRUE(queue.is_empty());
}

TEST_F(FairQueue, ServesAKeyThatWasIdleBeforeAllThatWaits) {
  for (int i = 0; i < 50; ++i)
    queue.push('a', 10, "a");
  EXPECT_EQ(serve(20), std::string(20, 'a'));
  queue.push('b', 10, "b");
  EXPECT_EQ(serve(2), "ba");
}

TEST_F(FairQueue, GivesEachKeyTheSameCost) {
  for (int i = 0; i < 40; ++i) {
    queue.push('a', 30, "a");
    queue.push('b', 10, "b");
  }
  const std::string served = serve(40);
  EXPECT_EQ(std::count(served.begin(), served.end(), 'a'), 10);
  EXPECT_EQ(std::count(served.begin(), served.end(), 'b'), 30);
}

TEST_F(FairQueue, ForgetsNothingOfAKeyThatComesAgainAtOnce) {
  for (int i = 0; i < 10; ++i)
    queue.push('a', 10, "a");
  queue.push('b', 100, "B");
  EXPECT_EQ(serve(2), "aB");
  queue.push('b', 10, "b"); // it has used up what nine more of the other cost
  EXPECT_EQ(serve(9), std::string(9, 'a'));
  EXPECT_EQ(serve(1), "b");
}

TEST_F(FairQueue, KeepsNoClaimOfTheTimeInWhichAKeyWasIdle) {
  queue.push('b', 10, "b");
  EXPECT_EQ(serve(1), "b");
  for (int i = 0; i < 20; ++i)
    queue.push('a', 10, "a");
  EXPECT_EQ(serve(10), std::string(10, 'a'));
  for (int i = 0; i < 10; ++i)
    queue.push('b', 10, "b");
  EXPECT_EQ(serve(6), "bababa");
}

TEST_F(FairQueue, PassesOverAKeyThatMayNotBeServed) {
  queue.push('a', 10, "a");
  EXPECT_EQ(serve(1, 'a'), "");
  queue.push('b', 10, "b");
  EXPECT_EQ(serve(2, 'a'), "b");
  EXPECT_EQ(serve(2), "a");
}

TEST_F(FairQueue, ForgetsKeysThatOweNothing) {
  for (int round = 0; round < 1000; ++round)
    for (char key = 'a'; key <= 'z'; ++key)
      queue.push(key, static_cast<std::uint64_t>(1 + key % 3), {key});
  EXPECT_EQ(serve(26'000).size(), 26'000U);
  EXPECT_TRUE(queue.is_empty());
  queue.push('a', 1, "a");
  EXPECT_EQ(serve(2), "a");
}

} // namespace
} // namespace spec_kitty
