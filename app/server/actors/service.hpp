// The team server's actors behind an interface without actors: what a program composes with a
// store and a listener.
//
//   store ─▶ service::start ─▶ handlers() ─▶ http_listener::start
//   stop:  begin_stop() ─▶ http_listener::stop() ─▶ service::stop() ─▶ engine::stop() ─▶ destroy
//   the
//          service, then the engine: until it has stopped, the engine may still answer actors
#pragma once

#include "app/listener/listener.hpp"
#include "app/server/core/access_token.hpp"
#include "app/server/core/limits.hpp"
#include "app/server/core/session_tokens.hpp"
#include "app/server/store/engine.hpp"
#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace spec_kitty::server {

/// How requests are logged.
struct log_settings {
  std::function<void(std::string_view line)> write; ///< from any thread; empty: no log
  bool json = false;
  bool addresses = true; ///< false: lines hold no address of a client
};

/// What the boards of teams may hold in memory.
struct board_bounds {
  std::size_t boards = 200;
  std::size_t events = 1'500'000;    ///< of all boards; the last one may go beyond
  std::size_t waiting = 256;         ///< requests that wait for one board to be read
  epoch_us unused_for = 600'000'000; ///< a board that nobody looks at is dropped after so long
};

struct service_options {
  store::engine* engine = nullptr; ///< outlives the service
  std::string public_url;          ///< `iss` of access tokens, and of the pages until set_url()
  service_limits limits;
  board_bounds boards;
  session_rules sessions;
  epoch_us ping_every = 30'000'000; ///< on a WebSocket; 0: never
  log_settings log;
  bool serves_metrics = false; ///< at /metrics of this listener; else 404
  /// Batches that are unpacked, checked or answered at once; of one team one less, so that a core
  /// is left for the others. 0: one for each core, two to eight.
  std::size_t workers = 0;
  std::function<epoch_us()> wall_clock = wall_clock_now;
  std::function<epoch_us()> steady_clock = steady_now;
};

class service {
public:
  static result<std::unique_ptr<service>> start(service_options options, signing_keys keys);
  ~service();
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  /// Where people find the pages, once the listener has its port. From any thread.
  void set_url(std::string url);
  /// What the listener calls. Valid until stop() has returned.
  listener::listener_handlers handlers();
  /// Where the listener's figures come from, for /metrics.
  void set_listener_counters(std::function<listener::listener_counters()> counters);

  /// New tokens are signed with the newest of these from now on.
  void replace_keys(signing_keys keys);
  /// Every caller is looked up anew at its next request: after a change of accounts.
  void look_up_callers();
  /// Texts of events are not in the store any more: nothing in memory may show them.
  void texts_were_taken();
  /// The text of /metrics.
  std::string metrics() const;

  /// /readyz turns red; what is under way is answered.
  void begin_stop();
  /// Ends all actors. After the listener stopped, before the engine does. The store's news no
  /// longer reach this service.
  void stop();

private:
  class running;
  explicit service(std::unique_ptr<running> parts);
  std::unique_ptr<running> parts_;
};

} // namespace spec_kitty::server
