#include "actors/http/log_page_reply.hpp"

#include "actors/http/transport_failure.hpp"
#include "messages/event.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"
#include "util/json_slices.hpp"
#include "util/utf8.hpp"
#include "util/version.hpp"

#include <utility>

namespace spec_kitty {

namespace {

/// One event may be as large as a batch.
constexpr std::size_t max_page_bytes = std::size_t{65} << 20;

std::uint64_t number_in(const json_value& object, const char* name) {
  const json_value* value = member(object, name);
  return value != nullptr && value->IsUint64() ? value->GetUint64() : 0;
}

failure malformed() {
  return {ec::transport, "the server sent a page of events that is not as the protocol says",
          "ask the server's operator"};
}

} // namespace

http_request log_page_question(const log_page_source& at, const std::string& access,
                               const std::string& log, std::uint64_t after, std::size_t limit) {
  http_request request;
  request.method = "GET";
  request.url = at.server.at(protocol::events_path) + "?after=" + std::to_string(after) +
                "&limit=" + std::to_string(limit) + (log.empty() ? "" : "&log=" + log);
  request.headers = {"Authorization: Bearer " + access,
                     "User-Agent: spec-kitty/" + std::string(version), protocol::version_header};
  request.ca_file = at.ca_file;
  request.timeout = at.timeout;
  request.max_reply_bytes = max_page_bytes;
  return request;
}

result<log_page> read_log_page(const http_reply& reply) {
  const auto body = server_object(reply);
  if (body && reply.status == 401)
    return failure{ec::login_required, "the server does not accept the session",
                   "run: spec-kitty auth login"};
  if (body && reply.status == 409)
    return failure{ec::not_found, "the team's log at the server is another one now", {}};
  if (!body || reply.status != 200)
    return transport_failure(reply, "page of events");
  log_page page;
  page.log = text_of(*body, "log").value_or("");
  page.head = number_in(*body, "head");
  page.through = number_in(*body, "through");
  const json_value* events = member(*body, "events");
  const auto compact = compact_json(reply.body);
  const auto slices = compact ? list_slices(*compact, "events") : std::nullopt;
  if (!is_ulid(page.log) || events == nullptr || !events->IsArray() || !slices ||
      slices->size() != events->Size())
    return malformed();
  std::uint64_t last = 0;
  for (const auto& entry : events->GetArray()) {
    const json_value* event = member(entry, "event");
    log_event read;
    read.seq = number_in(entry, "seq");
    if (event == nullptr || !event->IsObject() || read.seq <= last)
      return malformed();
    last = read.seq;
    read.by = printable(text_of(entry, "by").value_or(""));
    read.node_id = text_of(*event, "node_id").value_or("");
    read.json =
        member_slice((*slices)[page.events.size()], "event").value_or(""); // digit for digit
    page.events.push_back(std::move(read));
  }
  if (page.through < last)
    page.through = last;
  return page;
}

} // namespace spec_kitty
