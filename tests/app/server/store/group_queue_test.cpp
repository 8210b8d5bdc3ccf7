// Which of what waits makes the next group.
#include "app/server/store/lmdb/group_queue.hpp"
#include "tests/app/server/store/engine_calls.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server::store::testing {
namespace {

class GroupQueue : public ::testing::Test {
protected:
  /// A submission whose first event has this id, so that it is known again.
  bool push(team_id team, std::size_t events, std::uint64_t number, std::size_t text_bytes = 10) {
    waiting_submission out;
    batch part;
    part.team = team;
    const auto text = std::make_shared<std::string>(text_bytes, 'x');
    part.memory = text;
    for (std::size_t i = 0; i < events; ++i)
      part.events.push_back({id_of(number + i), {}, 1, {}, *text});
    out.events = events;
    out.bytes = bytes_of(part);
    out.batches.push_back(std::move(part));
    return queue.push(std::move(out));
  }
  /// `team:first id` of each submission of the next group.
  std::vector<std::pair<team_id, ulid>> next() {
    std::vector<std::pair<team_id, ulid>> out;
    for (const auto& taken : queue.take_group())
      out.emplace_back(taken.batches.front().team, taken.batches.front().events.front().id);
    return out;
  }
  static std::pair<team_id, ulid> of(team_id team, std::uint64_t number) {
    return {team, id_of(number)};
  }

  group_queue queue{std::size_t{64} << 20};
};

using group = std::vector<std::pair<team_id, ulid>>;

TEST_F(GroupQueue, TakesAllThatWaitsInTheOrderOfArrival) {
  push(1, 10, 100);
  push(2, 10, 200);
  push(1, 10, 300);
  EXPECT_EQ(next(), (group{of(1, 100), of(2, 200), of(1, 300)}));
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST_F(GroupQueue, EndsAGroupBeforeItHoldsTooManyEvents) {
  for (std::uint64_t i = 0; i < 4; ++i)
    push(static_cast<team_id>(1 + i), 3000, 10'000 * i);
  EXPECT_EQ(next().size(), 3U);
  EXPECT_EQ(next().size(), 1U);
}

TEST_F(GroupQueue, EndsAGroupBeforeItHoldsTooManyBytes) {
  for (std::uint64_t i = 0; i < 4; ++i)
    push(static_cast<team_id>(1 + i), 1, 10 * i, std::size_t{3} << 20);
  EXPECT_EQ(next().size(), 2U);
  EXPECT_EQ(next().size(), 2U);
}

TEST_F(GroupQueue, TakesASubmissionLargerThanAGroupByItself) {
  push(1, 1, 1, std::size_t{20} << 20);
  push(2, 1, 2);
  EXPECT_EQ(next(), (group{of(1, 1)}));
  EXPECT_EQ(next(), (group{of(2, 2)}));
}

TEST_F(GroupQueue, GivesATeamHalfOfAGroupWhileOthersWait) {
  for (std::uint64_t i = 0; i < 20; ++i)
    push(1, 1000, 10'000 * i);
  push(2, 1, 1);
  const auto first = next();
  ASSERT_EQ(first.size(), 10U);
  EXPECT_EQ(first[5], of(2, 1)) << "after five thousand events of the other";
}

TEST_F(GroupQueue, KeepsTheOrderOfATeamThatIsHeldBack) {
  push(1, 4000, 10'000);
  push(1, 4000, 20'000); // beyond the half
  push(1, 10, 30'000);   // would fit, and must wait behind it
  for (std::uint64_t i = 0; i < 3; ++i)
    push(static_cast<team_id>(2 + i), 3000, 40'000 + 10'000 * i);
  EXPECT_EQ(next(), (group{of(1, 10'000), of(2, 40'000), of(3, 50'000)}));
  EXPECT_EQ(next(), (group{of(1, 20'000), of(1, 30'000), of(4, 60'000)}));
}

TEST_F(GroupQueue, RefusesWhatIsBeyondItsBound) {
  for (std::uint64_t i = 0; i < 6; ++i)
    EXPECT_TRUE(push(1, 1, i, std::size_t{10} << 20));
  EXPECT_FALSE(push(1, 1, 9, std::size_t{10} << 20));
  EXPECT_EQ(queue.size(), 6U);
  (void)next();
  EXPECT_TRUE(push(1, 1, 9, std::size_t{10} << 20));
}

} // namespace
} // namespace spec_kitty::server::store::testing
