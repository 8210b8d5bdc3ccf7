// The connection's states and what leads from one to another, as a pure machine. SUPERVISOR
// feeds it what happened and carries out its orders; nothing else starts a WEBSOCKET. Source:
// docs/protocol.md, Connection states.
//
//                started                snapshot
//     Offline ────────────▶ Reconnecting ───────▶ Connected
//        ▲                    ▲  │  ▲ ▲               │
//        │ auth required,     │  │  │ └── lost ───────┤
//        │ logged out, stop   │  │  │ failed (wait)   │ lost too often
//        └────────────────────┘  │  └──┘              │ within a minute
//                                ▼ 10th in a row      ▼
//                            OfflineBatchMode ◀───────┘
//                 every 5 min, sync now, a batch that succeeds: Reconnecting
#pragma once

#include "actors/supervisor/restart_policy.hpp"
#include "messages/connection.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace spec_kitty {

/// Failures in a row after which only batches are sent.
inline constexpr unsigned max_connection_attempts = 10;
/// How often OfflineBatchMode looks for the WebSocket again.
inline constexpr std::chrono::minutes offline_retry{5};
/// A connection that is lost more often than this goes to OfflineBatchMode too: a server that
/// accepts and hangs up at once is of no use, though the attempt itself does not fail.
inline constexpr restart_policy loss_policy{20, std::chrono::milliseconds{60000}, {}, {}};

/// The wait before attempt `failures` + 1: 0.5 s doubling to 30 s, give or take a second.
/// `random` is in [0, 1).
std::chrono::milliseconds reconnect_delay(unsigned failures, double random);

class connection_machine {
public:
  /// What to do after a cause; with neither, nothing.
  struct order {
    /// Start a WEBSOCKET when this has passed; replaces an earlier order.
    std::optional<std::chrono::milliseconds> start_in = std::nullopt;
    bool end = false; ///< end the present WEBSOCKET, start no other
  };

  /// `random` gives numbers in [0, 1).
  explicit connection_machine(std::function<double()> random) : random_(std::move(random)) {}

  const connection_status& status() const { return status_; }

  /// There is a session and the WebSocket is wanted: the first attempt, at once.
  order begin_trying(epoch_us now);
  /// The snapshot came.
  order on_snapshot(epoch_us now);
  /// The last WEBSOCKET has ended. `steady` is time that no clock change touches.
  order on_end(const failure& why, epoch_us now, std::chrono::milliseconds steady);
  /// `sync now` in another process, a successful batch, or the five minutes are over.
  order try_again(epoch_us now, std::string reason);
  /// Logged out, stopped, not wanted, no server: `reason` names it.
  order go_offline(epoch_us now, std::string reason);

private:
  void become(connection_state state, std::string reason, epoch_us now);

  std::function<double()> random_;
  connection_status status_{connection_state::offline, "not started yet", 0, 0};
  restart_history losses_{loss_policy};
};

} // namespace spec_kitty
