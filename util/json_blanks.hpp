// White space between the tokens of a JSON text, taken out without looking at the tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// The text without the white space between its tokens: it is JSON where and only where `text` is,
/// and then the same value, each string and number as it was written. Nothing where white space
/// separates two tokens that have no mark between them, or a string has no end: that is not JSON.
std::optional<std::string> without_blanks(std::string_view text);

} // namespace spec_kitty
