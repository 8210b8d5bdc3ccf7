#include "util/timestamp.hpp"

#include <time.h>

#include <array>
#include <chrono>
#include <cstdio>

namespace spec_kitty {

namespace {

using namespace std::chrono;

/// Reads exactly `Count` digits at `at`, or -1.
template <std::size_t Count>
inline int digits(std::string_view text, std::size_t at) {
  if (at + Count > text.size())
    return -1;
  int value = 0;
  unsigned above = 0; // nine, of any of them
  for (std::size_t i = 0; i < Count; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[at + i]) - unsigned{'0'};
    above |= static_cast<unsigned>(digit > 9);
    value = value * 10 + static_cast<int>(digit);
  }
  return above != 0 ? -1 : value;
}

bool is_at(std::string_view text, std::size_t at, char wanted) {
  return at < text.size() && text[at] == wanted;
}

/// Offset from UTC in minutes, or nothing; `at` is where it begins, and it must end the text.
std::optional<int> utc_offset(std::string_view text, std::size_t at) {
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z'))
    return 0;
  if (at + 6 != text.size() || !is_at(text, at + 3, ':'))
    return std::nullopt;
  const int hours = digits<2>(text, at + 1);
  const int minutes = digits<2>(text, at + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
    return std::nullopt;
  if (text[at] == '+')
    return hours * 60 + minutes;
  if (text[at] == '-')
    return -(hours * 60 + minutes);
  return std::nullopt;
}

} // namespace

std::string format_timestamp(epoch_us instant) {
  std::string text;
  format_timestamp(instant, text);
  return text;
}

void format_timestamp(epoch_us instant, std::string& into) {
  const sys_time<microseconds> time{microseconds{instant}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> clock{time - day};
  const int year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) { // no RFC 3339 has it; only a clock that is far off does
    std::array<char, 48> far{};
    std::snprintf(far.data(), far.size(), "%04d-%02u-%02uT00:00:00.000000Z", year,
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    into = far.data();
    return;
  }
  into.resize(sizeof "0000-00-00T00:00:00.000000Z" - 1);
  char* at = into.data();
  const auto put_two = [&at](std::int64_t number, char behind) {
    *at++ = static_cast<char>('0' + number / 10);
    *at++ = static_cast<char>('0' + number % 10);
    *at++ = behind;
  };
  put_two(year / 100, ' ');
  --at; // the year's other half follows at once
  put_two(year % 100, '-');
  put_two(static_cast<unsigned>(date.month()), '-');
  put_two(static_cast<unsigned>(date.day()), 'T');
  put_two(clock.hours().count(), ':');
  put_two(clock.minutes().count(), ':');
  put_two(clock.seconds().count(), '.');
  std::int64_t micros = clock.subseconds().count();
  for (char* last = at + 5; last >= at; --last, micros /= 10)
    *last = static_cast<char>('0' + micros % 10);
  at[6] = 'Z';
}

std::optional<epoch_us> parse_date_time(std::string_view text) {
  const int y = digits<4>(text, 0);
  const int mo = digits<2>(text, 5);
  const int d = digits<2>(text, 8);
  const int h = digits<2>(text, 11);
  const int mi = digits<2>(text, 14);
  const int s = digits<2>(text, 17);
  const bool shaped = is_at(text, 4, '-') && is_at(text, 7, '-') &&
                      (is_at(text, 10, 'T') || is_at(text, 10, 't')) && is_at(text, 13, ':') &&
                      is_at(text, 16, ':');
  if (!shaped || y < 0 || mo < 1 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 ||
      s > 60)
    return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok())
    return std::nullopt;

  std::size_t at = 19;
  std::int64_t micros = 0;
  if (is_at(text, at, '.')) {
    std::size_t seen = 0;
    for (++at; digits<1>(text, at) >= 0; ++at, ++seen)
      if (seen < 6)
        micros = micros * 10 + digits<1>(text, at);
    if (seen == 0)
      return std::nullopt;
    for (; seen < 6; ++seen)
      micros *= 10;
  }
  const auto offset = utc_offset(text, at);
  if (!offset)
    return std::nullopt;
  const auto minute = sys_days{date} + hours{h} + minutes{mi - *offset};
  if (s == 60) { // section 5.7: a leap second ends a month, in UTC
    const auto next = minute + minutes{1};
    if (next != floor<days>(next) || year_month_day{floor<days>(next)}.day() != day{1})
      return std::nullopt;
  }
  const auto whole = minute + seconds{s == 60 ? 59 : s};
  return duration_cast<microseconds>(whole.time_since_epoch()).count() + micros;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  const std::string whole(text);
  // IMF-fixdate, RFC 850, asctime
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    tm parts{};
    const char* end = ::strptime(whole.c_str(), form, &parts);
    if (end != nullptr && *end == '\0')
      return ::timegm(&parts);
  }
  return std::nullopt;
}

bool is_event_timestamp(std::string_view text) {
  if (!parse_date_time(text) || !is_at(text, 19, '.') || digits<6>(text, 20) < 0)
    return false;
  const std::string_view zone = text.substr(26);
  return zone == "Z" || zone == "+00:00";
}

epoch_us wall_clock_now() {
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

epoch_us steady_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace spec_kitty
