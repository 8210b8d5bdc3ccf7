#include "app/home/prepare.hpp"

#include "messages/validate.hpp"

namespace spec_kitty {

namespace {

constexpr std::size_t batch_frame = 13;         ///< `{"events":[` and `]}`
constexpr std::size_t most_head = 256 + 6 * 26; ///< of an event beside what is counted exactly

failure too_large(std::string_view what, std::size_t bytes, std::size_t most) {
  return {ec::event_too_large,
          std::string(what) + std::to_string(bytes) + " bytes; an event can have at most " +
              std::to_string(most),
          "shorten it, or raise sync.batch_bytes if the server takes larger batches"};
}

/// Takes what is private out of a payload: paths, secrets, stack traces.
void clean(std::string& payload, json_document& parsed, const std::string& event_type,
           const private_words& words) {
  bool changed = redact(parsed, parsed, words);
  if (event_type == "ErrorLogged")
    changed = drop_stack_trace(parsed) || changed;
  if (changed)
    payload = to_text(parsed);
}

} // namespace

std::string team_of(const std::optional<credentials>& session) {
  return session && !session->team_slug.empty() ? session->team_slug : std::string(local_team);
}

std::size_t longest_event_for(std::int64_t batch_bytes) {
  return static_cast<std::size_t>(batch_bytes) - batch_frame;
}

result<event_draft> prepare(const event_wish& wish, const emit_context& known, epoch_us now) {
  if (!is_event_type(wish.event_type) && !known.more_types.contains(wish.event_type)) {
    const auto unknown = validate_payload(wish.event_type, json_value(rapidjson::kObjectType));
    return failure{ec::invalid_event, unknown->message(), "see docs/protocol.md for the types"};
  }
  std::string payload = wish.payload;
  auto parsed = compact_and_parse(payload);
  if (!parsed)
    return failure{parsed.error().code, "payload: " + parsed.error().message, parsed.error().hint};
  if (payload.size() > known.longest_event)
    return too_large("payload: ", payload.size(), known.longest_event);
  if (!parsed->IsObject())
    return failure{ec::invalid_event, "payload: " + excerpt(payload) + " is not a JSON object",
                   "give an object such as {\"wp_id\":\"WP01\"}"};
  clean(payload, *parsed, wish.event_type, known.words);

  const auto about = wish.aggregate_id ? std::optional(aggregate_of(*wish.aggregate_id))
                                       : default_aggregate(wish.event_type, *parsed);
  event_draft draft;
  draft.event_type = wish.event_type;
  draft.aggregate_id = about ? about->id : "unknown"; // the payload's own error is the clearer one
  draft.aggregate_type = about ? about->type : "Feature";
  draft.payload = std::move(payload);
  draft.causation_id = wish.causation_id;
  draft.timestamp = format_timestamp(now);
  draft.team_slug = known.team;
  draft.project_uuid = known.project.uuid;
  draft.project_slug = known.project.slug;
  draft.project_key = known.project.key;
  draft.project_name = known.project.name;
  if (auto valid = validate_draft(draft, *parsed, &known.more_types); !valid)
    return valid.error();
  if (!about)
    return failure{ec::invalid_event, "aggregate_id: the payload has no wp_id or feature_slug",
                   "name what the event is about with --aggregate"};
  // Only an event near the limit is measured: written out, a text has at most six times its bytes.
  const std::size_t names = draft.aggregate_id.size() + draft.team_slug.size() +
                            draft.project_slug.value_or("").size() + draft.event_type.size();
  if (draft.payload.size() + 6 * names + 2 * most_head > known.longest_event)
    if (const auto size = render_tail(draft).size() + 256; size > known.longest_event)
      return too_large("the event has ", size, known.longest_event);
  return draft;
}

} // namespace spec_kitty
