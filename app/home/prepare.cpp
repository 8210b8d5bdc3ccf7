#include "app/home/prepare.hpp"

#include "messages/protocol.hpp"
#include "messages/validate.hpp"
#include "util/closest.hpp"

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

/// What an event's request says beside its payload, with nothing in it to redact.
struct plain_request {
  std::string_view event_type;
  std::optional<std::string_view> causation_id;
  std::optional<std::string_view> aggregate_id;
  std::optional<std::string_view> feature_slug;
};

std::optional<std::string_view> view_of(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

void assign(std::optional<std::string>& to, std::optional<std::string_view> from) {
  if (!from)
    to.reset();
  else if (to)
    to->assign(*from);
  else
    to.emplace(*from);
}

/// False where the event has no subject.
bool assign_aggregate(event_draft& draft, const plain_request& asked,
                      const plain_payload& payload) {
  const bool of_package = asked.aggregate_id ? is_work_package_id(*asked.aggregate_id)
                                             : payload.wp_id && is_work_package_id(*payload.wp_id);
  draft.aggregate_type.assign(of_package ? "WorkPackage" : "Feature");
  if (asked.aggregate_id)
    draft.aggregate_id.assign(*asked.aggregate_id);
  else if (of_package)
    draft.aggregate_id.assign(*payload.wp_id);
  else if (asked.event_type == "ErrorLogged")
    draft.aggregate_id.assign("error");
  else
    draft.aggregate_id.assign(payload.feature_slug.value_or(""));
  return !draft.aggregate_id.empty();
}

/// Whether an event is so short that it is not measured: written out, a text has at most six times
/// its bytes.
bool is_short(const event_draft& draft, const emit_context& known) {
  const std::size_t names = draft.aggregate_id.size() + draft.team_slug.size() +
                            (draft.project_slug ? draft.project_slug->size() : 0) +
                            draft.event_type.size() +
                            (draft.feature_slug ? draft.feature_slug->size() : 0);
  return draft.payload.size() + 6 * names + 2 * max_head_bytes <= known.max_event_bytes;
}

/// Completes a draft whose payload the checking pass let pass, and takes the payload out. False:
/// the event needs the careful path.
bool complete(event_draft& draft, const plain_request& asked, plain_payload& payload,
              const emit_context& known, epoch_us now) {
  if (!assign_aggregate(draft, asked, payload))
    return false;
  draft.event_type.assign(asked.event_type);
  assign(draft.causation_id, asked.causation_id);
  const auto feature = asked.feature_slug ? asked.feature_slug : payload.feature_slug;
  assign(draft.feature_slug, feature && !feature->empty() ? feature : std::nullopt);
  format_timestamp(now, draft.timestamp);
  draft.payload.swap(payload.compact);
  draft.well_formed = is_short(draft, known) && has_plain_envelope(draft);
  return draft.well_formed;
}

} // namespace

std::string team_of(const std::optional<credentials>& session) {
  return session && !session->team_slug.empty() ? session->team_slug : std::string(local_team);
}

std::size_t max_event_bytes_for(std::int64_t batch_bytes) {
  return static_cast<std::size_t>(batch_bytes) - protocol::batch_frame_bytes;
}

event_draft blank_draft(const emit_context& known) {
  event_draft draft;
  draft.team_slug = known.team;
  draft.project_uuid = known.project.uuid;
  draft.project_slug = known.project.slug;
  draft.project_key = known.project.key;
  draft.project_name = known.project.name;
  draft.project_aliases = known.project.aliases;
  draft.project_parent = known.project.parent;
  draft.project_in_doubt = known.project.in_doubt;
  return draft;
}

bool prepare_plain_line(std::string_view line, const std::optional<std::string>& feature,
                        const emit_context& known, epoch_us now, plain_line& found,
                        event_draft& into) {
  if (!check_plain_line(line, known.words, found))
    return false;
  plain_request asked{found.event_type, found.causation_id, found.aggregate_id, found.feature_slug};
  if (feature && !asked.feature_slug && !found.payload.feature_slug) {
    if (!has_no_term(*feature, known.words))
      return false;
    asked.feature_slug = *feature;
  }
  return complete(into, asked, found.payload, known, now);
}

result<event_draft> prepare(const emit_request& request, const emit_context& known, epoch_us now) {
  plain_payload found;
  if (check_plain_payload(request.event_type, request.payload, known.words, found)) {
    const auto redacted = [&](const std::optional<std::string>& text) {
      return text ? std::optional(redact(*text, known.words)) : std::nullopt;
    };
    const auto aggregate_id = redacted(request.aggregate_id);
    const auto feature_slug = redacted(request.feature_slug);
    auto draft = blank_draft(known);
    if (complete(draft,
                 {request.event_type, view_of(request.causation_id), view_of(aggregate_id),
                  view_of(feature_slug)},
                 found, known, request.at.value_or(now)))
      return draft;
  }
  return prepare_carefully(request, known, now);
}

result<event_draft> prepare_carefully(const emit_request& request, const emit_context& known,
                                      epoch_us now) {
  if (!is_event_type(request.event_type) && !known.more_types.contains(request.event_type)) {
    const auto unknown = validate_payload(request.event_type, json_value(rapidjson::kObjectType));
    return failure{ec::invalid_event,
                   unknown->message() + did_you_mean(closest(request.event_type, event_types)),
                   "see them all with: spec-kitty events types"};
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
  auto draft = blank_draft(known);
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
  if (auto valid = validate_draft(draft, *parsed, &known.more_types); !valid)
    return valid.error();
  if (!aggregate)
    return failure{ec::invalid_event, "aggregate_id: the payload has no wp_id or feature_slug",
                   "name what the event is about with --aggregate"};
  if (!is_short(draft, known))
    if (const auto size = render_tail(draft).size() + 256; size > known.max_event_bytes)
      return too_large("the event has ", size, known.max_event_bytes);
  return draft;
}

} // namespace spec_kitty
