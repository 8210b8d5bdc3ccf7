#include "config/settings.hpp"

#include "config/home_check.hpp"
#include "config/older_home.hpp"
#include "config/proxy.hpp"
#include "config/toml_file.hpp"
#include "util/closest.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"
#include "util/text.hpp"
#include "util/url.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <optional>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

using kind = setting_key::kind;

constexpr std::array<setting_key, 20> known_settings = {{
    {"sync.server_url", kind::url, "", 0, 0, "", "the team's server; without it events wait"},
    {"sync.proxy", kind::proxy, "", 0, 0, "",
     "HTTP proxy on the way to the server; empty: the environment's; none: none"},
    {"sync.max_queue_size", kind::number, "10000", 1, 100000000, "",
     "maximum number of events queued, leased and held together"},
    {"sync.max_queue_bytes", kind::number, "268435456", 1048576, 68719476736, "",
     "maximum bytes of stored events"},
    {"sync.overflow", kind::choice, "reject", 0, 0, "reject|evict_oldest",
     "at the cap: refuse the new event, or move the oldest to the overflow folder"},
    {"sync.project_default", kind::choice, "on", 0, 0, "on|off",
     "whether a project's events are shared before a decision about it"},
    {"sync.batch_events", kind::number, "1000", 1, 100000, "",
     "maximum number of events in a batch; unset, what the server takes, else 1000"},
    {"sync.batch_bytes", kind::number, "524288", 1024, 67108864, "",
     "maximum bytes of a batch before compression; unset, what the server takes; also the limit of "
     "an event"},
    {"sync.batch_gap_s", kind::number, "5", 0, 3600, "",
     "the daemon begins at most one run in this time; a backlog is one run"},
    {"sync.timeout_s", kind::number, "60", 1, 3600, "", "maximum wait for a request"},
    {"sync.max_retries", kind::number, "5", 1, 1000, "",
     "refusals after which an event is a dead letter"},
    {"sync.interval_s", kind::number, "300", 1, 86400, "",
     "the daemon sends what is queued at least this often"},
    {"sync.autostart", kind::flag, "false", 0, 0, "",
     "an emitting command starts the daemon when this home has a session"},
    {"sync.daemon_idle_s", kind::number, "0", 0, 31536000, "",
     "the daemon ends after this time without an event and with an empty queue; 0: never"},
    {"sync.busy_timeout_ms", kind::number, "2000", 1, 600000, "",
     "maximum wait for a store that another process holds"},
    {"sync.keep_delivered", kind::number, "10000", 0, 1000000, "",
     "delivered events that the journal keeps for events list --state delivered; 0: none"},
    {"websocket.enabled", kind::flag, "true", 0, 0, "",
     "the daemon keeps a WebSocket to the server"},
    {"websocket.envelope", kind::choice, "bare", 0, 0, "bare|flat|nested",
     "the form of an event on the WebSocket"},
    {"tls.ca_file", kind::path, "", 0, 0, "", "PEM bundle to trust instead of the system's"},
    {"workflow.worktrees", kind::path, "", 0, 0, "",
     "folder for the worktrees of work packages; empty: .worktrees of the checkout"},
}};

std::size_t index_of(std::string_view name) {
  const auto found = std::find_if(known_settings.begin(), known_settings.end(),
                                  [&](const auto& key) { return key.name == name; });
  return static_cast<std::size_t>(found - known_settings.begin());
}

} // namespace

std::string shown_value(const setting_key& key, std::string_view text) {
  return key.type == kind::proxy ? shown_proxy(text) : std::string(text);
}

bool type_fits(const setting_key& key, toml_entry::kind type) {
  switch (key.type) {
  case kind::number:
    return type == toml_entry::kind::number;
  case kind::flag:
    return type == toml_entry::kind::flag;
  case kind::list:
    return type == toml_entry::kind::list || type == toml_entry::kind::text;
  default:
    return type == toml_entry::kind::text;
  }
}

