// The board as a service: one thread that owns the board, reads what has changed and answers.
//
// The features are read first and shown at once; queue and commits, which take seconds where they
// are large, by a thread of their own. Requests wait for the queue, streams do not.
//
//   I/O thread ── guard ── task ─▶ queue of tasks ─┐
//   inotify ───────────────────────────────────────┼─▶ the board's thread (run) ─▶ replies, streams
//   SIGINT, SIGTERM, SIGHUP ───────────────────────┘
#pragma once

#include "app/board/api/stream_hub.hpp"
#include "app/board/local/change_watch.hpp"
#include "app/board/local/guard.hpp"
#include "app/board/sources/local_board.hpp"
#include "app/listener/listener.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace spec_kitty::board {

class board_service {
public:
  board_service(workflow::repository repo, std::optional<home_view> home, std::string token);

  /// The functions of the listener that asks this service. The service lives longer than it.
  listener::listener_handlers handlers();
  /// Known once the listener has started; nothing is answered before.
  void set_port(std::uint16_t port) { port_ = port; }

  /// Serves until `signals`, a signalfd, can be read.
  void run(int signals);

private:
  void on_request(listener::inbound_request request, const listener::reply_callback& reply);
  void on_upgrade(const listener::inbound_request& request,
                  const listener::upgrade_callback& reply);
  guard_settings guard() const { return {port_, token_}; }
  void post(std::function<void()> task);
  void run_tasks();
  void read_changes(const source_changes& changes);
  void serve(int signals);
  void read_features();
  void read_slow_sources();
  void take_queue(result<home_reading> read);
  void read_next();

  local_board board_;
  bool has_queue_ = false;     ///< the queue has been read: the board knows its past
  bool queue_changed_ = false; ///< while it was read for the first time
  std::vector<std::function<void()>> waiting_; ///< requests that came before
  std::string looked_at_;                      ///< the feature that was read in turn last
  const std::string token_;
  std::atomic<std::uint16_t> port_{0};
  stream_hub hub_;
  change_watch watch_;
  unique_fd wake_; ///< eventfd
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
};

} // namespace spec_kitty::board
