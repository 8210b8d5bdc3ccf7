#include "app/home/emitter.hpp"

#include "app/home/emit_line.hpp"
#include "app/home/redaction_terms.hpp"
#include "config/project.hpp"

namespace spec_kitty {

namespace {

/// The session, with a warning when it could not be read.
std::optional<credentials> session_of(const home_view& view, const warning_sink& warn) {
  auto session = read_credentials(view.home.path);
  if (session)
    return *std::move(session);
  warn(session.error().message + "; the event is recorded without a team for now");
  return std::nullopt;
}

project_identity project_here(const warning_sink& warn) {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  auto project = error ? project_identity{} : read_project(here, project_use::record);
  if (!project.warning.empty())
    warn(project.warning);
  return project;
}

emit_context known_here(const home_view& view, const warning_sink& warn) {
  const auto session = session_of(view, warn);
  emit_context known;
  known.team = team_of(session);
  known.words = redaction_terms_for(session);
  known.project = project_here(warn);
  known.max_event_bytes = max_event_bytes_for(view.config.number("sync.batch_bytes"));
  return known;
}

} // namespace

emitter::emitter(const home_view& view, const warning_sink& warn, std::size_t threads)
    : known_(known_here(view, warn)), threads_(threads), store_(view.store_settings()) {
  store_.look_through = looked_through::by_emit;
}

emitter::~emitter() = default;

result<event_draft> emitter::prepare(const emit_request& request) const {
  return spec_kitty::prepare(request, known_, wall_clock_now());
}

result<event_draft> emitter::prepare(std::string_view line,
                                     const std::optional<std::string>& feature) const {
  return prepare_line(line, feature, known_, wall_clock_now());
}

bool emitter::prepare_plain(std::string_view line, const std::optional<std::string>& feature,
                            plain_line& found, event_draft& into) const {
  return prepare_plain_line(line, feature, known_, wall_clock_now(), found, into);
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
  run_actors(actors_->system());
  std::vector<result<append_receipt>> answers;
  answers.reserve(open.size());
  for (auto& answer : open)
    answer.receive([&](append_receipt& receipt) { answers.emplace_back(std::move(receipt)); },
                   [&](const caf::error& error) { answers.emplace_back(to_failure(error)); });
  note_recorded(answers);
  return answers;
}

void emitter::record(std::shared_ptr<event_burst>& burst, const std::function<void()>& meanwhile) {
  if (burst->count == 0)
    return meanwhile();
  auto& local = actors();
  caf::scoped_actor self(local.system());
  auto posted = self->request(local.queue_handle(), local.patience(), append_burst{burst});
  meanwhile();
  posted.receive([](burst_done) {},
                 [&](const caf::error& error) { // QUEUE may still be at work on that burst
                   const std::vector<result<append_receipt>> none(burst->count, to_failure(error));
                   burst = std::make_shared<event_burst>();
                   burst->answers = none;
                 });
  note_recorded(burst->answers);
}

void emitter::note_recorded(const std::vector<result<append_receipt>>& answers) {
  for (const auto& answer : answers)
    if (answer && !answer->spilled && !answer->known) {
      queued_ = answer->queued;
      to_ring_ = true;
    }
}

result<void> emitter::count_dropped(std::uint64_t events) {
  auto& local = actors();
  const auto done =
      local.ask<drops_done>(local.queue_handle(), local.patience(), drops_request{events});
  return done ? result<void>{} : done.error();
}

void emitter::ring_daemon() {
  if (std::exchange(to_ring_, false))
    (void)ring(store_.home, wakeup_reason::events); // there may be no daemon
}

std::optional<emit_outcome> emitter::finish() {
  if (actors_)
    actors_->close();
  actors_.reset();
  if (!queued_)
    return std::nullopt;
  return emit_outcome{*queued_, ring(store_.home, wakeup_reason::events)};
}

local_system& emitter::actors() {
  if (!actors_)
    actors_ = std::make_unique<local_system>(store_, threads_);
  return *actors_;
}

} // namespace spec_kitty