std::string allowed_values(const setting_key& key) {
  switch (key.type) {
  case kind::number:
    return "a whole number from " + std::to_string(key.min) + " to " + std::to_string(key.max);
  case kind::flag:
    return "true or false";
  case kind::choice:
    return "one of: " + std::string(key.choices);
  case kind::url:
    return "an https URL in quotes (http only for this machine itself)";
  case kind::path:
    return "an absolute path in quotes";
  case kind::proxy:
    return "http://HOST:PORT, http://USER:PASSWORD@HOST:PORT, or none";
  case kind::text:
    return "a text in quotes";
  case kind::list:
    return "a list of texts in quotes";
  }
  return {};
}

std::optional<std::string> closest_setting(std::string_view name) {
  std::array<std::string_view, known_settings.size()> names;
  std::transform(known_settings.begin(), known_settings.end(), names.begin(),
                 [](const auto& key) { return key.name; });
  if (auto near = closest(name, names))
    return near;
  const auto ends_so = [&](std::string_view key) { return key.substr(key.find('.') + 1) == name; };
  const auto whole = std::find_if(names.begin(), names.end(), ends_so); // of `timeout_s`
  if (whole == names.end() || std::count_if(names.begin(), names.end(), ends_so) > 1)
    return std::nullopt;
  return std::string(*whole);
}

namespace {

/// Variables that other parts of the program read.
constexpr std::array<std::string_view, 8> further_variables = {
    "SPEC_KITTY_HOME",    "SPEC_KITTY_PASSWORD", "SPEC_KITTY_DEV_PASSWORD", "SPEC_KITTY_MODULES",
    "SPEC_KITTY_FEATURE", "SPEC_KITTY_WP",       "SPEC_KITTY_PHASE",        "SPEC_KITTY_ATTEMPT"};
/// Families of variables that belong to other programs of the project.
constexpr std::array<std::string_view, 6> foreign_variables = {
    "SPEC_KITTY_SERVER_", "SPEC_KITTY_TEST_", "SPEC_KITTY_SHIM_",
    "SPEC_KITTY_POWER_",  "SPEC_KITTY_LIE_",  "SPEC_KITTY_CHAOS_"};

std::vector<std::string> known_variables() {
  std::vector<std::string> known(further_variables.begin(), further_variables.end());
  for (const auto& key : known_settings)
    known.push_back(environment_name(key.name));
  return known;
}

/// A variable that looks like a setting and has no effect is most likely mistyped.
void warn_of_unknown_variables(std::vector<std::string>& warnings) {
  std::vector<std::string> known; // made for the first variable that needs it
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view line = *variable;
    const std::string_view name = line.substr(0, line.find('='));
    const bool foreign =
        std::any_of(foreign_variables.begin(), foreign_variables.end(),
                    [&](std::string_view family) { return name.starts_with(family); });
    if (!name.starts_with("SPEC_KITTY_") || foreign)
      continue;
    if (known.empty())
      known = known_variables();
    if (std::find(known.begin(), known.end(), name) != known.end())
      continue;
    warnings.push_back("environment variable " + std::string(name) + " has no effect" +
                       did_you_mean(closest(name, known)));
  }
}

} // namespace

std::span<const setting_key> setting_keys() {
  return known_settings;
}

const setting_key* find_setting(std::string_view name) {
  const std::size_t at = index_of(name);
  return at < known_settings.size() ? &known_settings[at] : nullptr;
}

std::string environment_name(std::string_view key) {
  std::string name = "SPEC_KITTY_";
  for (const char c : key)
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return name;
}

