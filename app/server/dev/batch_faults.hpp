// A batch between the listener and the server: some of its events are answered here, the others
// are passed on.
//
//   body ─▶ split ─▶ what is passed on ─▶ server ─▶ its reply ─▶ joined with what was held ─▶
//   client
#pragma once

#include "app/listener/message.hpp"
#include "app/server/dev/faults.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server::dev {

struct split_batch {
  struct part {
    std::string text; ///< the event's
    std::string id;   ///< empty where it has none
    std::optional<held_event> held;
  };
  std::vector<part> parts;

  bool holds_any() const;
  bool holds_all() const;
  /// `{"events":[…]}` with what is passed on.
  std::string body() const;
};

/// Nothing where the body is not a batch: the server says what is wrong with it.
std::optional<split_batch> split(const listener::inbound_request& request, event_faults& faults);

/// The server's reply (`results`, `server_clock`) with the results of what was held, each in its
/// place. Nothing where it is not such a reply.
std::optional<std::string> joined(const split_batch& batch, std::string_view reply);

/// The reply to a batch of which nothing was passed on.
std::string reply_to_held(const split_batch& batch, std::uint64_t server_clock);

/// The texts of the events that the reply says are new, one in a line.
std::string kept_lines(const split_batch& batch, std::string_view reply);

} // namespace spec_kitty::server::dev
