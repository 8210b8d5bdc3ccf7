#include "app/emitter.hpp"

#include "app/private_words.hpp"
#include "config/project.hpp"

namespace spec_kitty {

namespace {

/// The session, with a warning when it could not be read.
std::optional<credentials> session_of(context& ctx) {
  auto session = read_credentials(ctx.home.path);
  if (session)
    return *std::move(session);
  ctx.out.warn(session.error().message + "; the event is recorded for no team yet");
  return std::nullopt;
}

project_identity project_here(context& ctx) {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  auto project = error ? project_identity{} : read_project(here);
  if (!project.warning.empty())
    ctx.out.warn(project.warning);
  return project;
}

emit_context known_here(context& ctx) {
  const auto session = session_of(ctx);
  emit_context known;
  known.team = team_of(session);
  known.words = words_at_hand(session);
  known.project = project_here(ctx);
  known.longest_event = longest_event_for(ctx.config.number("sync.batch_bytes"));
  return known;
}

} // namespace

emitter::emitter(context& ctx) : known_(known_here(ctx)), store_(ctx.store_settings()) {}

emitter::~emitter() = default;

result<event_draft> emitter::prepare(const event_wish& wish) const {
  return spec_kitty::prepare(wish, known_, wall_clock_now());
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
