// A batch of events, from its unpacked bytes to one verdict for each event.
//
//   text ─▶ one pass: UTF-8, outer object, each event checked where it stands
//   (messages/event_check);
//           an event that this pass does not take is cut out and judged by the careful path
//        ─▶ team: another team's event refuses the whole batch; `local` or none becomes the
//        caller's ─▶ doubles within the batch: equal ones are `duplicate`, others `id_conflict` ─▶
//        what is new goes to the store, whose outcomes complete the verdicts (batch_reply.hpp)
//
// What is kept is the text as it came, but for team_slug. Unknown members stay. Pure.
#pragma once

#include "app/server/core/encoding.hpp"
#include "messages/custom_types.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spec_kitty::server {

/// Why an event is not kept. The names stand in replies and never change. All are `rejected`, but
/// clock_behind, which is an `error`: the event is taken with a new stamp.
enum class refusal : std::uint8_t { invalid, unknown_type, id_conflict, clock_behind, clock_ahead };
std::string_view to_string(refusal why);

struct event_refusal {
  refusal why = refusal::invalid;
  std::string message;
  std::string pointer; ///< JSON Pointer of the member, for `invalid`; may be empty
};

/// An event of a batch. The views live as long as the batch.
struct batch_event {
  std::string_view id;   ///< as sent; empty where it is missing or not a text
  std::string_view kept; ///< the text that is stored
  std::string_view node_id;
  std::uint64_t lamport_clock = 0;
  sha256_digest leaf{};
  std::optional<event_refusal> refused;
  /// The event of this batch that is the same one: it is stored in this event's place.
  std::optional<std::size_t> same_as;

  bool goes_to_store() const { return !refused && !same_as; }
};

/// A batch in which each event has been judged by itself.
class event_batch {
public:
  event_batch() = default;
  event_batch(event_batch&&) = default;
  event_batch& operator=(event_batch&&) = default;
  event_batch(const event_batch&) = delete;
  event_batch& operator=(const event_batch&) = delete;

  const std::vector<batch_event>& events() const { return events_; }
  std::vector<batch_event>& events() { return events_; }
  /// Bytes that it holds in memory.
  std::size_t bytes() const;
  /// A text that lives as long as the batch.
  std::string_view keep(std::string text) { return owned_.emplace_back(std::move(text)); }
  /// The batch's own text from now on.
  std::string_view hold(std::string text) {
    text_ = std::make_unique<const std::string>(std::move(text));
    return *text_;
  }

private:
  std::unique_ptr<const std::string> text_; ///< it stays where it is when the batch is moved
  std::deque<std::string> owned_;
  std::vector<batch_event> events_;
};

/// Why a whole batch is refused: the status line, and words for a person.
struct batch_refusal {
  int status = 400;
  std::string message;
  std::string limit; ///< the limit of `limits` that was exceeded, for 413
  std::size_t limit_value = 0;
};

/// What a batch is judged by.
struct batch_rules {
  std::string team_slug;
  const custom_types* more_types = nullptr; ///< of this team; may be null
  std::size_t max_events = 1000;
};

/// Judges a request's unpacked body, `{"events":[…]}`.
std::variant<event_batch, batch_refusal> read_batch(std::string body, const batch_rules& rules);

/// Judges one event of a WebSocket message, which is its whole text.
std::variant<event_batch, batch_refusal> read_single_event(std::string text,
                                                           const batch_rules& rules);

} // namespace spec_kitty::server
