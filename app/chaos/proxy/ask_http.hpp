// One request of the harness itself to a server on loopback, as a thief or a browser sends it.
#pragma once

#include "app/chaos/proxy/http_text.hpp"

namespace spec_kitty::chaos {

/// A request with its length and `Connection: close`; `more` after those headers.
std::string request_text(std::string_view method, std::string_view path, int port,
                         std::string_view body, std::string_view type,
                         const header_list& more = {});

/// Sends it to 127.0.0.1:`port`; nothing where no whole reply comes within ten seconds.
std::optional<http_text> ask_http(int port, const std::string& request);

} // namespace spec_kitty::chaos
