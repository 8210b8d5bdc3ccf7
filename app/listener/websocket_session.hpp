// A WebSocket from its upgrade to its end.
#pragma once

#include "app/listener/io_thread.hpp"
#include "app/listener/message.hpp"
#include "app/listener/stream.hpp"
#include "app/listener/websocket.hpp"

#include <functional>
#include <memory>

namespace spec_kitty::listener {

/// Answers the upgrade of a request that judge_upgrade let through, and serves the socket. `record`
/// is called once with whether the upgrade was answered.
void start_websocket(io_thread& io, std::shared_ptr<stream> bytes, connection_ticket ticket,
                     const inbound_request& request, websocket_events events,
                     std::function<void(bool)> record);

} // namespace spec_kitty::listener
