// ULIDs: the text form both ways, rising whatever the clock does, different in forked children.
#include "messages/ulid.hpp"

#include "tests/actors/queue/store_fixture.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <limits>
#include <set>

namespace spec_kitty {
namespace {

constexpr std::uint64_t last_ms = (std::uint64_t{1} << 48) - 1;

ulid from(std::uint64_t ms, std::uint8_t fill) {
  ulid_randomness random{};
  random.fill(fill);
  return next_ulid({}, ms, random);
}

TEST(Ulid, KnownTextsBothWays) {
  struct vector_case {
    std::string text;
    std::array<std::uint8_t, 16> bytes;
  };
  const std::vector<vector_case> table = {
      {"00000000000000000000000000", {}},
      {"7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
       {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
      {"00000000000000000000000001", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
      {"0000000000000000000000000Z", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31}},
      {"00000000000000000000000010", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32}},
      {"40000000000000000000000000", {128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"0000000001ZZZZZZZZZZZZZZZZ",
       {0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
      // https://github.com/ulid/spec and https://github.com/oklog/ulid
      {"01ARZ3NDEKTSV4RRFFQ69G5FAV",
       {0x01, 0x56, 0x3E, 0x3A, 0xB5, 0xD3, 0xD6, 0x76, 0x4C, 0x61, 0xEF, 0xB9, 0x93, 0x02, 0xBD,
        0x5B}},
  };
  for (const auto& [text, bytes] : table) {
    EXPECT_EQ(to_string(ulid{bytes}), text);
    const auto parsed = parse_ulid(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->bytes, bytes) << text;
  }
  EXPECT_EQ(parse_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV")->milliseconds(), 1469922850259U);
}

TEST(Ulid, WhatIsNoUlidIsRefused) {
  for (const char* text :
       {"", "0", "0000000000000000000000000", "000000000000000000000000000",
        "80000000000000000000000000", "0000000000000000000000000I", "0000000000000000000000000L",
        "0000000000000000000000000O", "0000000000000000000000000U", "0000000000000000000000000 ",
        "01arz3ndektsv4rrffq69g5fav"})
    EXPECT_FALSE(parse_ulid(text)) << text;
}

TEST(Ulid, AnyIdComesBackFromItsText) {
  ulid id;
  for (int i = 0; i < 2000; ++i) {
    id = next_ulid(id, static_cast<std::uint64_t>(i) * 1'000'003, draw_randomness());
    const std::string text = to_string(id);
    ASSERT_EQ(text.size(), 26U);
    ASSERT_EQ(parse_ulid(text), id);
  }
}

TEST(Ulid, ALaterMillisecondTakesFreshRandomness) {
  const ulid first = from(1000, 0xAA);
  ulid_randomness random{};
  random.fill(1);
  const ulid next = next_ulid(first, 1001, random);
  EXPECT_EQ(next, from(1001, 1));
  EXPECT_EQ(next.milliseconds(), 1001U);
}

TEST(Ulid, InOneMillisecondIdsRiseByADrawnStep) {
  const ulid first = from(1000, 0xAA);
  EXPECT_EQ(next_ulid(first, 1000, {}).bytes[15], 0xAB) << "at least one";
  const ulid second = next_ulid(first, 1000, {9, 9, 9, 9, 9, 0, 0, 0, 1, 0x55});
  EXPECT_GT(second, first);
  EXPECT_EQ(second.milliseconds(), 1000U);
  EXPECT_EQ(second.bytes[15], 0x00);
  EXPECT_EQ(second.bytes[14], 0xAC) << "drawn, and carried";
  EXPECT_EQ(second.bytes[13], 0xAA);
  const ulid farthest = next_ulid(first, 1000, {0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
  EXPECT_EQ(farthest.bytes[15], 0xAA);
  EXPECT_EQ(farthest.bytes[10], 0xAB) << "2^40 farther";
}

TEST(Ulid, WhoKnowTheSameLastIdGiveOutDifferentOnes) {
  const ulid last = from(1000, 0xAA);
  std::set<std::string> given;
  for (int i = 0; i < 200; ++i)
    given.insert(to_string(next_ulid(last, 1000, draw_randomness())));
  EXPECT_EQ(given.size(), 200U);
}

TEST(Ulid, ABackwardClockStillRises) {
  const ulid first = from(5000, 7);
  EXPECT_GT(next_ulid(first, 4999, draw_randomness()), first);
  EXPECT_GT(next_ulid(first, 0, draw_randomness()), first);
}

TEST(Ulid, RandomnessThatIsAllOnesCarriesIntoTheTime) {
  const ulid last = from(1000, 0xFF);
  const ulid next = next_ulid(last, 1000, draw_randomness());
  EXPECT_GT(next, last);
  EXPECT_EQ(next.milliseconds(), 1001U);
}

TEST(Ulid, ATimeBeyondFortyEightBitsStillRises) {
  ulid id = from(1000, 3);
  for (const std::uint64_t ms : {last_ms, last_ms + 1, last_ms + 5, (last_ms + 1) * 3,
                                 std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1}}) {
    const ulid next = next_ulid(id, ms, ulid_randomness{});
    EXPECT_GT(next, id) << ms;
    id = next;
  }
}

TEST(Ulid, TheVeryFirstIdIsRandomAtAnyTime) {
  EXPECT_NE(fresh_ulid(0), fresh_ulid(0));
  EXPECT_EQ(next_ulid({}, 0, ulid_randomness{9}).bytes[6], 9);
}

TEST(Ulid, TextsSortAsTheIdsDo) {
  const std::vector<ulid> rising = {
      from(1, 0),         from(1, 1), from(255, 0), from(256, 0), from(1469922850259, 9),
      from(last_ms, 0xFF)};
  for (std::size_t i = 1; i < rising.size(); ++i) {
    EXPECT_LT(rising[i - 1], rising[i]);
    EXPECT_LT(to_string(rising[i - 1]), to_string(rising[i]));
  }
}

TEST(Ulid, AHundredForkedChildrenDrawDifferentRandomness) {
  (void)draw_randomness(); // whatever state a generator could have, the children inherit
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 100; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string id = fresh_ulid(1);
      ::_exit(::write(pipe[1], id.data(), id.size()) == 26 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children)
    ::waitpid(child, nullptr, 0);
  ::close(pipe[1]);
  std::set<std::string> ids;
  std::array<char, 26> text{};
  while (::read(pipe[0], text.data(), text.size()) == 26)
    ids.emplace(text.data(), text.size());
  ::close(pipe[0]);
  EXPECT_EQ(ids.size(), 100U);
}

} // namespace
} // namespace spec_kitty
