// Which regular expressions RapidJSON 1.1.0 reads as ECMA 262 defines them. Its engine is small: a
// pattern it does not know is ignored silently (`\d`), read in another way (`(?:`, `^a|b$`), or
// runs without end (`(a*)*`). All such patterns are refused here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

struct pattern_fault {
  std::string what;   ///< `the escape \d is not supported`
  std::string remedy; ///< `write [0-9] for \d`
};

/// What is wrong with a pattern; nothing where it means what ECMA 262 says, but for `.`, which
/// stands for a line break as well.
std::optional<pattern_fault> find_pattern_fault(std::string_view pattern);

} // namespace spec_kitty
