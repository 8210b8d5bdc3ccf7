#include "app/dev_server/activity.hpp"

#include "util/json.hpp"
#include "util/utf8.hpp"

namespace spec_kitty::dev_server {

std::string greeting_json(const std::string& url, const account& login) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "url", url);
  field(out, "username", login.username);
  field(out, "password", login.password);
  field(out, "team_slug", login.team_slug);
  out.EndObject();
  return to_text(buffer);
}

std::string greeting_text(const std::string& url, const account& login, const std::string& state) {
  return "spec-kitty dev-server: a sync server for trying out and for tests, on this machine "
         "only.\n"
         "It listens on " +
         url + " (team " + login.team_slug + "). " +
         (state.empty() ? "It forgets everything when it ends; use --state DIR to keep it.\n"
                        : "It keeps its state in " + state + ".\n") +
         "\n"
         "To use it, in another terminal:\n"
         "  spec-kitty sync server " +
         url +
         "\n"
         "  spec-kitty auth login --username " +
         login.username +
         "\n"
         "  password: " +
         login.password +
         "\n"
         "\n"
         "Ctrl-C ends it.\n";
}

std::string activity_json(const http_request& request, const http_response& response) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "method", request.method);
  field(out, "path", printable(request.path));
  field(out, "status", static_cast<std::uint64_t>(response.status));
  if (response.batch) {
    field(out, "team", response.batch->team_slug);
    field(out, "events", static_cast<std::uint64_t>(response.batch->events));
    field(out, "new", static_cast<std::uint64_t>(response.batch->fresh));
    field(out, "duplicate", static_cast<std::uint64_t>(response.batch->duplicate));
    field(out, "rejected", static_cast<std::uint64_t>(response.batch->rejected));
    if (response.batch->replayed)
      field(out, "replayed", true);
  }
  out.EndObject();
  return to_text(buffer);
}

std::string activity_text(const http_request& request, const http_response& response) {
  std::string line =
      request.method + " " + printable(request.path) + " " + std::to_string(response.status);
  if (!response.batch)
    return line;
  const batch_summary& batch = *response.batch;
  line += "  " + batch.team_slug + ": " + std::to_string(batch.events) + " events";
  if (batch.replayed)
    return line + ", answered with the recorded reply (same idempotency key)";
  return line + ", " + std::to_string(batch.fresh) + " new, " + std::to_string(batch.duplicate) +
         " duplicate, " + std::to_string(batch.rejected) + " rejected";
}

std::string ws_activity_json(const std::string& what, const std::string& event_id) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ws", event_id.empty() ? what : "event");
  if (!event_id.empty()) {
    field(out, "event_id", printable(event_id));
    field(out, "status", what);
  }
  out.EndObject();
  return to_text(buffer);
}

std::string ws_activity_text(const std::string& what, const std::string& event_id) {
  return event_id.empty() ? "WebSocket " + what
                          : "WebSocket event " + printable(event_id) + ": " + what;
}

} // namespace spec_kitty::dev_server
