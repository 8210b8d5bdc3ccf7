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
    return push(std::vector{team}, events, number, text_bytes);
  }
  /// The same with so many events of each team.
  bool push(const std::vector<team_id>& teams, std::size_t events, std::uint64_t number,
            std::size_t text_bytes = 10) {
    waiting_submission out;
    const auto text = std::make_shared<std::string>(text_bytes, 'x');
    for (const team_id team : teams) {
      batch part;
      part.team = team;
      part.memory = text;
      for (std::size_t i = 0; i < events; ++i)
        part.events.push_back({id_of(number + i), {}, 1, {}, *text});
      out.events += events;
      out.bytes += bytes_of(part);
      out.batches.push_back(std::move(part));
    }
    return queue.push(std::move(out));
  }
  /// `team:first id` of each submission of the next group.
  std::vector<std::pair<team_id, ulid>> next(std::size_t enough = max_group_events) {
    std::vector<std::pair<team_id, ulid>> out;
    for (const auto& taken : queue.take_group(enough))
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

TEST_F(GroupQueue, BeginsNoSubmissionOnceAGroupHasEnough) {
  for (std::uint64_t i = 0; i < 5; ++i)
    push(1, 400, 10'000 * i);
  EXPECT_EQ(next(1000).size(), 3U);
  EXPECT_EQ(next(1000).size(), 2U);
}

TEST_F(GroupQueue, TakesATeamThatComesAnewBeforeAllThatWaits) {
  for (std::uint64_t i = 0; i < 50; ++i)
    push(1, 1000, 10'000 * i);
  EXPECT_EQ(next(1000), (group{of(1, 0)}));
  push(2, 10, 1);
  EXPECT_EQ(next(1000), (group{of(2, 1), of(1, 10'000)})) << "the other shares its sync";
  EXPECT_EQ(next(1000), (group{of(1, 20'000)}));
}

TEST_F(GroupQueue, TakesTeamsInTurnByTheirEvents) {
  for (std::uint64_t i = 0; i < 10; ++i)
    push(1, 100, 1000 * i);
  for (std::uint64_t i = 0; i < 10; ++i)
    push(2, 10, 100'000 + 1000 * i);
  std::size_t of_first = 0;
  std::size_t of_second = 0;
  for (const auto& [team, id] : next(200))
    ++(team == 1 ? of_first : of_second);
  EXPECT_EQ(of_first, 1U);
  EXPECT_EQ(of_second, 10U) << "a hundred events of each";
}

TEST_F(GroupQueue, TakesASubmissionOfSeveralTeamsWhenItIsTheFirstOfEach) {
  push(2, 10, 1);
  push({1, 2}, 10, 100);
  push(1, 10, 200);
  EXPECT_EQ(next(), (group{of(2, 1), of(1, 100), of(1, 200)}));
  EXPECT_TRUE(queue.is_empty());
}

TEST_F(GroupQueue, AnswersASubmissionOfNobody) {
  push(std::vector<team_id>{}, 0, 1);
  EXPECT_EQ(queue.take_group(1000).size(), 1U);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(GroupPace, IsTheLeastWhileNothingIsKnown) {
  const group_pace pace;
  EXPECT_EQ(pace.events_of_a_sync(), min_events_of_a_sync);
}

TEST(GroupPace, GivesAGroupAsMuchWorkAsASyncTakes) {
  using us = std::chrono::microseconds;
  group_pace pace;
  for (int i = 0; i < 100; ++i)
    pace.note(500, us(1500), us(12'000));
  EXPECT_NEAR(static_cast<double>(pace.events_of_a_sync()), 4000, 100);
  for (int i = 0; i < 100; ++i)
    pace.note(500, us(1500), us(10));
  EXPECT_EQ(pace.events_of_a_sync(), min_events_of_a_sync) << "on a fast disk";
  for (int i = 0; i < 100; ++i)
    pace.note(1, us(0), us(5'000'000));
  EXPECT_EQ(pace.events_of_a_sync(), max_group_events) << "on a disk that hardly works";
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
