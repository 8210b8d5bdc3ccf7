// The home's config.toml as a file that is edited: one key at a time, every other byte kept.
#include "config/home_check.hpp"
#include "config/settings.hpp"
#include "util/closest.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"

#include <algorithm>
#include <functional>
#include <system_error>

namespace spec_kitty {

namespace fs = std::filesystem;

fs::path settings_file(const fs::path& home) {
  return home / "config.toml";
}

failure unknown_setting(std::string_view name) {
  return {ec::not_found,
          "unknown configuration key: " + std::string(name) + did_you_mean(closest_setting(name)),
          "see them all with: spec-kitty config list"};
}

namespace {

/// What `edit` makes of config.toml is written where it reads back as `is_meant` wants it.
result<void> edit_settings(const fs::path& home, std::string_view name,
                           const std::function<std::string(const std::string&)>& edit,
                           const std::function<bool(const std::vector<toml_entry>&)>& is_meant) {
  if (auto ok = check_trusted(home); !ok)
    return ok;
  if (auto made = make_private_folder(home); !made)
    return made;
  const auto lock = file_lock::take(home / "config.lock", std::chrono::milliseconds(2000));
  if (!lock)
    return lock.error();
  if (!*lock)
    return failure{ec::store_busy, "another process is changing config.toml", "try again"};
  remove_unfinished(settings_file(home));
  const auto before = read_private_file(settings_file(home));
  if (!before)
    return before.error();
  const std::string after = edit(before->value_or(""));
  const auto entries = read_toml(after, settings_file(home).string());
  if (!entries)
    return entries.error();
  if (!is_meant(*entries))
    return failure{ec::bad_config,
                   settings_file(home).string() + " sets " + std::string(name) +
                       " in a way that cannot be edited here",
                   "change the file by hand"};
  // Also where nothing changes: what stands there may not be on disk yet, as after a kill.
  if (auto written = replace_file(settings_file(home), after); !written)
    return written;
  if (const int error = fsync_parents(home); error != 0)
    return system_failure(error, "cannot sync the folders of " + settings_file(home).string());
  return {};
}

} // namespace

result<void> set_setting(const fs::path& home, std::string_view name, std::string_view value) {
  const setting_key* key = find_setting(name);
  if (key == nullptr)
    return unknown_setting(name);
  if (auto ok = check_setting(*key, value); !ok)
    return ok;
  const bool bare = key->type == setting_key::kind::number || key->type == setting_key::kind::flag;
  const std::string written = bare ? std::string(value) : toml_quote(value);
  return edit_settings(
      home, name, [&](const std::string& text) { return set_toml_value(text, name, written); },
      [&](const std::vector<toml_entry>& entries) {
        return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
          return entry.key == name && entry.value == value;
        });
      });
}

result<bool> unset_setting(const fs::path& home, std::string_view name) {
  if (find_setting(name) == nullptr)
    return unknown_setting(name);
  std::error_code error;
  if (!fs::exists(settings_file(home), error))
    return false; // no home is made for it
  bool was_set = false;
  const auto done = edit_settings(
      home, name,
      [&](const std::string& text) {
        auto after = remove_toml_value(text, name);
        was_set = after != text;
        return after;
      },
      [&](const std::vector<toml_entry>& entries) {
        return std::none_of(entries.begin(), entries.end(),
                            [&](const auto& entry) { return entry.key == name; });
      });
  return done ? result<bool>(was_set) : done.error();
}

} // namespace spec_kitty
