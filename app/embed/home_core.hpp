// What one open home in a host knows, for every thread; the doors (client, embedded) and
// ROOT_SUPERVISOR share it. It composes four parts, each with a lock of its own:
//
//   emit_context_cache  what events are emitted in: team, redaction terms
//   event_counters      what became of them
//   update_listeners    the functions that receive updates
//   actor_directory     where QUEUE and ROOT_SUPERVISOR are just now
#pragma once

#include "app/embed/actor_directory.hpp"
#include "app/embed/callback_executor.hpp"
#include "app/embed/checked_options.hpp"
#include "app/embed/emit_context_cache.hpp"
#include "app/embed/event_counters.hpp"
#include "app/embed/update_listeners.hpp"
#include "messages/interfaces.hpp"
#include "spec_kitty/event.hpp"

#include <atomic>
#include <memory>

namespace spec_kitty::embed {

class home_core {
public:
  explicit home_core(checked_options checked);

  const home_view& view() const { return checked_.view; }
  const options& given() const { return checked_.given; }
  const std::optional<server_url>& server() const { return checked_.server; }
  actor_directory& actors() { return actors_; }
  update_listeners& listeners() { return *listeners_; }
  callback_executor& callbacks() { return callback_executor_; }

  /// Checks and completes an event; counts what is refused.
  result<event_draft> prepare(const event& what);
  /// True for the first call after the session changed so that the transports should look at it.
  bool take_session_change();

  /// The outcome of an append, counted, as the host receives it.
  result<receipt> count(result<append_receipt> outcome);
  /// An event that was not taken: counted, and logged now and then.
  failure drop(failure why);
  /// A failure of an event or part, kept for the status.
  void note(const failure& why) { counters_.note(why); }
  void log(log_level level, std::string_view words) noexcept { host_log_->log(level, words); }

  /// Has the transports look for events, where there are any.
  void wake_transports();
  /// From SUPERVISOR's threads: logs what a host should know and passes it to the listeners.
  void on_notice(const notice& what_happened);
  /// Has the pages read that subscribers want.
  void read_pages();
  /// The connection's reason; empty when connected.
  std::string why_not_connected() const;
  /// How things stand; store_* where the store cannot be read.
  result<client_status> status(std::uint64_t in_flight) const;

private:
  epoch_us now() const;
  bool on_heard(const notice& what_happened);
  /// At most each second.
  void look_at_session();

  const checked_options checked_;
  std::shared_ptr<host_log> host_log_;
  callback_executor callback_executor_;
  emit_context_cache context_;
  std::atomic<bool> session_changed_{false};
  event_counters counters_;
  std::shared_ptr<update_listeners> listeners_;
  actor_directory actors_;
};

} // namespace spec_kitty::embed
