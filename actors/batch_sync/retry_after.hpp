// Retry-After: how long a server asks to wait. Pure.
// Source: protocol.md, status 429; https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
#pragma once

#include "messages/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace spec_kitty {

/// However long a server asks for, this is the most that is believed.
inline constexpr std::chrono::minutes longest_retry_after{15};

/// Seconds, or an HTTP date relative to `now`; at least 0, at most 15 min. Nothing when the header
/// is absent or neither form.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view header, epoch_us now);

} // namespace spec_kitty
