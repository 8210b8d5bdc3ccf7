#include "tests/unit/store_fixture.hpp"

namespace spec_kitty {
namespace {

struct StoreAnnounce : StoreTest {};

TEST_F(StoreAnnounce, WhatWasAnnouncedIsKnownAndNothingElse) {
  auto queue = open();
  const auto wp = announcement_key("p", "001-tea", "WP01");
  const auto whole = announcement_key("p", "001-tea", "");
  EXPECT_EQ(wp.size(), 17U);
  EXPECT_EQ(queue.announced({{wp, whole}})->known, (std::vector<std::uint8_t>{0, 0}));
  ASSERT_TRUE(queue.announce({{wp}}));
  ASSERT_TRUE(queue.announce({{wp}}));
  EXPECT_EQ(queue.announced({{wp, whole}})->known, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAnnounce, ItOutlivesTheProcess) {
  const auto key = announcement_key("p", "001-tea", "WP01");
  {
    auto queue = open();
    ASSERT_TRUE(queue.announce({{key}}));
  }
  auto again = open();
  EXPECT_EQ(again.announced({{key}})->known, std::vector<std::uint8_t>{1});
}

TEST(AnnouncementKey, TellsProjectsFeaturesAndWorkPackagesApart) {
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("q", "f", "WP01"));
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("p", "g", "WP01"));
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("p", "f", "WP02"));
  EXPECT_NE(announcement_key("pf", "", "x"), announcement_key("p", "f", "x"));
}

} // namespace
} // namespace spec_kitty
