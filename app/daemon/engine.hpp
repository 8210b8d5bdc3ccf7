// The actors that a daemon runs, behind an interface without CAF: the control loop wakes them and
// receives their notices.
#pragma once

#include "app/daemon/drain_meter.hpp"
#include "app/home/home_view.hpp"
#include "app/home/log_reader.hpp"
#include "messages/connection.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace spec_kitty {

class engine {
public:
  /// Called on an actor's thread, one call at a time; must return quickly.
  using listener = std::function<void(const notice&)>;

  /// Starts the actors for the home, server and settings of `view`, which need not outlive the
  /// call. Without a server, or without a session, the connection stays Offline and has the reason.
  engine(const home_view& view, listener on_notice);
  /// After wind_down. Without it (an exception) the actors end at once: no event is lost, a lease
  /// runs out by itself.
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Returns at once.
  void notify(wakeup_reason why);

  /// Has a page of the team's log read; the answer is a notice.
  void read_log(const log_page_request& asked);
  /// What this home has heard of its team's log; empty where that is not known.
  log_place heard() const;

  /// Events that could be sent now, of the session's team; 0 when it is not known.
  std::uint64_t waiting() const;

  /// How far the run is that is under way.
  std::optional<drain_progress> progress() const;

  /// Begins nothing new, finishes what is in flight for at most `patience`, gives leases back,
  /// closes the WebSocket, then ends every actor and waits for it. The last call.
  void wind_down(std::chrono::milliseconds patience);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace spec_kitty
