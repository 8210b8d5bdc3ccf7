#include "app/emitter.hpp"

#include "app/private_words.hpp"
#include "messages/validate.hpp"

namespace spec_kitty {

namespace {

constexpr std::size_t batch_frame = 13; ///< `{"events":[` and `]}`

/// The session, with a warning when it could not be read.
std::optional<credentials> session_of(context& ctx) {
  auto session = read_credentials(ctx.home.path);
  if (session)
    return *std::move(session);
  ctx.out.warn(session.error().message + "; the event is recorded for no team yet");
  return std::nullopt;
}

std::string team_of(const std::optional<credentials>& session) {
  return session && !session->team_slug.empty() ? session->team_slug : std::string(local_team);
}

/// A payload without what is private: paths, secrets, stack traces.
result<std::string> clean_payload(const std::string& payload, const std::string& event_type,
                                  const private_words& words) {
  auto parsed = parse_json(payload);
  if (!parsed)
    return parsed.error();
  bool changed = redact(*parsed, *parsed, words);
  if (event_type == "ErrorLogged")
    changed = drop_stack_trace(*parsed) || changed;
  return changed ? to_text(*parsed) : payload;
}

project_identity project_here(context& ctx) {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  auto project = error ? project_identity{} : read_project(here);
  if (!project.warning.empty())
    ctx.out.warn(project.warning);
  return project;
}

} // namespace

emitter::emitter(context& ctx) : emitter(ctx, session_of(ctx)) {}

emitter::emitter(context& ctx, const std::optional<credentials>& session)
    : team_(team_of(session)), private_(words_at_hand(session)), project_(project_here(ctx)),
      longest_event_(static_cast<std::size_t>(ctx.config.number("sync.batch_bytes")) - batch_frame),
      store_(ctx.store_settings()) {}

emitter::~emitter() = default;

result<event_draft> emitter::prepare(const event_wish& wish) const {
  if (!is_event_type(wish.event_type)) {
    const auto unknown = validate_payload(wish.event_type, json_value(rapidjson::kObjectType));
    return failure{ec::invalid_event, unknown->message(), "see docs/protocol.md for the types"};
  }
  auto payload = compact_json(wish.payload, json_keys::unique);
  if (!payload)
    return failure{payload.error().code, "payload: " + payload.error().message,
                   payload.error().hint};
  if (payload->size() > longest_event_)
    return failure{ec::event_too_large,
                   "payload: " + std::to_string(payload->size()) +
                       " bytes; an event can have at most " + std::to_string(longest_event_),
                   "shorten it, or raise sync.batch_bytes if the server takes larger batches"};
  payload = clean_payload(*payload, wish.event_type, private_);
  if (!payload)
    return payload.error();
  const auto parsed = parse_json(*payload);
  if (!parsed)
    return parsed.error();
  if (!parsed->IsObject())
    return failure{ec::invalid_event, "payload: " + excerpt(*payload) + " is not a JSON object",
                   "give an object such as {\"wp_id\":\"WP01\"}"};

  const auto about = wish.aggregate_id ? std::optional(aggregate_of(*wish.aggregate_id))
                                       : default_aggregate(wish.event_type, *parsed);
  event_draft draft;
  draft.event_type = wish.event_type;
  draft.aggregate_id = about ? about->id : "unknown"; // the payload's own error is the clearer one
  draft.aggregate_type = about ? about->type : "Feature";
  draft.payload = std::move(*payload);
  draft.causation_id = wish.causation_id;
  draft.timestamp = format_timestamp(wall_clock_now());
  draft.team_slug = team_;
  draft.project_uuid = project_.uuid;
  draft.project_slug = project_.slug;
  draft.project_key = project_.key;
  draft.project_name = project_.name;
  if (auto valid = validate_draft(draft); !valid)
    return valid.error();
  if (!about)
    return failure{ec::invalid_event, "aggregate_id: the payload has no wp_id or feature_slug",
                   "name what the event is about with --aggregate"};
  if (const auto size = render_tail(draft).size() + 256; size > longest_event_)
    return failure{ec::event_too_large, "the event has " + std::to_string(size) + " bytes", {}};
  return draft;
}

std::vector<result<append_receipt>> emitter::record(std::vector<event_draft> drafts) {
  caf::scoped_actor self(actors().system());
  const auto post = [&](event_draft& draft) {
    return self->request(actors_->queue_handle(), actors_->patience(),
                         append_request{std::move(draft)});
  };
  std::vector<decltype(post(drafts.front()))> open;
  open.reserve(drafts.size());
  for (auto& draft : drafts)
    open.push_back(post(draft));
  std::vector<result<append_receipt>> answers;
  answers.reserve(open.size());
  for (auto& answer : open)
    answer.receive([&](append_receipt& receipt) { answers.emplace_back(std::move(receipt)); },
                   [&](const caf::error& error) { answers.emplace_back(to_failure(error)); });
  for (const auto& answer : answers)
    if (answer && !answer->spilled && !answer->known) {
      queued_ = answer->queued;
      to_ring_ = true;
    }
  return answers;
}

void emitter::ring_daemon() {
  if (std::exchange(to_ring_, false))
    (void)ring(store_.home, rouse::events); // nobody may be there
}

std::optional<standing> emitter::finish() {
  actors_.reset();
  if (!queued_)
    return std::nullopt;
  return look_at_daemon(store_.home, ring(store_.home, rouse::events), *queued_);
}

local_system& emitter::actors() {
  if (!actors_)
    actors_ = std::make_unique<local_system>(store_, 1);
  return *actors_;
}

} // namespace spec_kitty
