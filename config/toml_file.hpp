// TOML as a flat list of dotted keys with their line: all that configuration and credentials need.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct toml_entry {
  enum class kind { text, number, flag, list, other };

  std::string key;   ///< `sync.server_url`
  std::string value; ///< a string's text, a number's digits, `true`/`false`, a date-time's text,
                     ///< the texts of a list with commas between them
  kind type = kind::other;
  unsigned line = 0; ///< 1-based
};

/// The maximum depth of a TOML text: brackets around each other and parts of dotted keys together.
/// toml++ bounds brackets alone, and takes its tables apart by recursion.
inline constexpr unsigned max_toml_depth = 64;

/// Every value of a TOML text. bad_config with file, line and the parser's message for any other
/// text.
result<std::vector<toml_entry>> read_toml(std::string_view text, const std::string& file);

/// A TOML basic string: quoted, escaped.
std::string toml_quote(std::string_view text);

/// The text with one key set to a (ready-made) TOML value; every other byte stays. An existing
/// value is replaced; else a line is added to the key's table, else the table at the end.
std::string set_toml_value(std::string_view text, std::string_view dotted_key,
                           std::string_view value);

/// The text without the lines that set a key in one line each; every other byte stays.
std::string remove_toml_value(std::string_view text, std::string_view dotted_key);

} // namespace spec_kitty
