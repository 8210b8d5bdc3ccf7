// Faults of one WebSocket: what comes is passed over, held or looked at, what goes out is left out
// or changed, and the connection ends before its time.
#pragma once

#include "app/listener/websocket.hpp"
#include "app/server/dev/delayed_calls.hpp"
#include "app/server/dev/faults.hpp"
#include "app/server/dev/layer.hpp"

#include <memory>

namespace spec_kitty::server::dev {

/// What all connections of a server share.
struct fault_play {
  fault_play(fault_rules given, activity_log given_log)
      : rules(std::move(given)), log(std::move(given_log)), events(rules), kept(rules.note_kept) {
    if (rules.cut_every_ms > 0 || rules.close_after_events > 0)
      later = std::make_unique<delayed_calls>();
  }

  const fault_rules rules;
  const activity_log log;
  event_faults events;
  kept_file kept;
  std::unique_ptr<delayed_calls> later; ///< where a rule needs it
};

/// The server's functions for a socket, with the rules between them and the socket.
listener::websocket_events with_faults(listener::websocket_events server,
                                       const std::shared_ptr<fault_play>& play);

} // namespace spec_kitty::server::dev
