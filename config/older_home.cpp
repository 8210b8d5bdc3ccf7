#include "config/older_home.hpp"

#include "config/credentials.hpp"

#include <array>

namespace spec_kitty {

namespace {

/// Tables of choices per repository and per checkout: `sync.repo_defaults."org/repo".enabled`.
constexpr std::array<std::string_view, 2> choices = {"sync.repo_defaults.",
                                                     "sync.checkout_overrides."};
constexpr std::string_view enabled = ".enabled";

} // namespace

std::optional<std::string> remark_on_older_key(const toml_entry& entry) {
  if (entry.key == "sync.background_daemon")
    return std::string{};
  const std::string_view key = entry.key;
  for (const auto table : choices) {
    if (!key.starts_with(table))
      continue;
    if (!key.ends_with(enabled) || entry.value != "false")
      return std::string{};
    const auto what = key.substr(table.size(), key.size() - table.size() - enabled.size());
    return "the older tool's choice not to share " + std::string(what) + " is not applied";
  }
  return std::nullopt;
}

std::optional<home_conflict> session_conflict(const std::filesystem::path& home,
                                              std::string_view origin) {
  const auto session = read_credentials(home);
  if (!session || !*session || origin.empty() || (*session)->server == origin)
    return std::nullopt;
  const std::string& server_of_session = (*session)->server;
  return home_conflict{"session_of_another_server",
                       "the session in " + (home / "credentials").string() + " belongs to " +
                           (server_of_session.empty() ? "no known server" : server_of_session) +
                           ", but the server is " + std::string(origin) +
                           ": the token is not sent to it",
                       "run: spec-kitty auth login"};
}

} // namespace spec_kitty
