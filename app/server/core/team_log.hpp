// A team's log as clients read it: where they go on, what they are sent, pages over HTTP.
// Source: docs/protocol.md, Resume. Pure.
#pragma once

#include "messages/ulid.hpp"
#include "util/json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server {

/// The name of the extension, as it is offered and asked for.
inline constexpr std::string_view resume_extension = "resume";

/// Whether a `Spec-Kitty-Extensions` header names an extension.
bool names_extension(std::string_view header_value, std::string_view extension);

/// An event that a client has heard, and its place.
struct known_event {
  std::uint64_t seq = 0;
  ulid event;

  bool operator==(const known_event&) const = default;
};
inline constexpr std::size_t max_known_events = 16;

/// Where a client wants to go on.
struct resume_request {
  enum class start : std::uint8_t {
    known, ///< behind the newest of `known` that the log has
    first, ///< with everything that is kept
    head,  ///< with what comes next
  };
  start from = start::known;
  std::vector<known_event> known; ///< newest first
};
/// Nothing where the message is not as the protocol says.
std::optional<resume_request> read_resume(const json_value& message);

/// Where a log stands.
struct log_position {
  std::string_view log; ///< its id
  std::uint64_t first = 1;
  std::uint64_t head = 0;
};

std::string resume_snapshot(const log_position& at);
std::string resumed_message(std::string_view log, std::uint64_t from, std::uint64_t head);
/// `by_json`: an account's name as a JSON string.
std::string log_event_message(std::uint64_t seq, std::string_view by_json, std::string_view event);
std::string gap_message(std::uint64_t from, std::uint64_t to, std::string_view reason);
std::string through_message(std::uint64_t seq);
/// A text as a JSON string.
std::string json_string(std::string_view text);

/// What `GET /api/v1/events/` asks for.
struct log_query {
  std::string log; ///< empty: whichever it is
  std::uint64_t after = 0;
  std::size_t limit = 1000;
};
inline constexpr std::size_t max_log_page_events = 1000;
inline constexpr std::size_t max_log_page_bytes = std::size_t{1} << 20;
/// What stands around an event of a page, beside the sender's name.
inline constexpr std::size_t log_page_event_bytes = 48;
/// Nothing where a value is not a number, or not one of a log. Unknown names are passed over.
std::optional<log_query> read_log_query(std::string_view query);

/// The reply's body, in the making; rising numbers are added.
class log_page_body {
public:
  /// Room is made once for so many bytes of events, with what stands around them.
  explicit log_page_body(const log_position& at, std::size_t expected_bytes = 0);
  /// False, and nothing is added, where the reply would be over max_log_page_bytes; one event is
  /// always taken.
  bool add_event(std::uint64_t seq, std::string_view by_json, std::string_view event);
  /// Bounded by the events between which gaps lie; false as above.
  bool add_gap(std::uint64_t from, std::uint64_t to, std::string_view reason);
  /// `through`: read on after this one.
  std::string finish(std::uint64_t through) &&;

private:
  std::string body_;
  std::string gaps_;
  std::string by_;     ///< the sender of the last event, as JSON
  std::string sender_; ///< the members that it makes, up to the next event's text
  std::size_t events_ = 0;
};

} // namespace spec_kitty::server
