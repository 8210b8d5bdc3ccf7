// Retry-After: how long a server asks to wait. Pure.
// Source: protocol.md, status 429; https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
#pragma once

#include "util/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace spec_kitty {

/// However long a server asks for, this is the most that is believed.
inline constexpr std::chrono::minutes max_retry_after{15};

/// An HTTP date in any of its three forms, in seconds since 1970; nothing for anything else.
/// Source: https://www.rfc-editor.org/rfc/rfc9110#field.date
std::optional<std::int64_t> read_http_date(std::string_view text);

/// Seconds, or an HTTP date relative to `now`; at least 0, at most 15 min. Nothing when the header
/// is absent or neither form.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view header, epoch_us now);

} // namespace spec_kitty
