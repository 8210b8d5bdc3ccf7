#include "config/credentials.hpp"

#include "config/home_check.hpp"
#include "config/token_claims.hpp"
#include "config/toml_file.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"
#include "util/url.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_credentials_bytes = std::size_t{256} << 10;

fs::path credentials_file(const fs::path& home) {
  return home / "credentials";
}

constexpr std::string_view refresh_key_name = "tokens.refresh_key"; ///< only there while it counts
constexpr std::array<std::string_view, 9> credential_keys = {"tokens.access",
                                                             "tokens.refresh",
                                                             "tokens.access_expires_at",
                                                             "tokens.refresh_expires_at",
                                                             "user.username",
                                                             "user.team_slug",
                                                             "user.role",
                                                             refresh_key_name,
                                                             "server.url"};

/// ISO 8601 with a zone, without fractions: the form that the older tool reads as well, which takes
/// anything else for a session that is over.
std::string expiry_text(std::int64_t seconds) {
  constexpr std::int64_t end_of_9999 = 253402300799;
  constexpr std::size_t whole_seconds = 19; // of `2026-02-03T19:29:53.000000Z`
  const auto instant = std::clamp<std::int64_t>(seconds, 0, end_of_9999) * 1000000;
  return format_timestamp(instant).substr(0, whole_seconds) + "+00:00";
}

/// A session's values in the order of the keys.
std::array<std::string, 9> values_of(const credentials& session) {
  return {session.access,
          session.refresh,
          expiry_text(session.access_expires_at),
          expiry_text(session.refresh_expires_at),
          session.username,
          session.team_slug,
          session.role,
          session.refresh_key,
          session.server};
}

/// Epoch seconds from digits, or from the ISO 8601 text that older installations wrote: a blank may
/// stand for the T, and what names no zone is UTC. 0, long past, for anything else.
std::int64_t to_seconds(std::string text) {
  if (text.size() > 10 && text[10] == ' ')
    text[10] = 'T';
  if (const auto instant = parse_date_time(text))
    return *instant / 1000000;
  if (const auto instant = parse_date_time(text + "Z"))
    return *instant / 1000000;
  const auto before_point = std::string_view(text).substr(0, text.find('.'));
  return whole_number<std::int64_t>(before_point).value_or(0);
}

/// The origin as it is compared; a text that is not a server URL stays as it is, and equals none.
std::string to_origin(const std::string& url) {
  const auto server = parse_server_url(url);
  const bool may_hold_a_password = url.find('@') != std::string::npos;
  return server ? server->origin() : may_hold_a_password ? std::string() : url;
}

result<std::optional<credentials>> parse_credentials(std::string_view text,
                                                     const std::string& file) {
  const auto entries = read_toml(text, file);
  if (!entries) // the parser's words could quote a token: only the file is named
    return failure{ec::bad_config, "the credentials file " + file + " is damaged",
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
    else if (entry.key == "user.role")
      session.role = entry.value;
    else if (entry.key == refresh_key_name)
      session.refresh_key = entry.value;
    else if (entry.key == "server.url")
      session.server = to_origin(entry.value);
  }
  if (session.access.empty() && session.refresh.empty())
    return std::optional<credentials>{};
  if (session.team_slug.empty()) // the older tool leaves it to the token
    if (auto team = claim_of(session.access, "team_slug"); team && is_usable_team(*team))
      session.team_slug = *std::move(team);
  return std::optional<credentials>{std::move(session)};
}

/// The text of a session that follows another. The same account at the same server keeps what
/// else stands in the file; what belonged to another account goes with it.
std::string render_after(const credentials& after, const std::optional<credentials>& before,
                         const std::string& old_text, const std::string& file) {
  if (!before || before->server != after.server || before->username != after.username)
    return render_credentials(after);
  std::string text = old_text;
  const auto values = values_of(after);
  for (std::size_t i = 0; i < credential_keys.size(); ++i)
    if (credential_keys[i] != refresh_key_name || after.refresh_key != before->refresh_key)
      text = set_toml_value(text, credential_keys[i], toml_quote(values[i]));
  const auto read_back = parse_credentials(text, file); // a shape that cannot be edited: anew
  return read_back && *read_back == after ? text : render_credentials(after);
}

} // namespace

std::string render_credentials(const credentials& session) {
  return "[tokens]\naccess = " + toml_quote(session.access) +
         "\nrefresh = " + toml_quote(session.refresh) +
         "\naccess_expires_at = " + toml_quote(expiry_text(session.access_expires_at)) +
         "\nrefresh_expires_at = " + toml_quote(expiry_text(session.refresh_expires_at)) +
         (session.refresh_key.empty() ? "" : "\nrefresh_key = " + toml_quote(session.refresh_key)) +
         "\n\n[user]\nusername = " + toml_quote(session.username) +
         "\nteam_slug = " + toml_quote(session.team_slug) + "\nrole = " + toml_quote(session.role) +
         "\n\n[server]\nurl = " + toml_quote(session.server) + "\n";
}

result<std::optional<credentials>> read_credentials(const fs::path& home) {
  const auto text = read_private_file(credentials_file(home), max_credentials_bytes);
  if (!text)
    return text.error();
  if (!*text)
    return std::optional<credentials>{};
  return parse_credentials(**text, credentials_file(home).string());
}

result<std::optional<credentials>> update_credentials(
    const fs::path& home,
    const std::function<std::optional<credentials>(const std::optional<credentials>&)>& change) {
  if (auto ok = check_trusted(home); !ok)
    return ok.error();
  if (auto made = make_private_folder(home); !made)
    return made.error();
  const auto lock = file_lock::take(home / "credentials.lock", credentials_patience);
  if (!lock)
    return lock.error();
  if (!*lock)
    return failure{ec::store_busy, "another process holds the credentials file", "try again"};
  remove_unfinished(credentials_file(home));
  auto before = read_credentials(home);
  // A damaged file stands for no session: a login or logout must get past it.
  const std::optional<credentials> known = before ? *before : std::optional<credentials>{};
  const auto after = change(known);
  if (before && after == known)
    return after;
  if (after) {
    const auto old_text = read_private_file(credentials_file(home), max_credentials_bytes);
    const std::string text = render_after(*after, known, old_text ? old_text->value_or("") : "",
                                          credentials_file(home).string());
    if (auto written = replace_file(credentials_file(home), text); !written)
      return written.error();
    if (const int error = fsync_parents(home); error != 0)
      return system_failure(error, "cannot sync the folders of " + credentials_file(home).string());
  } else if (::unlink(credentials_file(home).c_str()) != 0 && errno != ENOENT) {
    return system_failure(errno, "cannot remove " + credentials_file(home).string());
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
