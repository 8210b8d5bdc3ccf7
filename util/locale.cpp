#include "util/locale.hpp"

#include "util/text.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace spec_kitty {

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
      const std::string locale = lower_case(value);
      return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    }
  return false;
}

std::string with_plain_signs(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> signs = {{
      {"\u2192", "->"},
      {"\u2026", "..."},
  }};
  std::string plain(text);
  for (const auto& [sign, instead] : signs)
    for (auto at = plain.find(sign); at != std::string::npos; at = plain.find(sign, at))
      plain.replace(at, sign.size(), instead);
  return plain;
}

} // namespace spec_kitty
