// libwebsockets made ready for one connection: what is set once for the process, and a context.
#pragma once

#include "messages/link.hpp"

#include <libwebsockets.h>

#include <string>

namespace spec_kitty {

/// The file of certificates that a connection trusts.
std::string ca_file_of(const link_request& request);

/// A context with one vhost for one client connection; nullptr where there is no memory or no
/// descriptor left. `protocols` stay; the first gets everything that happens.
lws_context* make_lws_context(const link_request& request, const lws_protocols* protocols);

/// Begins to connect to a numeric address. `wsi` is set before anything happens to it. False when
/// it failed at once, which no callback reports.
bool begin_connection(lws_context* context, const link_request& request, const std::string& address,
                      void* owner, lws** wsi);

/// The Host header; an IPv6 address has brackets, the usual port is left out.
std::string host_header(const link_request& request);

} // namespace spec_kitty
