// What the locale says of the texts that this user's terminal shows.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty {

/// Whether LC_ALL, else LC_CTYPE, else LANG names UTF-8.
bool locale_is_utf8();

/// The text with plain characters for the signs that this program prints itself: `->` for an arrow,
/// `...` for an ellipsis.
std::string with_plain_signs(std::string_view text);

} // namespace spec_kitty
