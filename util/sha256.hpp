// SHA-256 as text.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty {

/// 64 hex digits.
std::string sha256_hex(std::string_view bytes);

} // namespace spec_kitty
