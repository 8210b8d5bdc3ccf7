#include "app/dev_server/batch.hpp"

#include "messages/event.hpp"
#include "messages/protocol.hpp"
#include "messages/validate.hpp"
#include "util/gzip.hpp"
#include "util/json_slices.hpp"

#include <algorithm>

namespace spec_kitty::dev_server {

namespace {

constexpr std::string_view success = "success";
constexpr std::string_view duplicate = "duplicate";
constexpr std::string_view pending = "pending";
constexpr std::string_view rejected = "rejected";
constexpr std::string_view error_status = "error";

/// The response where the headers alone are reason to refuse.
std::optional<http_response> check_headers(const http_request& request,
                                           const std::string& team_slug) {
  if (bare_type(header_of(request, "content-type").value_or("")) != "application/json")
    return refuse(415, "Content-Type must be application/json");
  if (bare_type(header_of(request, "content-encoding").value_or("")) != "gzip")
    return refuse(415, "Content-Encoding must be gzip");
  if (!is_ulid(header_of(request, "idempotency-key").value_or("")))
    return refuse(400, "Idempotency-Key must be a ULID");
  if (header_of(request, "x-team-slug") != team_slug)
    return refuse(403, "X-Team-Slug is not the team of the access token");
  return std::nullopt;
}

http_response too_large(std::string_view message, std::string_view limit, std::size_t value) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "error", message);
  key(out, "limits");
  out.StartObject();
  field(out, limit, static_cast<std::uint64_t>(value));
  out.EndObject();
  out.EndObject();
  return {413, {buffer.GetString(), buffer.GetSize()}, {}, {}};
}

http_response cannot_unpack(const failure& why) {
  // gunzip has one code for both causes; only its message shows which it is.
  if (why.message.find("is larger than") != std::string::npos)
    return too_large("the batch is too large: " + why.message, "max_bytes", max_batch_bytes);
  return refuse(400, "the body cannot be unpacked: " + why.message);
}

http_response results_of(const std::vector<judgement>& judgements, const std::string& team_slug,
                         std::uint64_t server_clock) {
  const auto count = [&judgements](std::string_view status) {
    return static_cast<std::size_t>(
        std::count_if(judgements.begin(), judgements.end(),
                      [status](const auto& j) { return j.status == status; }));
  };
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  key(out, "results");
  out.StartArray();
  for (const judgement& judged : judgements) {
    out.StartObject();
    field(out, "event_id", judged.event_id);
    field(out, "status", judged.status);
    if (!judged.error_message.empty())
      field(out, "error_message", judged.error_message);
    out.EndObject();
  }
  out.EndArray();
  field(out, "server_clock", server_clock);
  out.EndObject();
  return {200,
          {buffer.GetString(), buffer.GetSize()},
          {},
          batch_summary{team_slug, judgements.size(), count(success), count(duplicate),
                        count(rejected) + count(error_status), false}};
}

} // namespace

http_response batch_desk::handle(const http_request& request, const token_owner& sender) {
  const std::string& team_slug = sender.team_slug;
  if (auto refused = check_headers(request, team_slug))
    return *refused;
  const auto content = gunzip(request.body, max_batch_bytes);
  if (!content)
    return cannot_unpack(content.error());
  const std::string idempotency_key(*header_of(request, "idempotency-key"));
  if (auto recorded = replies_.recall(idempotency_key, *content))
    return *recorded;

  const auto compact = compact_json(*content);
  if (!compact)
    return refuse(400, compact.error().message);
  const auto texts = list_slices(*compact, "events");
  if (!texts || texts->empty())
    return refuse(400, "the body must be an object whose `events` is a list of at least one event");
  if (texts->size() > rules_.max_events)
    return too_large("the batch has " + std::to_string(texts->size()) + " events", "max_events",
                     rules_.max_events);

  const auto judged = take(*texts, sender);
  if (!judged)
    return refuse(judged.error().code == ec::held ? 403 : 500, judged.error().message);
  http_response reply = results_of(*judged, team_slug, log_.highest_lamport());
  const bool final = std::none_of(judged->begin(), judged->end(), [](const auto& judgement) {
    return judgement.status == pending;
  });
  replies_.remember(idempotency_key, *content, reply, final);
  return reply;
}

bool arrived_event::is_of_its_team() const {
  const json_value* team = member(*event, "team_slug");
  return team == nullptr || !team->IsString() ||
         std::string_view(team->GetString(), team->GetStringLength()) == *team_slug;
}

result<std::vector<judgement>> batch_desk::take(const std::vector<std::string_view>& texts,
                                                const token_owner& sender) {
  std::vector<json_document> parsed;
  parsed.reserve(texts.size());
  std::vector<arrived_event> events;
  events.reserve(texts.size());
  for (const std::string_view text : texts) {
    auto event = parse_checked_json(std::string(text));
    if (!event)
      return event.error();
    parsed.push_back(std::move(*event));
    events.push_back({text, &parsed.back(), &sender.team_slug, 0, sender.session});
    if (!events.back().is_of_its_team())
      return failure{ec::held, "the batch holds an event of another team", {}};
  }
  return take(events);
}

result<std::vector<judgement>> batch_desk::take(const std::vector<arrived_event>& events) {
  std::vector<judgement> judgements;
  judgements.reserve(events.size());
  std::vector<log_entry> to_keep;
  std::vector<const arrived_event*> kept_events;
  std::set<std::string> ids;
  for (const arrived_event& event : events) {
    judgements.push_back(judge(*event.event, ids));
    if (judgements.back().status != success)
      continue;
    to_keep.push_back({*judgements.back().event_id, *event.team_slug,
                       member(*event.event, "lamport_clock")->GetUint64(), event.line});
    kept_events.push_back(&event);
  }
  if (const auto kept = log_.append(to_keep); !kept)
    return kept.error();
  for (const log_entry& entry : to_keep)
    times_pending_.erase(entry.event_id);
  if (kept_)
    for (const arrived_event* event : kept_events)
      kept_(*event);
  return judgements;
}

judgement batch_desk::judge(const json_value& event, std::set<std::string>& in_this_batch) {
  if (const auto broken = validate_event(event, rules_.more_types))
    return {text_of(event, "event_id"), rejected, broken->message()};
  const std::string id = *text_of(event, "event_id");
  const std::string type = *text_of(event, "event_type");
  if (rules_.reject_types.contains(type))
    return {id, error_status, "this server is configured to refuse " + type};
  if (log_.knows(id) || in_this_batch.contains(id))
    return {id, duplicate, {}};
  if (rules_.pending_first > 0) {
    unsigned& times = times_pending_[id];
    if (times < rules_.pending_first) {
      ++times;
      return {id, pending, {}};
    }
  }
  in_this_batch.insert(id);
  return {id, success, {}};
}

} // namespace spec_kitty::dev_server
