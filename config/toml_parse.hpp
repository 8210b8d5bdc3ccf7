// toml++ and the one way to call it. Only the sources that walk a parsed table include this.
//
// toml++ 3.3 checks what it takes for granted with TOML_ASSERT_ASSUME: an assert in a debug build,
// __builtin_assume under clang with NDEBUG. A text like `[%` makes one of them false: a debug build
// ends, and clang may drop the code behind it that reports the error. So they are left out here,
// and the parser's own error is what every build gives.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/impl/preprocessor.h>
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT_ASSUME(expression) static_assert(true)
#include <toml++/toml.h>

namespace spec_kitty {

/// The text's root table. bad_config with file, line and the parser's message when it is no TOML,
/// and when it is nested deeper than max_toml_depth.
result<toml::table> parse_toml(std::string_view text, const std::string& file);

} // namespace spec_kitty
