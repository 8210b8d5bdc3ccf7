// What `events list` selects by, as people type it.
#include "app/cli/event_filter.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace spec_kitty {
namespace {

constexpr std::string_view text =
    R"({"event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","event_type":"WPStatusChanged",)"
    R"("aggregate_id":"WP01","aggregate_type":"WorkPackage","feature_slug":"012-login-form",)"
    R"("payload":{"wp_id":"WP01","note":"The Mayor's table"}})";
constexpr epoch_us now = 1'770'120'000'000'000; // 2026-02-03T12:00:00Z

bool selects(const event_filter& filter, epoch_us at = now) {
  return filter.takes(*parse_json(text), text, at);
}

TEST(EventFilter, TakesEverythingWhereNothingIsAsked) {
  EXPECT_TRUE(selects({}));
}

TEST(EventFilter, AFeatureIsMeantByNameBeginningOrNumber) {
  for (const char* typed : {"012-login-form", "012", "12", "012-login", "0"})
    EXPECT_TRUE(selects({.feature = typed})) << typed;
  for (const char* typed : {"login", "013", "1", "012-login-forms"})
    EXPECT_FALSE(selects({.feature = typed})) << typed;
}

TEST(EventFilter, AWorkPackageIsMeantAsItIsTypedElsewhere) {
  EXPECT_TRUE(selects({.wp = "WP01"}));
  EXPECT_TRUE(selects({.wp = "wp1"}));
  EXPECT_FALSE(selects({.wp = "WP02"}));
}

TEST(EventFilter, ATextIsFoundWhateverItsCase) {
  EXPECT_TRUE(selects({.grep = "mayor"}));
  EXPECT_TRUE(selects({.grep = "STATUSCHANGED"}));
  EXPECT_FALSE(selects({.grep = "major"}));
}

TEST(EventFilter, ATimeTypeAndIdAreCompared) {
  EXPECT_TRUE(selects({.since = now}));
  EXPECT_FALSE(selects({.since = now + 1}));
  EXPECT_FALSE(selects({.type = "WPCreated"}));
  EXPECT_FALSE(selects({.id = "01ARZ3NDEKTSV4RRFFQ69G5FAW"}));
}

TEST(Since, CountsBackOrNamesAnInstant) {
  EXPECT_EQ(*parse_since("90s", now), now - 90'000'000);
  EXPECT_EQ(*parse_since("2d", now), now - epoch_us{2} * 86400 * 1000000);
  EXPECT_EQ(*parse_since("1w", now), *parse_since("7d", now));
  EXPECT_EQ(*parse_since("2026-02-03T12:00:00Z", 0), now);
  EXPECT_EQ(*parse_since("2026-02-03T13:00:00+01:00", 0), now);
  for (const char* bad : {"", "d", "2x", "yesterday", "2026-02-30x", "-2d", "99999999999d"}) {
    const auto read = parse_since(bad, now);
    ASSERT_FALSE(read) << bad;
    EXPECT_NE(read.error().hint.find("2d"), std::string::npos);
  }
}

TEST(Since, ADateWithoutAZoneIsThisMachines) {
  ::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  EXPECT_EQ(*parse_since("2026-02-03T13:00", 0), now);
  EXPECT_EQ(*parse_since("2026-02-03", 0), now - epoch_us{13} * 3600 * 1000000);
  ::unsetenv("TZ");
  ::tzset();
}

} // namespace
} // namespace spec_kitty
