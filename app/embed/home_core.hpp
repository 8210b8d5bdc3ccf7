// What one open home in a host knows, for every thread: the events' context, the counters, who
// listens, and where QUEUE is just now. The doors (client, embedded) and ROOT_SUPERVISOR share it.
#pragma once

#include "app/embed/callback_executor.hpp"
#include "app/embed/checked_options.hpp"
#include "messages/interfaces.hpp"
#include "spec_kitty/event.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

namespace spec_kitty::embed {

class home_core : public std::enable_shared_from_this<home_core> {
public:
  explicit home_core(checked_options checked);

  const home_view& view() const { return checked_.view; }
  const options& given() const { return checked_.given; }
  const std::optional<server_url>& server() const { return checked_.server; }
  epoch_us now() const;

  /// Checks and completes an event; counts what is refused.
  result<event_draft> prepare(const event& what);
  /// True once after the session changed so that the transports should look at it.
  bool take_session_change();
  std::string team() const;

  /// The outcome of an append, counted, as a host is told.
  result<receipt> count(result<append_receipt> outcome);
  /// An event that was not taken: counted, and logged now and then.
  failure drop(failure why);
  /// A failure of an event or part, kept for the status.
  void note(const failure& why);

  void log(log_level level, std::string_view words) noexcept { host_log_->log(level, words); }
  callback_executor& callbacks() { return callback_executor_; }

  /// From SUPERVISOR's threads.
  void hear(const notice& what);
  /// The connection's reason; empty when connected.
  std::string why_not_connected() const;
  std::shared_ptr<void> subscribe(std::function<void(const update&)> handler);
  /// Updates to one more listener, at once on the teller's thread.
  void tell_directly(std::function<void(const update&)> handler);

  /// How things stand; store_* where the store cannot be read.
  result<client_status> status(std::uint64_t in_flight) const;

  // ── Where the actors are ────────────────────────────────────────────────────────────────────
  void set_root_supervisor(wakeup_actor root_supervisor);
  void set_queue(queue_actor queue);
  /// QUEUE as it is now; nothing while or when there is none.
  queue_actor queue() const;
  /// Why there is no QUEUE.
  failure why_no_queue() const;
  void no_queue(failure why);
  /// Has the transports look for events, soon; many calls at once cost one message.
  void wake_transports();
  /// ROOT_SUPERVISOR has seen the rouse: the next one is a message again.
  void wakeup_delivered() { wakeup_pending_.store(false); }
  /// Tells ROOT_SUPERVISOR of transports that have failed for good; `set` names those that are
  /// meant.
  void fail_transports(std::uint64_t set);

private:
  struct listener;
  void publish(const update& what);
  /// At most each second.
  void look_at_session();
  std::shared_ptr<const emit_context> context() const;

  const checked_options checked_;
  std::shared_ptr<host_log> host_log_;
  callback_executor callback_executor_;

  mutable std::mutex context_guard_;
  std::shared_ptr<const emit_context> context_;
  std::atomic<epoch_us> next_look_{0};
  std::string session_seen_; ///< stamp of the credentials file
  std::atomic<bool> session_changed_{false};

  std::atomic<std::uint64_t> emitted_{0};
  std::atomic<std::uint64_t> spilled_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<epoch_us> next_drop_line_{0};

  mutable std::mutex listeners_guard_;
  failure last_problem_{ec::ok, {}, {}};
  connection_status link_;
  std::map<std::uint64_t, std::shared_ptr<listener>> listeners_;
  std::atomic<std::uint64_t> last_listener_{0};
  std::function<void(const update&)> direct_;

  mutable std::mutex actors_guard_;
  queue_actor queue_;
  wakeup_actor root_supervisor_;
  failure why_no_queue_{ec::stopping, "the client has been stopped", {}};
  std::atomic<bool> wakeup_pending_{false};
};

link_state to_link_state(connection_state state);

} // namespace spec_kitty::embed
