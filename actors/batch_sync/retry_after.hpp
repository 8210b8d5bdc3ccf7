// Retry-After: how long a server asks to wait. Pure.
// Source: docs/protocol.md, status 429; https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
#pragma once

#include "util/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace spec_kitty {

/// A longer time that a server asks for counts as this one.
inline constexpr std::chrono::minutes max_retry_after{15};

/// Seconds, or an HTTP date relative to `now`; at least 0, at most 15 min. Nothing when the header
/// is absent or neither form.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view header, epoch_us now);

} // namespace spec_kitty