result<void> check_setting(const setting_key& key, std::string_view value) {
  const failure bad{ec::bad_config,
                    std::string(key.name) + ": \"" + shown_value(key, value) + "\" is not allowed",
                    "give " + allowed_values(key)};
  switch (key.type) {
  case kind::number: {
    const auto number = whole_number<std::int64_t>(value);
    return number && *number >= key.min && *number <= key.max ? result<void>{} : bad;
  }
  case kind::flag:
    return value == "true" || value == "false" ? result<void>{} : bad;
  case kind::choice: {
    for (std::string_view rest = key.choices; !rest.empty();) {
      const auto bar = rest.find('|');
      if (rest.substr(0, bar) == value)
        return {};
      rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
    }
    return bad;
  }
  case kind::url: {
    if (value.empty())
      return {};
    const auto url = parse_server_url(value);
    return url ? result<void>{} : url.error();
  }
  case kind::proxy:
    return check_proxy_setting(value);
  case kind::path: // the daemon has another working folder
    return value.empty() || value.front() == '/' ? result<void>{} : bad;
  case kind::text:
  case kind::list:
    return {};
  }
  return {};
}

result<void> settings::decide(std::string_view key, std::string_view value) {
  const setting_key* known = find_setting(key);
  if (known == nullptr)
    return failure{ec::not_found, "unknown setting: " + std::string(key),
                   "see: spec-kitty config list"};
  if (auto ok = check_setting(*known, value); !ok)
    return ok;
  values_[index_of(key)] = {std::string(value), "flag"};
  return {};
}

const setting_value& settings::at(std::string_view key) const {
  return values_.at(index_of(key));
}

std::int64_t settings::number(std::string_view key) const {
  return whole_number<std::int64_t>(text(key)).value_or(0);
}

settings::settings() {
  for (const auto& key : known_settings)
    values_.push_back({std::string(key.fallback), "default"});
}

/// Puts a value in its place, or the default with a warning.
result<void> settings::take(std::size_t at, setting_value value, const result<void>& checked,
                            wrong_value wrong) {
  if (checked) {
    values_[at] = std::move(value);
    return {};
  }
  if (wrong == wrong_value::refused)
    return checked.error();
  const auto& key = known_settings[at];
  warnings_.push_back(checked.error().message + "; the default is used" +
                      (key.fallback.empty() ? "" : ": " + std::string(key.fallback)) + " (" +
                      checked.error().hint + ")");
  return {};
}

result<void> settings::load_file(const fs::path& home, wrong_value wrong) {
  const std::string file = settings_file(home).string();
  const auto text = read_private_file(file);
  if (!text)
    return text.error();
  if (!*text)
    return {};
  const auto entries = read_toml(**text, file);
  if (!entries)
    return entries.error();
  for (const auto& entry : *entries) {
    const std::size_t at = index_of(entry.key);
    const std::string place = file + ", line " + std::to_string(entry.line) + ": ";
    if (at == known_settings.size()) {
      const auto remark = remark_on_older_key(entry).value_or(
          "unknown key " + entry.key + " is ignored" + did_you_mean(closest_setting(entry.key)));
      if (!remark.empty())
        warnings_.push_back(place + remark);
      continue;
    }
    auto checked = type_fits(known_settings[at], entry.type)
                       ? check_setting(known_settings[at], entry.value)
                       : failure{ec::bad_config, entry.key + " has the wrong type",
                                 "give " + allowed_values(known_settings[at])};
    if (!checked)
      checked =
          failure{checked.error().code, place + checked.error().message, checked.error().hint};
    if (auto taken = take(at, {entry.value, "file"}, checked, wrong); !taken)
      return taken;
  }
  return {};
}

result<void> settings::load_environment(wrong_value wrong) {
  for (std::size_t at = 0; at < known_settings.size(); ++at) {
    const std::string name = environment_name(known_settings[at].name);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0')
      continue;
    auto checked = check_setting(known_settings[at], value);
    if (!checked)
      checked = failure{checked.error().code,
                        "environment variable " + name + ": " + checked.error().message,
                        checked.error().hint};
    if (auto taken = take(at, {value, "environment"}, checked, wrong); !taken)
      return taken;
  }
  warn_of_unknown_variables(warnings_);
  return {};
}

result<settings> settings::load(const fs::path& home, wrong_value wrong) {
  settings loaded;
  if (auto read = loaded.load_file(home, wrong); !read)
    return read.error();
  if (auto read = loaded.load_environment(wrong); !read)
    return read.error();
  return loaded;
}

} // namespace spec_kitty
