#include "app/server/actors/request_notes.hpp"

#include "app/server/core/routes.hpp"
#include "messages/event.hpp"
#include "util/json.hpp"
#include "util/utf8.hpp"

#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_logged_segment = 40;

/// A path of the server as it is. Of another only where it begins: the rest may be the secret of a
/// link, or whatever a person pasted.
std::string logged_path(std::string_view path) {
  if (path.empty() || route_of(path) != nullptr)
    return std::string(path);
  const std::size_t end = path.find('/', 1);
  const std::string first = printable(path.substr(0, end), max_logged_segment);
  return end == std::string_view::npos ? first : first + "/…";
}

void write_note(json_writer& out, const request_note& note) {
  if (!note.account.empty())
    field(out, "account", note.account);
  if (!note.team.empty())
    field(out, "team", note.team);
  if (!note.idempotency_key.empty())
    field(out, "idempotency_key", note.idempotency_key);
  if (note.events) {
    field(out, "events", std::uint64_t{note.events->events});
    field(out, "new", std::uint64_t{note.events->success});
    field(out, "duplicate", std::uint64_t{note.events->duplicate});
    field(out, "rejected", std::uint64_t{note.events->rejected});
  }
}

} // namespace

request_note* request_notes::find(const std::string& id) {
  if (notes_.size() >= max_notes && !notes_.contains(id))
    return nullptr;
  return &notes_[id];
}

void request_notes::note_caller(const std::string& id, std::string_view account,
                                std::string_view team) {
  const std::lock_guard hold(guard_);
  if (request_note* note = find(id)) {
    note->account = account;
    note->team = team;
  }
}

void request_notes::note_batch(const std::string& id, std::string_view idempotency_key) {
  const std::lock_guard hold(guard_);
  if (!is_ulid(idempotency_key))
    return;
  if (request_note* note = find(id))
    note->idempotency_key = idempotency_key;
}

void request_notes::note_events(const std::string& id, const verdict_counts& events) {
  const std::lock_guard hold(guard_);
  if (request_note* note = find(id))
    note->events = events;
}

request_note request_notes::take(const std::string& id) {
  const std::lock_guard hold(guard_);
  auto node = notes_.extract(id);
  return node.empty() ? request_note{} : std::move(node.mapped());
}

std::string log_line(const listener::finished_request& request, const request_note& note,
                     std::string_view time, bool json, bool addresses) {
  const std::string path = logged_path(request.path);
  if (json) {
    json_buffer buffer;
    json_writer out(buffer);
    out.StartObject();
    field(out, "time", time);
    field(out, "request_id", request.id);
    field(out, "method", printable(request.method));
    field(out, "path", path);
    field(out, "status", static_cast<std::uint64_t>(request.status));
    field(out, "took_us", static_cast<std::uint64_t>(request.took.count()));
    field(out, "received", request.received);
    field(out, "sent", request.sent);
    if (addresses)
      field(out, "address", request.peer);
    write_note(out, note);
    out.EndObject();
    return to_text(buffer);
  }
  std::string line(time);
  line.append(" ").append(request.method.empty() ? "-" : printable(request.method));
  line.append(" ").append(path.empty() ? "-" : path);
  line.append(" ").append(std::to_string(request.status)).append(" ");
  line.append(std::to_string(request.took.count() / 1000)).append("ms id=").append(request.id);
  if (addresses)
    line.append(" from=").append(request.peer);
  if (!note.account.empty())
    line.append(" account=").append(note.account).append(" team=").append(note.team);
  if (!note.idempotency_key.empty())
    line.append(" key=").append(note.idempotency_key);
  if (note.events) {
    line.append(" events=").append(std::to_string(note.events->events));
    line.append(" new=").append(std::to_string(note.events->success));
    line.append(" duplicate=").append(std::to_string(note.events->duplicate));
    line.append(" rejected=").append(std::to_string(note.events->rejected));
  }
  return line;
}

} // namespace spec_kitty::server
