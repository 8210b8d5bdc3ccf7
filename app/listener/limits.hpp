// The listener's bounds, and what it counts.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace spec_kitty::listener {

/// Every bound with its default. Raise one when the metric that counts its refusals rises for
/// clients that you know; each is also a bound of memory or of time that an attacker can take.
struct listener_limits {
  std::size_t max_head = 16 * 1024;               ///< request line and header fields: 431
  std::size_t max_fields = 100;                   ///< header fields: 431
  std::size_t max_target = 4096;                  ///< path and query: 414
  std::size_t max_body = 8 * 1024 * 1024;         ///< one body as received: 413
  std::size_t max_body_bytes = 256 * 1024 * 1024; ///< all bodies in flight: 503 with Retry-After
  std::size_t max_requests_in_flight = 2000;      ///< handed over and not answered: 503

  std::size_t max_connections = 10'000;            ///< in all; closed at accept
  std::size_t max_connections_per_address = 5'000; ///< not counted for trusted proxies

  std::size_t max_websocket_message = 1024 * 1024;   ///< 1009
  std::size_t max_unsent = 1024 * 1024;              ///< queued for one WebSocket: overflow
  std::size_t max_unhandled_bytes = 2 * 1024 * 1024; ///< received and still held by the program
  unsigned max_pings_per_second = 100;               ///< 1008

  std::chrono::milliseconds tls_handshake{10'000};
  std::chrono::milliseconds first_request{10'000}; ///< to its first byte
  std::chrono::milliseconds idle{75'000};          ///< between two requests
  std::chrono::milliseconds head{5'000};           ///< from the first byte of a head to its end
  std::chrono::milliseconds body{30'000};          ///< a whole body
  std::chrono::milliseconds body_grace{5'000};     ///< from then on min_body_rate holds
  std::size_t min_body_rate = 1024;                ///< bytes a second, on average
  std::chrono::milliseconds handling{30'000};      ///< from handing over to the answer: 503
  std::chrono::milliseconds reply{30'000};         ///< writing one reply
  std::chrono::milliseconds linger{2'000};         ///< reading on after an early refusal
  std::size_t max_linger_bytes = 16 * 1024 * 1024; ///< what is read on at most
  std::chrono::milliseconds websocket_silence{
      60'000};                                      ///< without a pong; a ping goes at half of it
  std::chrono::milliseconds websocket_close{5'000}; ///< to the peer's close frame
  std::chrono::milliseconds overflow_close{2'000};  ///< the same after an overflow
  std::chrono::milliseconds accept_pause{50};       ///< when the system has no descriptor left
};

/// Totals since the start, and what is open now. For metrics.
struct listener_counters {
  std::uint64_t accepted = 0;            ///< connections
  std::uint64_t refused_total_cap = 0;   ///< connections over max_connections
  std::uint64_t refused_address_cap = 0; ///< connections over max_connections_per_address
  std::uint64_t refused_untrusted = 0;   ///< connections that did not come from a trusted proxy
  std::uint64_t accept_failures = 0;     ///< accept failed: descriptors or memory ran out
  std::uint64_t tls_handshakes = 0;      ///< completed
  std::uint64_t tls_failures = 0;        ///< refused, broken off or too slow
  std::uint64_t requests = 0;            ///< handed to the program, upgrades included
  std::uint64_t replies_2xx = 0;         ///< with 1xx and 3xx
  std::uint64_t replies_4xx = 0;         ///< those of the listener included
  std::uint64_t replies_5xx = 0;         ///< those of the listener included
  std::uint64_t heads_refused = 0;       ///< by the head gate
  std::uint64_t bodies_refused = 0;      ///< too large, badly framed, or over the budget
  std::uint64_t timeouts_head = 0;       ///< heads that came too slowly
  std::uint64_t timeouts_body = 0;       ///< bodies that came too slowly
  std::uint64_t timeouts_idle = 0;       ///< connections that stayed silent
  std::uint64_t timeouts_handling = 0;   ///< requests that the program did not answer in time
  std::uint64_t timeouts_reply = 0;      ///< peers that did not read their reply
  std::uint64_t websockets_opened = 0;
  std::uint64_t websocket_messages_in = 0;
  std::uint64_t websocket_messages_out = 0;
  std::uint64_t websocket_overflows = 0; ///< queues that were dropped
  std::uint64_t connections = 0;         ///< open now, WebSockets included
  std::uint64_t websockets = 0;          ///< open now
  std::uint64_t requests_in_flight = 0;  ///< now
  std::uint64_t body_bytes = 0;          ///< of the budget, taken now
};

} // namespace spec_kitty::listener
