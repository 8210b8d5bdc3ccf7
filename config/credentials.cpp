#include "config/credentials.hpp"

#include "config/files.hpp"
#include "config/home_check.hpp"
#include "config/toml_file.hpp"
#include "messages/timestamp.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

fs::path file_of(const fs::path& home) {
  return home / "credentials";
}

/// Epoch seconds from digits, or from the RFC 3339 text that older installations wrote.
std::int64_t to_seconds(const std::string& text) {
  if (const auto instant = parse_date_time(text))
    return *instant / 1000000;
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds;
}

} // namespace

std::string render_credentials(const credentials& session) {
  return "[tokens]\naccess = " + toml_quote(session.access) +
         "\nrefresh = " + toml_quote(session.refresh) +
         "\naccess_expires_at = " + toml_quote(std::to_string(session.access_expires_at)) +
         "\nrefresh_expires_at = " + toml_quote(std::to_string(session.refresh_expires_at)) +
         "\n\n[user]\nusername = " + toml_quote(session.username) +
         "\nteam_slug = " + toml_quote(session.team_slug) +
         "\n\n[server]\nurl = " + toml_quote(session.server) + "\n";
}

result<std::optional<credentials>> read_credentials(const fs::path& home) {
  const auto text = read_file(file_of(home));
  if (!text)
    return text.error();
  if (!*text)
    return std::optional<credentials>{};
  const auto entries = read_toml(**text, file_of(home).string());
  if (!entries) // the parser's words could quote a token: only the file is named
    return failure{ec::bad_config, "the credentials file " + file_of(home).string() + " is damaged",
                   "run: spec-kitty auth logout, then log in again"};
  credentials session;
  for (const auto& entry : *entries) {
    if (entry.key == "tokens.access")
      session.access = entry.value;
    else if (entry.key == "tokens.refresh")
      session.refresh = entry.value;
    else if (entry.key == "tokens.access_expires_at")
      session.access_expires_at = to_seconds(entry.value);
    else if (entry.key == "tokens.refresh_expires_at")
      session.refresh_expires_at = to_seconds(entry.value);
    else if (entry.key == "user.username")
      session.username = entry.value;
    else if (entry.key == "user.team_slug")
      session.team_slug = entry.value;
    else if (entry.key == "server.url")
      session.server = entry.value;
  }
  if (session.access.empty() && session.refresh.empty())
    return std::optional<credentials>{};
  return std::optional<credentials>{std::move(session)};
}

result<std::optional<credentials>> update_credentials(
    const fs::path& home,
    const std::function<std::optional<credentials>(const std::optional<credentials>&)>& change) {
  if (auto fine = check_owner(home); !fine)
    return fine.error();
  if (auto made = make_private_folder(home); !made)
    return made.error();
  const auto lock = file_lock::take(home / "credentials.lock", credentials_patience);
  if (!lock)
    return lock.error();
  if (!*lock)
    return failure{ec::store_busy, "another process holds the credentials file", "try again"};
  auto before = read_credentials(home);
  // A damaged file stands for no session: a login or logout must get past it.
  const std::optional<credentials> known = before ? *before : std::optional<credentials>{};
  const auto after = change(known);
  if (before && after == known)
    return after;
  if (after) {
    if (auto written = replace_file(file_of(home), render_credentials(*after)); !written)
      return written.error();
  } else if (::unlink(file_of(home).c_str()) != 0 && errno != ENOENT) {
    return system_failure(errno, "cannot remove " + file_of(home).string());
  }
  return after;
}

result<bool> forget_session(const fs::path& home) {
  std::error_code error;
  if (!fs::exists(home, error))
    return false; // a logout makes no home
  bool was = false;
  const auto gone = update_credentials(home, [&](const auto& held) {
    was = held.has_value();
    return std::optional<credentials>{};
  });
  return gone ? result<bool>(was) : gone.error();
}

} // namespace spec_kitty
