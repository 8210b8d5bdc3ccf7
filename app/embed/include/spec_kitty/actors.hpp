// spec-kitty in a host's own caf::actor_system: typed handles that outlive what is behind them.
//
//   auto home = spec_kitty::embedded::spawn(system, {});
//   self->request(home->events(), 5s, spec_kitty::emit_message{…}).then(…);
//   home->stop(10s);                       // before the system ends
//
// Needs CAF's headers; messages stay inside one process.
#pragma once

#include "spec_kitty/api.hpp"
#include "spec_kitty/event.hpp"
#include "spec_kitty/options.hpp"
#include "spec_kitty/result.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <memory>

namespace spec_kitty {

/// Records an event; the receipt comes after the commit.
struct emit_message {
  event what; ///< the event
};
/// Brings what is durable to the server, as client::flush does.
struct flush_message {
  std::chrono::milliseconds deadline{}; ///< from the message's arrival on
};
/// Asks how things stand.
struct status_message {};
/// Asks for the home's Lamport clock.
struct clock_message {};
/// A Lamport value that came with something from outside: merged by the receive rule.
struct heard_clock_message {
  std::uint64_t remote = 0; ///< what was heard
};
/// The home's Lamport clock.
struct clock_reading {
  std::uint64_t value = 0; ///< of the latest event
};

/// Records. Errors are those of client::emit; failure_of() reads them.
using events_handle = caf::typed_actor<caf::replies_to<emit_message>::with<receipt>>;
/// Delivers, and tells.
using sync_handle = caf::typed_actor<caf::replies_to<flush_message>::with<flush_report>,
                                     caf::replies_to<status_message>::with<client_status>>;
/// The Lamport clock.
using clock_handle = caf::typed_actor<caf::replies_to<clock_message>::with<clock_reading>,
                                      caf::replies_to<heard_clock_message>::with<clock_reading>>;

/// A failure that came as an error of these handles; CAF's own errors come as `stopping`,
/// `transport` or `internal`.
SPEC_KITTY_API failure failure_of(const caf::error& error);

/// One home in a host's actor system. Several may be in one, each with a home of its own or not.
///
/// stop() comes before the system ends. Where that is forgotten the system ends all the same, the
/// log sink hears an error that says so, and what was recorded is kept.
class SPEC_KITTY_API embedded {
public:
  /// As client::open. Of the options, max_in_flight, full, block_for and patience do not apply: a
  /// sender's own requests bound it. Updates go to `updates`, on an actor's thread, where given.
  static result<embedded> spawn(caf::actor_system& system, options wanted,
                                std::function<void(const update&)> updates = {});

  embedded(embedded&&) noexcept;            ///< leaves one whose handles are invalid
  embedded& operator=(embedded&&) noexcept; ///< the same; what was here is stopped
  embedded(const embedded&) = delete;
  embedded& operator=(const embedded&) = delete;
  /// stop() with options::stop_within.
  ~embedded();

  /// Good until stop(), through every restart of what is behind it; invalid afterwards.
  [[nodiscard]] events_handle events() const;
  [[nodiscard]] sync_handle sync() const;   ///< as events()
  [[nodiscard]] clock_handle clock() const; ///< as events()

  /// Commits what is in flight, gives leases back, ends every actor of this home; at most about
  /// `deadline`. Not to be called from an actor of the system's own threads: it waits. `stopping`
  /// when not all ended in time, or the system ended before.
  result<void> stop(std::chrono::milliseconds deadline);

private:
  class impl;
  explicit embedded(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace spec_kitty

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::emit_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::flush_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::status_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::clock_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::heard_clock_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::clock_reading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::flush_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(spec_kitty::client_status)
