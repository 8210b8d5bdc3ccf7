#include "actors/websocket/message.hpp"

#include "util/json_slices.hpp"
#include "util/utf8.hpp"

#include <array>
#include <utility>

namespace spec_kitty {

namespace {

using kind = server_message::kind;

constexpr std::size_t max_timestamp_bytes = 256; ///< as JSON; any form of a time is shorter

constexpr std::array<std::pair<std::string_view, kind>, 5> types = {{{"snapshot", kind::snapshot},
                                                                     {"event", kind::event},
                                                                     {"ping", kind::ping},
                                                                     {"ack", kind::ack},
                                                                     {"error", kind::error}}};

/// The event inside a message: nested, or all of it but the type.
void read_event(const std::string& text, const json_document& message, server_message& into) {
  const json_value* event = member(message, "event");
  const bool nested = event != nullptr && event->IsObject();
  if (!nested)
    event = &message;
  into.event_id = text_of(*event, "event_id").value_or("");
  const json_value* clock = member(*event, "lamport_clock");
  if (clock != nullptr && clock->IsUint64())
    into.lamport_clock = clock->GetUint64();
  into.node_id = text_of(*event, "node_id").value_or("");
  into.event =
      nested ? std::string(member_slice(text, "event").value_or("")) : without_member(text, "type");
}

} // namespace

result<server_message> read_server_message(std::string_view text) {
  const auto compact = compact_json(text);
  const auto parsed = compact ? parse_checked_json(*compact) : compact.error();
  if (!parsed)
    return failure{
        ec::bad_input, "the server sent a message that is not JSON: " + parsed.error().message, {}};
  const auto type = parsed->IsObject() ? text_of(*parsed, "type") : std::nullopt;
  if (!type)
    return failure{ec::bad_input, "the server sent a message without a type", {}};
  server_message read;
  read.type = *type;
  for (const auto& [name, what] : types)
    if (name == *type)
      read.what = what;
  switch (read.what) {
  case kind::event:
    read_event(*compact, *parsed, read);
    break;
  case kind::ping: {
    read.timestamp = member_slice(*compact, "timestamp").value_or("null");
    if (read.timestamp.size() > max_timestamp_bytes) // it would be sent back
      return failure{ec::bad_input, "the server sent a ping with an invalid timestamp", {}};
    break;
  }
  case kind::ack:
  case kind::error:
    read.event_id = text_of(*parsed, "event_id").value_or("");
    read.status = text_of(*parsed, "status").value_or("");
    read.code = text_of(*parsed, "error_code").value_or("");
    for (const char* name : {"error_message", "message", "detail", "reason", "error"})
      if (read.message.empty())
        read.message = printable(text_of(*parsed, name).value_or(""));
    break;
  case kind::snapshot:
  case kind::unknown:
    break;
  }
  return read;
}

std::string pong(const server_message& ping) {
  return R"({"type":"pong","timestamp":)" + ping.timestamp + "}";
}

std::string in_envelope(std::string_view envelope, std::string_view event) {
  std::string text;
  if (envelope == "flat")
    text.append(R"({"type":"event",)").append(event.substr(1));
  else if (envelope == "nested")
    text.append(R"({"type":"event","event":)").append(event).append("}");
  else
    text = event;
  return text;
}

} // namespace spec_kitty
