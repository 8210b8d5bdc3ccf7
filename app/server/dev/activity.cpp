#include "app/server/dev/activity.hpp"

#include "util/json.hpp"
#include "util/utf8.hpp"

namespace spec_kitty::server::dev {

std::string socket_line(std::string_view what, std::string_view event_id, bool json) {
  const std::string id = printable(std::string(event_id));
  if (!json)
    return id.empty() ? "WebSocket " + std::string(what)
                      : "WebSocket event " + id + ": " + std::string(what);
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ws", id.empty() ? what : std::string_view("event"));
  if (!id.empty()) {
    field(out, "event_id", id);
    field(out, "status", what);
  }
  out.EndObject();
  return to_text(buffer);
}

} // namespace spec_kitty::server::dev
