// What the listener refuses of a request whose head was parsed, before its body is read. Pure.
#pragma once

#include "app/listener/message.hpp"
#include "app/listener/proxies.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace spec_kitty::listener {

/// How a request is framed.
struct request_framing {
  bool version_1_0 = false;
  bool chunked = false;
  bool has_length = false;       ///< Content-Length was sent
  std::uint64_t length = 0;      ///< what it announces
  std::size_t max_body = 0;      ///< what is taken
  bool has_unread_bytes = false; ///< something came after the head

  bool has_body() const { return chunked || length > 0; }
};

/// An answer of the listener's own.
struct refusal {
  int status = 0; ///< 0: the peer is gone, nothing can be answered
  std::string_view code{};
  std::string_view message{};
};

/// Methods, expectations and bodies that are not served.
std::optional<refusal> judge_request(const inbound_request& request,
                                     const request_framing& framing);

/// A request for a WebSocket that is not one, or that could be read in another way.
std::optional<refusal> judge_upgrade(const inbound_request& request,
                                     const request_framing& framing);

/// The refusal as a reply that ends the connection, with the fields that its status asks for.
outbound_reply refusal_reply(const refusal& why, std::string_view request_id);

/// Fills in where a request comes from: `peer`, `connected_from`, `secure`.
void note_peer(inbound_request& request, const address_bytes& connected_from,
               const trusted_proxies& proxies, bool has_tls);

} // namespace spec_kitty::listener
