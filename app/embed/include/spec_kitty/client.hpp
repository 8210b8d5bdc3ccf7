// spec-kitty inside another program: durable, causal, offline-first events.
//
//   auto opened = spec_kitty::client::open({});
//   spec_kitty::client& events = *opened;
//   events.emit_best_effort(spec_kitty::wp_status_changed{"WP01", "planned", "doing"});
//
// Standard types only; C++17. The guarantees stand in docs/embedding.md.
#pragma once

#include "spec_kitty/api.hpp"
#include "spec_kitty/event.hpp"
#include "spec_kitty/options.hpp"
#include "spec_kitty/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace spec_kitty {

/// What has been promised about one event: a future that is always answered.
class SPEC_KITTY_API pending_receipt {
public:
  struct state; ///< opaque

  explicit pending_receipt(std::shared_ptr<state> of) : state_(std::move(of)) {}

  /// True when get() would not wait.
  [[nodiscard]] bool ready() const;

  /// Waits for the receipt, at most `patience`. `timeout` when the wait ends first: the event
  /// may still become durable. May be asked again; in a child process made by fork,
  /// `store_unusable`.
  [[nodiscard]] result<receipt> get(std::chrono::milliseconds patience) const;

  /// The same, with options::patience.
  [[nodiscard]] result<receipt> get() const;

private:
  std::shared_ptr<state> state_;
};

/// Ends a subscription when it is destroyed; the handler is not called any more afterwards, unless
/// it is at work on another thread just then.
class SPEC_KITTY_API subscription {
public:
  subscription() = default;
  /// For the library: what is given up at the end.
  explicit subscription(std::shared_ptr<void> entry) : entry_(std::move(entry)) {}

private:
  std::shared_ptr<void> entry_;
};

/// Where a subscription begins in the team's log: behind the last event that a program has done its
/// work for. `update::log` and `update::seq` name it.
struct subscription_start {
  std::uint64_t after = 0; ///< events with a higher number; 0: from the oldest that is kept
  std::string log{};       ///< the log of that number; empty: whichever the team has
};

/// One home's events, from any thread. Move-only; a moved-from client answers `stopping`.
///
/// Nothing here throws but for lack of memory, prints, ends the process, handles a signal or looks
/// at the current folder. After fork() the child's calls are refused with `store_unusable`; its
/// destructor does nothing.
class SPEC_KITTY_API client {
public:
  /// Opens a home and starts what delivers its events in the background. `bad_input`,
  /// `bad_config`: options that cannot be used, each named; `store_version`, `store_corrupt`,
  /// `store_unusable`: a store that cannot be; `overloaded`: no thread, descriptor or memory.
  /// A store that others hold just now is no reason to refuse: events wait beside it.
  static result<client> open(options wanted);

  client(client&&) noexcept;            ///< leaves one that answers `stopping`
  client& operator=(client&&) noexcept; ///< the same; what was here is stopped
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  /// stop() with options::stop_within. Safe at any time and on any thread, in a callback too.
  ~client();

  /// Records an event. It is checked before the call returns; the receipt comes after the commit.
  /// At options::max_in_flight unanswered events options::full decides. Errors are in the receipt:
  /// `invalid_event`, `event_too_large`, `queue_full`, `overloaded`, `stopping`, `store_*`.
  pending_receipt emit(const event& what);

  /// The same, with a call instead of a future: exactly once, on options::executor. Should it
  /// throw, that is logged and counted (client_status::callbacks_failed).
  void emit(const event& what, std::function<void(const result<receipt>&)> then);

  /// Hands an event over and never waits, whatever options::full says. False: it was not taken;
  /// what is lost here or later is counted (client_status::dropped, client_status::refused) and
  /// logged.
  bool emit_best_effort(const event& what) noexcept;

  /// Waits until what was emitted before is durable, then until it is on the server; at most
  /// `deadline`. How far that went is in the report; fails only where the client cannot be used.
  result<flush_report> flush(std::chrono::milliseconds deadline);

  /// How things stand: what is in this process, what waits in the home, the connection.
  [[nodiscard]] result<client_status> status() const;

  /// Hears of remote events and changes until the subscription is destroyed; on options::executor.
  /// A handler that falls 10,000 updates behind misses the next ones (callbacks_failed).
  [[nodiscard]] subscription subscribe(std::function<void(const update&)> handler);

  /// The same, with the events of others behind a number first, where the server offers `resume`:
  /// each once, in the order of the log, however the connection goes meanwhile. One that falls
  /// behind is told of them later. `trouble` says where a log was taken back.
  [[nodiscard]] subscription subscribe(std::function<void(const update&)> handler,
                                       const subscription_start& start);

  /// Takes nothing more, commits what is in flight, gives leases back, ends every thread; at most
  /// about `deadline`. `stopping` when something did not end in time: it is left behind, and no
  /// recorded event is lost. A second call does nothing.
  result<void> stop(std::chrono::milliseconds deadline);

private:
  class impl;
  friend struct client_access;
  explicit client(std::shared_ptr<impl> made);
  std::shared_ptr<impl> impl_;
};

} // namespace spec_kitty
