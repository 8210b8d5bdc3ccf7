// What a browser sends: the fields of a form or a query, and whether they come from this site.
#pragma once

#include "app/listener/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

/// `application/x-www-form-urlencoded`, of a body or a query: the value of a field, decoded;
/// nothing where it is missing, given twice, or badly encoded.
std::optional<std::string> form_field(std::string_view body, std::string_view name);

/// Whether the request names this server as its host: `url` is the server's public URL. Where that
/// is a loopback address, each name of it will do.
bool has_own_host(const listener::inbound_request& request, std::string_view url);

/// Whether a change comes from a page of this site: its Origin is the one of the host that it
/// names, and no other site is said to have sent it. A request that says neither is not a browser's
/// and has nothing but its form token. Ask has_own_host first.
bool is_from_this_site(const listener::inbound_request& request, std::string_view url);

/// The same for a WebSocket or a stream that is opened by a cookie: it must name its Origin.
bool may_open_by_cookie(const listener::inbound_request& request, std::string_view url);

} // namespace spec_kitty::server
