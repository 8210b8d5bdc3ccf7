// RFC 3339 date-times: the form that events carry, and every form that others write. HTTP dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// Microseconds since 1970-01-01T00:00:00Z.
using epoch_us = std::int64_t;

/// `2026-02-03T04:05:06.000007Z`: UTC, microseconds, always 27 characters.
std::string format_timestamp(epoch_us instant);
/// The same in place of another text, whose memory it uses again.
void format_timestamp(epoch_us instant, std::string& into);

/// Reads any RFC 3339 date-time (any offset, any number of fraction digits; a leap second counts
/// as the second before it). Nothing for any other text. https://www.rfc-editor.org/rfc/rfc3339
std::optional<epoch_us> parse_date_time(std::string_view text);

/// An HTTP date in any of its three forms, in seconds since 1970; nothing for any other text.
/// Source: https://www.rfc-editor.org/rfc/rfc9110#field.date
std::optional<std::int64_t> parse_http_date(std::string_view text);

/// True for the form docs/protocol.md asks of an event: RFC 3339, UTC (`Z` or `+00:00`), six
/// digits.
bool is_event_timestamp(std::string_view text);

/// The machine's clock.
epoch_us wall_clock_now();

/// Microseconds on a clock that is never set: for measuring durations, never a date.
epoch_us steady_now();

} // namespace spec_kitty
