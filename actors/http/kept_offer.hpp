// What the configured server offers, kept in the home for an hour: `server.json`.
// Source: docs/protocol.md, What a server offers; docs/cli.md, Files of the home.
#pragma once

#include "messages/http.hpp"
#include "messages/server_offer.hpp"
#include "util/timestamp.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace spec_kitty {

/// How long an answer holds, and how long a server that gave none is left alone.
inline constexpr std::chrono::hours offer_lifetime{1};
inline constexpr std::chrono::minutes offer_retry{5};

struct kept_offer {
  std::string origin; ///< of the server that was asked
  epoch_us ask_again_at = 0;
  server_offer offer; ///< of the last answer; empty: nothing is offered, or none came yet

  /// Whether the server is to be asked. A date further away than any that is written is a clock
  /// that was set: it counts as past.
  bool is_due(epoch_us now) const;
};

/// What is kept after a reply: its offer, or where it does not answer, what was kept before.
kept_offer after_reply(const kept_offer& before, const http_reply& reply, epoch_us now);

/// What is kept for an origin. Where nothing is, or it cannot be read, or is of another server: an
/// empty offer that is due.
kept_offer read_kept_offer(const std::filesystem::path& home, const std::string& origin);

/// Replaces the file; best effort: where it cannot be written, the server is asked again sooner.
void keep_offer(const std::filesystem::path& home, const kept_offer& offer);

/// The server has refused what it offered: it is asked again before anything of it is used.
void forget_offer(const std::filesystem::path& home, const std::string& origin);

} // namespace spec_kitty
