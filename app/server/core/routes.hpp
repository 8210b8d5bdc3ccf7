// Every path of the server, with its method, what it needs, and what it does to the caller's team.
// Source: docs/protocol.md. Pure.
#pragma once

#include "app/server/core/roles.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spec_kitty::server {

enum class call : std::uint8_t {
  offer, ///< what the server offers; with a bearer also whose it is
  login,
  refresh,
  revoke,
  device_code,  ///< a login that a person approves begins
  device_token, ///< and is asked for
  ws_token,
  batch,
  events, ///< a page of the team's log
  clock,
  websocket,
  board,        ///< what the board of a team says to a browser
  board_stream, ///< and its live stream
  health,
  readiness,
  metrics,
};

struct route {
  std::string_view path;
  std::string_view method;
  call what;
  std::optional<action> needs; ///< nothing: no bearer is asked for
};

std::span<const route> routes();

/// The route of a path; nullptr where the server has none.
const route* route_of(std::string_view path);

/// The live stream of a team's board.
inline constexpr std::string_view board_stream_path = "/board/stream";

/// Versions of the protocol that the server speaks.
inline constexpr std::uint32_t min_protocol = 1;
inline constexpr std::uint32_t max_protocol = 1;

/// Whether a request's `Spec-Kitty-Protocol` is spoken here. A client that sends none is of before
/// the header, and speaks version 1.
bool speaks_protocol(std::string_view header_value);

/// The token of an `Authorization: Bearer` header; empty for any other.
std::string_view bearer_of(std::string_view authorization);

/// The media type of a Content-Type (or coding of a Content-Encoding): no parameters, lower case.
std::string media_type_of(std::string_view header_value);

} // namespace spec_kitty::server
