// The credentials file: TOML, 0600, written as a whole under a short lock, read without a lock.
// Source: docs/protocol.md, Authentication; docs/cli.md, Login.
#pragma once

#include "messages/protocol.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace spec_kitty {

/// A session as the file holds it. Times are epoch seconds UTC.
struct credentials {
  std::string access;
  std::string refresh;
  std::int64_t access_expires_at = 0;
  std::int64_t refresh_expires_at = 0;
  std::string username;
  std::string team_slug; ///< empty: the server did not name it
  std::string server;    ///< origin the tokens belong to
  std::string role = {}; ///< in the team, as the server named it; empty: it did not
  /// The Idempotency-Key under which `refresh` is being used; empty: it was not used yet.
  std::string refresh_key = {};

  /// A token for a machine is sent as it is and never refreshed.
  bool is_machine_token() const { return access.starts_with(protocol::machine_token_prefix); }

  bool operator==(const credentials&) const = default;
};

/// How long to wait for the credentials lock: it is only ever held for a write.
inline constexpr std::chrono::milliseconds credentials_patience{2000};

/// Nothing without a login; bad_config naming the file when it cannot be read as one.
result<std::optional<credentials>> read_credentials(const std::filesystem::path& home);

/// Under the lock: reads the file, lets `change` decide what it is to hold (nothing: the file is
/// removed), writes that. Returns what the file holds afterwards.
result<std::optional<credentials>> update_credentials(
    const std::filesystem::path& home,
    const std::function<std::optional<credentials>(const std::optional<credentials>&)>& change);

/// Ends the session of this home, whatever the file holds; true when there was one.
result<bool> forget_session(const std::filesystem::path& home);

/// TOML text of a session.
std::string render_credentials(const credentials& session);

} // namespace spec_kitty
