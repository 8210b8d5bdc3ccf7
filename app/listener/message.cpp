#include "app/listener/message.hpp"

#include "util/json.hpp"

#include <algorithm>

namespace spec_kitty::listener {

std::string_view inbound_request::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const header_field& field) { return field.name == name; });
  return found == headers.end() ? std::string_view{} : std::string_view{found->value};
}

std::size_t inbound_request::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [&](const header_field& field) { return field.name == name; }));
}

outbound_reply error_reply(int status, std::string_view code, std::string_view message,
                           std::string_view request_id) {
  json_buffer text;
  json_writer out(text);
  out.StartObject();
  field(out, "error", message);
  field(out, "error_code", code);
  if (!request_id.empty())
    field(out, "request_id", request_id);
  out.EndObject();
  outbound_reply reply;
  reply.status = status;
  reply.body.assign(text.GetString(), text.GetSize());
  return reply;
}

} // namespace spec_kitty::listener
