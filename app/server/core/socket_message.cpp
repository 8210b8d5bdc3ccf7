#include "app/server/core/socket_message.hpp"

#include "messages/event.hpp"
#include "messages/event_check.hpp"
#include "util/json.hpp"
#include "util/json_slices.hpp"

#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::string_view nested_begin = R"({"type":"event","event":)";

socket_message bad_message(std::string trouble) {
  return {socket_message::kind::bad, {}, {}, std::move(trouble)};
}

socket_message event_of(std::string text, std::string_view id) {
  return {socket_message::kind::event, std::move(text), std::string(id), {}};
}

/// The message of a client that writes as this project's does, without reading it twice.
std::optional<socket_message> read_plain_message(const std::string& text) {
  plain_event found;
  if (check_plain_event(text, found) && found.text.size() == text.size())
    return event_of(text, found.event_id);
  const std::string_view view(text);
  if (view.starts_with(nested_begin) && view.ends_with('}') &&
      check_plain_event(view.substr(nested_begin.size()), found) &&
      nested_begin.size() + found.text.size() + 1 == view.size())
    return event_of(std::string(found.text), found.event_id);
  return std::nullopt;
}

} // namespace

socket_message read_socket_message(std::string text) {
  // A member named `type` beside an event's own makes it a flat message.
  if (text.find(R"("type":)") == std::string::npos || text.starts_with(nested_begin))
    if (auto plain = read_plain_message(text))
      return *plain;
  const auto compact = compact_json(text);
  if (!compact)
    return bad_message(compact.error().message);
  const auto message = parse_checked_json(*compact);
  if (!message || !message->IsObject())
    return bad_message("the message is not a JSON object");
  const auto type = text_of(*message, "type");
  if (!type)
    return event_of(*compact, text_of(*message, "event_id").value_or(""));
  if (*type == "pong")
    return {socket_message::kind::ignored, {}, {}, {}};
  if (*type == "resume")
    return {socket_message::kind::resume, {}, {}, {}, read_resume(*message)};
  if (*type != "event")
    return bad_message("unknown message type " + excerpt(*type));
  if (const json_value* nested = member(*message, "event"); nested != nullptr && nested->IsObject())
    return event_of(std::string(member_slice(*compact, "event").value_or("{}")),
                    text_of(*nested, "event_id").value_or(""));
  return event_of(without_member(*compact, "type"), text_of(*message, "event_id").value_or(""));
}

std::string_view event_id_in(std::string_view event) {
  constexpr std::string_view name = R"("event_id":")";
  constexpr std::size_t id_characters = 26;
  const std::size_t at = event.find(name);
  if (at == std::string_view::npos)
    return {};
  const std::string_view id = event.substr(at + name.size(), id_characters);
  return is_ulid(id) ? id : std::string_view{};
}

std::string ack_message(std::string_view event_id, std::string_view status) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "type", "ack");
  field(out, "event_id", event_id);
  field(out, "status", status);
  out.EndObject();
  return to_text(buffer);
}

std::string error_message(std::string_view event_id, std::string_view message,
                          std::string_view error_code) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "type", "error");
  field(out, "event_id", event_id.empty() ? std::nullopt : std::optional(std::string(event_id)));
  field(out, "message", message);
  if (!error_code.empty())
    field(out, "error_code", error_code);
  out.EndObject();
  return to_text(buffer);
}

std::string event_message(std::string_view event) {
  std::string text;
  text.reserve(nested_begin.size() + event.size() + 1);
  return text.append(nested_begin).append(event).append("}");
}

std::string ping_message(std::int64_t now_s) {
  return R"({"type":"ping","timestamp":)" + std::to_string(now_s) + "}";
}

} // namespace spec_kitty::server
