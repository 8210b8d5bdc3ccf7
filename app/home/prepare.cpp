#include "app/home/prepare.hpp"

#include "messages/protocol.hpp"
#include "messages/validate.hpp"

namespace spec_kitty {

namespace {

constexpr std::size_t max_head_bytes =
    256 + 6 * 26; ///< of an event, besides what is counted exactly

failure too_large(std::string_view what, std::size_t bytes, std::size_t max_bytes) {
  return {ec::event_too_large,
          std::string(what) + std::to_string(bytes) + " bytes; an event can have at most " +
              std::to_string(max_bytes),
          "shorten it, or raise sync.batch_bytes if the server takes larger batches"};
}

/// The payload without what is private: paths, secrets, stack traces.
std::string clean(const std::string& payload, const std::string& event_type,
                  const redaction_terms& words) {
  return redact_json(event_type == "ErrorLogged" ? without_stack_trace(payload) : payload, words);
}

} // namespace

std::string team_of(const std::optional<credentials>& session) {
  return session && !session->team_slug.empty() ? session->team_slug : std::string(local_team);
}

std::size_t max_event_bytes_for(std::int64_t batch_bytes) {
  return static_cast<std::size_t>(batch_bytes) - protocol::batch_frame_bytes;
}

result<event_draft> prepare(const emit_request& request, const emit_context& known, epoch_us now) {
  if (!is_event_type(request.event_type) && !known.more_types.contains(request.event_type)) {
    const auto unknown = validate_payload(request.event_type, json_value(rapidjson::kObjectType));
    return failure{ec::invalid_event, unknown->message(), "see docs/protocol.md for the types"};
  }
  std::string payload = request.payload;
  auto parsed = compact_and_parse(payload);
  if (!parsed)
    return failure{parsed.error().code, "payload: " + parsed.error().message, parsed.error().hint};
  if (payload.size() > known.max_event_bytes)
    return too_large("payload: ", payload.size(), known.max_event_bytes);
  if (!parsed->IsObject())
    return failure{ec::invalid_event, "payload: " + excerpt(payload) + " is not a JSON object",
                   "give an object such as {\"wp_id\":\"WP01\"}"};
  if (auto shown = clean(payload, request.event_type, known.words); shown != payload) {
    payload = std::move(shown);
    parsed = parse_json(payload, json_keys::unique); // two keys may be the same when redacted
    if (!parsed)
      return failure{parsed.error().code, "payload, redacted: " + parsed.error().message,
                     "name its keys without a private folder or secret"};
  }

  const auto aggregate =
      request.aggregate_id ? std::optional(aggregate_of(redact(*request.aggregate_id, known.words)))
                           : default_aggregate(request.event_type, *parsed);
  event_draft draft;
  draft.event_type = request.event_type;
  draft.aggregate_id =
      aggregate ? aggregate->id : "unknown"; // the payload's own error is the clearer one
  draft.aggregate_type = aggregate ? aggregate->type : "Feature";
  draft.payload = std::move(payload);
  draft.causation_id = request.causation_id;
  draft.feature_slug = request.feature_slug
                           ? std::optional(redact(*request.feature_slug, known.words))
                           : text_of(*parsed, "feature_slug");
  if (draft.feature_slug && draft.feature_slug->empty())
    draft.feature_slug.reset();
  draft.timestamp = format_timestamp(request.at.value_or(now));
  draft.team_slug = known.team;
  draft.project_uuid = known.project.uuid;
  draft.project_slug = known.project.slug;
  draft.project_key = known.project.key;
  draft.project_name = known.project.name;
  draft.project_aliases = known.project.aliases;
  draft.project_parent = known.project.parent;
  draft.project_in_doubt = known.project.in_doubt;
  if (auto valid = validate_draft(draft, *parsed, &known.more_types); !valid)
    return valid.error();
  if (!aggregate)
    return failure{ec::invalid_event, "aggregate_id: the payload has no wp_id or feature_slug",
                   "name what the event is about with --aggregate"};
  // Only an event near the limit is measured: written out, a text has at most six times its bytes.
  const std::size_t names = draft.aggregate_id.size() + draft.team_slug.size() +
                            draft.project_slug.value_or("").size() + draft.event_type.size() +
                            draft.feature_slug.value_or("").size();
  if (draft.payload.size() + 6 * names + 2 * max_head_bytes > known.max_event_bytes)
    if (const auto size = render_tail(draft).size() + 256; size > known.max_event_bytes)
      return too_large("the event has ", size, known.max_event_bytes);
  return draft;
}

} // namespace spec_kitty
