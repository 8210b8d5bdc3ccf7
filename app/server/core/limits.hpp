// The bounds of everything that a client can make the server do, with their defaults. The
// configuration's `limits.*` and `limits.team.*` are these fields.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spec_kitty::server {

/// `limits.team.*`: what one team may use. 0: without a bound.
struct team_limits {
  std::uint64_t members = 1000;
  std::uint64_t bytes = 0;             ///< of stored events
  std::uint64_t events_per_second = 0; ///< accepted in batches and over the WebSocket, on average
};

/// `limits.*`.
struct service_limits {
  std::size_t batch_events = 1000;                     ///< events of a batch
  std::size_t batch_bytes = std::size_t{64} << 20;     ///< of a batch before compression
  std::size_t body_bytes = std::size_t{8} << 20;       ///< of a body as it is sent
  std::size_t compression_ratio = 200;                 ///< unpacked bytes for each sent one
  std::size_t message_bytes = std::size_t{1} << 20;    ///< of a WebSocket message
  std::size_t snapshot_bytes = std::size_t{8} << 20;   ///< longer ones are cut
  std::size_t subscriber_bytes = std::size_t{1} << 20; ///< that wait for one WebSocket
  std::size_t waiting_bytes = std::size_t{256} << 20;  ///< of batches that wait, in all
  std::size_t waiting_batches = 4096;                  ///< in all
  std::size_t team_waiting_batches = 64;               ///< of one team
  std::size_t password_checks = 32;                    ///< that wait for their turn
  std::uint64_t requests_per_second = 100;             ///< of one account, on average
  std::size_t sockets = 10'000;                        ///< WebSockets in all
  std::size_t account_sockets = 100;                   ///< of one account
  std::size_t session_sockets = 8;                     ///< of one session or machine token
  team_limits team;
};

} // namespace spec_kitty::server
