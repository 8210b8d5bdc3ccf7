// RFC 3339 date-times: the form we write, the forms we read.
#include "util/timestamp.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spec_kitty {
namespace {

constexpr epoch_us second = 1'000'000;
constexpr epoch_us hour = 3600 * second;

TEST(FormatTimestamp, IsUtcWithMicroseconds) {
  EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_timestamp(1'770'091'506 * second + 7), "2026-02-03T04:05:06.000007Z");
  EXPECT_EQ(format_timestamp(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_timestamp(951'782'400 * second), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(format_timestamp(253'402'300'799 * second + 999'999), "9999-12-31T23:59:59.999999Z");
}

TEST(FormatTimestamp, ReadsBackAsTheSameInstant) {
  for (const epoch_us instant :
       {epoch_us{0}, epoch_us{-1}, epoch_us{1}, 1'770'091'506 * second + 7,
        1'709'164'800 * second - 1, -62'167'219'200 * second, 253'402'300'799 * second + 999'999}) {
    const std::string text = format_timestamp(instant);
    EXPECT_EQ(text.size(), 27U) << text;
    EXPECT_EQ(parse_date_time(text), instant) << text;
    EXPECT_TRUE(is_event_timestamp(text)) << text;
  }
}

TEST(FormatTimestamp, SortsAsTheInstantsDo) {
  EXPECT_LT(format_timestamp(9 * second), format_timestamp(10 * second));
  EXPECT_LT(format_timestamp(999'999), format_timestamp(1'000'000));
}

TEST(FormatTimestamp, OfTheMachinesClockIsAnEventTimestamp) {
  EXPECT_TRUE(is_event_timestamp(format_timestamp(wall_clock_now())));
  EXPECT_GT(wall_clock_now(), 1'700'000'000 * second);
}

TEST(ParseDateTime, ReadsAnyFraction) {
  const epoch_us base = 1'770'091'506 * second;
  EXPECT_EQ(parse_date_time("2026-02-03T04:05:06Z"), base);
  EXPECT_EQ(parse_date_time("2026-02-03T04:05:06.5Z"), base + 500'000);
  EXPECT_EQ(parse_date_time("2026-02-03T04:05:06.000007Z"), base + 7);
  EXPECT_EQ(parse_date_time("2026-02-03T04:05:06.0000079Z"), base + 7); // cut, not rounded
  EXPECT_EQ(parse_date_time("2026-02-03T04:05:06." + std::string(5000, '9') + "Z"), base + 999'999);
}

TEST(ParseDateTime, ReadsAnyOffset) {
  const epoch_us base = 1'770'091'506 * second;
  EXPECT_EQ(parse_date_time("2026-02-03T05:05:06+01:00"), base);
  EXPECT_EQ(parse_date_time("2026-02-02T23:35:06-04:30"), base);
  EXPECT_EQ(parse_date_time("2026-02-03T04:05:06-00:00"), base);
  EXPECT_EQ(parse_date_time("2026-02-03T04:05:06+23:59"), base - 24 * hour + 60 * second);
  EXPECT_EQ(parse_date_time("2026-02-03t04:05:06z"), base);
}

TEST(ParseDateTime, KnowsTheCalendar) {
  EXPECT_TRUE(parse_date_time("2000-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_date_time("2028-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_date_time("0000-02-29T00:00:00Z"));
  for (const auto* text : {"1900-02-29T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
                           "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z",
                           "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z"})
    EXPECT_FALSE(parse_date_time(text)) << text;
}

TEST(ParseDateTime, TakesALeapSecondAtTheEndOfAMonthInUtc) {
  EXPECT_EQ(parse_date_time("1998-12-31T23:59:60Z"), parse_date_time("1998-12-31T23:59:59Z"));
  EXPECT_EQ(parse_date_time("1998-12-31T15:59:60.5-08:00"),
            parse_date_time("1998-12-31T23:59:59.5Z"));
  EXPECT_EQ(parse_date_time("1999-01-01T00:59:60+01:00"), parse_date_time("1998-12-31T23:59:59Z"));
  EXPECT_TRUE(parse_date_time("2012-06-30T23:59:60Z"));
  EXPECT_TRUE(parse_date_time("2028-02-29T23:59:60Z"));
  for (const auto* text :
       {"1998-12-31T23:58:60Z", "1998-12-31T22:59:60Z", "1998-12-30T23:59:60Z",
        "1999-01-01T12:00:60Z", "2028-02-28T23:59:60Z", "1998-12-31T23:59:60+01:00"})
    EXPECT_FALSE(parse_date_time(text)) << text;
}

TEST(ParseDateTime, RefusesWhatRfc3339DoesNotKnow) {
  for (const std::string text : {"",
                                 "Z",
                                 "now",
                                 "2026-02-03",
                                 "2026-02-03T04:05Z",
                                 "2026-02-03T04:05:06",
                                 "2026-02-03 04:05:06Z",
                                 "2026-02-03T04:05:06 Z",
                                 "20260203T040506Z",
                                 "2026-2-3T4:5:6Z",
                                 "2026/02/03T04:05:06Z",
                                 "2026-02-03T04.05.06Z",
                                 "2026-02-03T04:05:06.Z",
                                 "2026-02-03T04:05:06,5Z",
                                 "2026-02-03T04:05:06.5",
                                 "2026-02-03T04:05:06.-5Z",
                                 "2026-02-03T04:05:06+0100",
                                 "2026-02-03T04:05:06+01",
                                 "2026-02-03T04:05:06+24:00",
                                 "2026-02-03T04:05:06+01:60",
                                 "2026-02-03T04:05:06*01:00",
                                 "2026-02-03T04:05:06+1:000",
                                 "2026-02-03T04:05:06ZZ",
                                 "2026-02-03T04:05:06Z\n",
                                 " 2026-02-03T04:05:06Z",
                                 "+2026-02-03T04:05:06Z",
                                 "-026-02-03T04:05:06Z",
                                 "12026-02-03T04:05:06Z",
                                 "2026-02-03T04:05:06+01:00Z",
                                 "2026-W06-2T04:05:06Z",
                                 "2026-034T04:05:06Z"})
    EXPECT_FALSE(parse_date_time(text)) << text;
  EXPECT_FALSE(parse_date_time(std::string_view{}));
  EXPECT_FALSE(parse_date_time(std::string_view("2026-02-03T04:05:06Z\0", 21)));
}

TEST(ParseDateTime, RefusesEveryTruncation) {
  const std::string_view whole = "2026-02-03T04:05:06.000007+00:00";
  ASSERT_TRUE(parse_date_time(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_date_time(whole.substr(0, size))) << whole.substr(0, size);
}

TEST(EventTimestamp, IsUtcWithSixDigits) {
  EXPECT_TRUE(is_event_timestamp("2026-02-03T04:05:06.000007Z"));
  EXPECT_TRUE(is_event_timestamp("2026-02-03T04:05:06.000007+00:00"));
  for (const auto* text :
       {"2026-02-03T04:05:06Z", "2026-02-03T04:05:06.007Z", "2026-02-03T04:05:06.0000070Z",
        "2026-02-03T04:05:06.00000Z", "2026-02-03T05:05:06.000007+01:00",
        "2026-02-03T04:05:06.000007-00:00", "2026-02-03T04:05:06.000007",
        "2026-02-30T04:05:06.000007Z", "2026-02-03T04:05:06.0000+00:00", ""})
    EXPECT_FALSE(is_event_timestamp(text)) << text;
}

TEST(HttpDate, IsReadInItsThreeForms) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text), 784111777) << text;
  for (const char* text : {"", "784111777", "Sun, 06 Nov 1994 08:49:37", "1994-11-06T08:49:37Z"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

} // namespace
} // namespace spec_kitty
