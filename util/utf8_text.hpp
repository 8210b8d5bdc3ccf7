// Bytes of any kind as UTF-8. Pure.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty {

/// The same text with `?` for every byte that is not part of a UTF-8 character.
std::string as_utf8(std::string_view text);

} // namespace spec_kitty
