// Who may ask the board of this machine: its own page, with its token. Pure.
//
// Cookies are not bound to a port and a page of another local port counts as the same site, so
// there is no cookie: the token stands in a header that no foreign page can send.
#pragma once

#include "app/listener/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::board {

struct guard_settings {
  std::uint16_t port = 0;
  std::string token;
};

/// The refusal of a request for anything but the page; nothing when it may be answered. Its Host,
/// Origin and Sec-Fetch-Site must be this board's, its bearer token the right one; a POST needs
/// `X-Board`, which no page of another origin can send.
std::optional<listener::outbound_reply> refuse(const listener::inbound_request& request,
                                               const guard_settings& settings);

/// The same for the page itself, which holds nothing of anybody: only its Host counts.
std::optional<listener::outbound_reply> refuse_page(const listener::inbound_request& request,
                                                    const guard_settings& settings);

/// The same for an upgrade: the token comes in the first message.
std::optional<listener::outbound_reply> refuse_stream(const listener::inbound_request& request,
                                                      const guard_settings& settings);

/// Whether two secrets are the same, in a time that does not depend on where they differ.
bool is_same_secret(std::string_view given, std::string_view right);

} // namespace spec_kitty::board
