// What is decided from the head of a request alone, before its body is read; and the figures.
#pragma once

#include "app/server/actors/context.hpp"

#include <optional>
#include <string>

namespace spec_kitty::server {

/// The refusal of a path, method, protocol or coding that the server does not have.
std::optional<listener::outbound_reply> refuse_head(const server_context& context,
                                                    const listener::inbound_request& request);

/// On the listener's threads: the same, and no body is read of a batch without a token that looks
/// good, or beyond what its path may have.
listener::head_decision judge_head(const server_context& context,
                                   const listener::inbound_request& request);

/// The text of /metrics.
std::string metrics_of(const server_context& context);

} // namespace spec_kitty::server
