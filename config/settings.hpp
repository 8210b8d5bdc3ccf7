// Configuration: defaults < config.toml < environment < flags, each value with its origin.
//
// The table of keys (settings.cpp) is the only list of the keys, their types and bounds.
// Files of a repository never choose the server: only the home's config.toml is read.
// Source: docs/cli.md, Configuration.
#pragma once

#include "config/toml_file.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// A configuration key and its allowed values.
struct setting_key {
  enum class kind { path, url, proxy, number, flag, choice, text, list };

  std::string_view name;
  kind type;
  std::string_view fallback; ///< the default, as text
  std::int64_t min = 0;      ///< of a number
  std::int64_t max = 0;
  std::string_view choices; ///< `a|b|c`
  std::string_view meaning;
};

std::span<const setting_key> setting_keys();
const setting_key* find_setting(std::string_view name);
/// The key that a mistyped one most likely means.
std::optional<std::string> closest_setting(std::string_view name);
/// not_found for a key that does not exist, with the one that may be meant.
failure unknown_setting(std::string_view name);

/// A value and where it comes from: `default`, `file`, `environment`, `flag`.
struct setting_value {
  std::string text;
  std::string_view origin = "default";
};

/// What happens with a value that its key does not allow.
enum class wrong_value {
  refused,   ///< nothing is loaded
  defaulted, ///< a warning; the default counts
};

class settings {
public:
  settings(); ///< the defaults
  /// Reads every layer. bad_config names file, line, key and what is allowed; an unknown key in
  /// the file, or an unknown SPEC_KITTY_ variable, only adds a warning.
  static result<settings> load(const std::filesystem::path& home,
                               wrong_value wrong = wrong_value::refused);

  /// Sets a value for this process alone: it overrides every layer (`flag`). not_found for
  /// an unknown key, bad_config for a bad value.
  result<void> decide(std::string_view key, std::string_view value);

  const setting_value& at(std::string_view key) const;
  const std::string& text(std::string_view key) const { return at(key).text; }
  std::int64_t number(std::string_view key) const;
  bool flag(std::string_view key) const { return text(key) == "true"; }

  const std::vector<std::string>& warnings() const { return warnings_; }

private:
  result<void> load_file(const std::filesystem::path& home, wrong_value wrong);
  result<void> load_environment(wrong_value wrong);
  result<void> take(std::size_t at, setting_value value, const result<void>& checked,
                    wrong_value wrong);

  std::vector<setting_value> values_; ///< in the order of setting_keys()
  std::vector<std::string> warnings_;
};

/// Checks a value for a key; the failure says what is allowed.
result<void> check_setting(const setting_key& key, std::string_view value);

/// Whether a value of this TOML type can be one of the key.
bool type_fits(const setting_key& key, toml_entry::kind type);
/// What a key takes, for a hint: `a whole number from 1 to 5`.
std::string allowed_values(const setting_key& key);

/// Writes one key to the home's config.toml, keeping every other byte. not_found for an unknown
/// key, bad_config for a bad value; the file is untouched then.
result<void> set_setting(const std::filesystem::path& home, std::string_view key,
                         std::string_view value);

/// Removes one key from the home's config.toml, keeping every other byte: the default, or the
/// environment, counts again. True when it was there. not_found for an unknown key.
result<bool> unset_setting(const std::filesystem::path& home, std::string_view key);

/// The home's config.toml.
std::filesystem::path settings_file(const std::filesystem::path& home);

/// A value as it may be shown: without the user name and password of a proxy.
std::string shown_value(const setting_key& key, std::string_view text);

/// The environment variable of a key: SPEC_KITTY_SYNC_SERVER_URL.
std::string environment_name(std::string_view key);

} // namespace spec_kitty
