#include "actors/websocket/message.hpp"

#include "messages/event.hpp"
#include "util/json_slices.hpp"
#include "util/utf8.hpp"

#include <array>
#include <utility>

namespace spec_kitty {

namespace {

using kind = server_message::kind;

constexpr std::size_t max_timestamp_bytes = 256; ///< as JSON; any form of a time is shorter

constexpr std::array<std::pair<std::string_view, kind>, 8> types = {{{"snapshot", kind::snapshot},
                                                                     {"event", kind::event},
                                                                     {"ping", kind::ping},
                                                                     {"ack", kind::ack},
                                                                     {"error", kind::error},
                                                                     {"resumed", kind::resumed},
                                                                     {"gap", kind::gap},
                                                                     {"through", kind::through}}};

constexpr std::size_t max_status_bytes = 64;
constexpr std::size_t max_feature_bytes = 255;

std::uint64_t number_in(const json_value& object, const char* name) {
  const json_value* value = member(object, name);
  return value != nullptr && value->IsUint64() ? value->GetUint64() : 0;
}

/// The event inside a message: nested, or all of it but the type.
void read_event(const std::string& text, const json_document& message, server_message& into) {
  const json_value* event = member(message, "event");
  const bool nested = event != nullptr && event->IsObject();
  if (!nested)
    event = &message;
  into.event_id = text_of(*event, "event_id").value_or("");
  if (nested) {
    into.seq = number_in(message, "seq");
    into.by = printable(text_of(message, "by").value_or(""));
  }
  if (into.seq > 0)
    into.change = status_change_in(*event, into.by);
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
  case kind::resumed:
    read.log = text_of(*parsed, "log").value_or("");
    if (!is_ulid(read.log))
      read.log.clear();
    read.head = number_in(*parsed, "head");
    read.seq = number_in(*parsed, "from");
    break;
  case kind::gap:
    read.seq = number_in(*parsed, "to");
    break;
  case kind::through:
    read.seq = number_in(*parsed, "seq");
    break;
  case kind::unknown:
    break;
  }
  return read;
}

std::string pong(const server_message& ping) {
  return R"({"type":"pong","timestamp":)" + ping.timestamp + "}";
}

std::string resume_message(std::string_view log, const std::vector<heard_place>& known) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "type", "resume");
  field(out, "log", log);
  if (known.empty())
    field(out, "from", "first");
  else {
    key(out, "known");
    out.StartArray();
    for (const auto& [seq, event] : known) {
      out.StartArray();
      out.Uint64(seq);
      put(out, to_string(event));
      out.EndArray();
    }
    out.EndArray();
  }
  out.EndObject();
  return to_text(buffer);
}

std::optional<status_change> status_change_in(const json_value& event, std::string_view by) {
  const auto text = [&](const char* name) { return text_of(event, name).value_or(""); };
  const json_value* payload = member(event, "payload");
  if (text("event_type") != "WPStatusChanged" || payload == nullptr || !payload->IsObject())
    return std::nullopt;
  status_change change;
  change.project = text("project_uuid");
  change.feature = text("feature_slug");
  change.wp_id = text_of(*payload, "wp_id").value_or("");
  change.node_id = text("node_id");
  change.event_id = text("event_id");
  change.lamport = number_in(event, "lamport_clock");
  change.before = text_of(*payload, "previous_status").value_or("");
  change.after = text_of(*payload, "new_status").value_or("");
  change.by = by;
  const bool known = is_uuid(change.project) && !change.feature.empty() &&
                     change.feature.size() <= max_feature_bytes &&
                     is_work_package_id(change.wp_id) && change.before.size() <= max_status_bytes &&
                     change.after.size() <= max_status_bytes && is_ulid(change.event_id) &&
                     change.lamport > 0;
  return known ? std::optional(std::move(change)) : std::nullopt;
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
