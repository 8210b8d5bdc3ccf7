#include "app/dev_server/http.hpp"

#include "util/json.hpp"
#include "util/text.hpp"

namespace spec_kitty::dev_server {

std::optional<std::string_view> header_of(const http_request& request, std::string_view name) {
  const auto found = request.headers.find(name);
  if (found == request.headers.end())
    return std::nullopt;
  return found->second;
}

std::string bare_type(std::string_view header_value) {
  constexpr std::string_view blank = " \t";
  header_value = header_value.substr(0, header_value.find(';'));
  const auto first = header_value.find_first_not_of(blank);
  if (first == std::string_view::npos)
    return {};
  header_value = header_value.substr(first, header_value.find_last_not_of(blank) - first + 1);
  return lower_case(header_value);
}

bool is_this_machine(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos &&
      host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos)
    host = host.substr(0, colon);
  return host == "127.0.0.1" || host == "[::1]" || lower_case(host) == "localhost";
}

http_response refuse(int status, std::string_view message) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "error", message);
  out.EndObject();
  return {status, {buffer.GetString(), buffer.GetSize()}, {}, {}};
}

} // namespace spec_kitty::dev_server
