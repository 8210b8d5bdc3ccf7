// The tokens of sessions, machines and WebSockets as texts. None of them is kept: only hashes are.
//
//   skr_<family>.<secret>   refresh token: its family is a ULID; used once
//   skt_<secret>            machine token, a bearer token itself
//   skw_<secret>            for one WebSocket, within 60 s
//
// A secret is 32 random bytes as 43 characters. Randomness is an argument. Pure.
#pragma once

#include "app/server/core/access_token.hpp"
#include "app/server/core/encoding.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

inline constexpr epoch_s refresh_lifetime_s = 7 * 24 * 3600;
/// A session that was never used ends after this: the reply to its login was lost.
inline constexpr epoch_s unused_session_s = 24 * 3600;
inline constexpr std::size_t token_secret_bytes = 32;
/// How sessions behave. Only a server for trying out has others than these.
struct session_rules {
  epoch_s access_lifetime = access_lifetime_s;   ///< in seconds
  epoch_s refresh_lifetime = refresh_lifetime_s; ///< in seconds
  bool rotate = true; ///< a refresh token is used up by its use, and replaced
};

inline constexpr std::string_view refresh_prefix = "skr_";
inline constexpr std::string_view machine_prefix = "skt_";
inline constexpr std::string_view ws_prefix = "skw_";

/// `family` is a ULID's text.
std::string make_refresh_token(std::string_view family, std::string_view secret_bytes);
/// The family of a refresh token; nothing for a text that make_refresh_token cannot have written.
std::optional<std::string> family_of(std::string_view refresh_token);

std::string make_machine_token(std::string_view secret_bytes);
bool is_machine_token(std::string_view text);

std::string make_ws_token(std::string_view secret_bytes);
bool is_ws_token(std::string_view text);

} // namespace spec_kitty::server
