#include "app/embed/home_core.hpp"

#include "app/home/redaction_terms.hpp"
#include "app/home/snapshot.hpp"

#include <caf/send.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <exception>

namespace spec_kitty::embed {

namespace {

constexpr epoch_us session_look_us = 1000000;
constexpr epoch_us drop_line_us = 10000000; ///< between two log lines about dropped events

/// Changes whenever the credentials file is replaced.
std::string stamp_of(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0)
    return {};
  return std::to_string(found.st_ino) + "." + std::to_string(found.st_mtim.tv_sec) + "." +
         std::to_string(found.st_mtim.tv_nsec) + "." + std::to_string(found.st_size);
}

} // namespace

link_state to_link_state(connection_state state) {
  switch (state) {
  case connection_state::offline:
    return link_state::offline;
  case connection_state::reconnecting:
    return link_state::reconnecting;
  case connection_state::connected:
    return link_state::connected;
  case connection_state::offline_batch_mode:
    return link_state::batch_mode;
  }
  return link_state::offline;
}

home_core::home_core(checked_options checked)
    : checked_(std::move(checked)), host_log_(std::make_shared<host_log>(given().log)),
      callback_executor_(given().executor, host_log_) {
  link_.reason = checked_.why_no_server;
  context_ = std::make_shared<const emit_context>(checked_.known);
  look_at_session();
  session_changed_ = false;
}

epoch_us home_core::now() const {
  if (!given().clock)
    return wall_clock_now();
  try {
    return std::chrono::duration_cast<std::chrono::microseconds>(given().clock().time_since_epoch())
        .count();
  } catch (...) {
    return wall_clock_now(); // a time from the machine is better than no event
  }
}

// ── Events ───────────────────────────────────────────────────────────────────────────────────────

std::shared_ptr<const emit_context> home_core::context() const {
  const std::lock_guard hold(context_guard_);
  return context_;
}

std::string home_core::team() const {
  const std::string team = context()->team;
  return team == local_team ? std::string() : team;
}

void home_core::look_at_session() {
  epoch_us due = next_look_.load();
  const epoch_us now = steady_now();
  if (now < due || !next_look_.compare_exchange_strong(due, now + session_look_us))
    return; // not yet, or another thread is looking
  const std::string seen = "seen " + stamp_of(checked_.view.home.path / "credentials");
  {
    const std::lock_guard hold(context_guard_);
    if (seen == session_seen_)
      return;
    session_seen_ = seen;
  }
  const auto session = read_credentials(checked_.view.home.path);
  if (!session) { // damaged, or no descriptor: as before until it can be read
    note(session.error());
    log(log_level::warning, session.error().message + "; events are recorded as before");
    const std::lock_guard hold(context_guard_);
    session_seen_.clear();
    return;
  }
  auto fresh = std::make_shared<emit_context>(*context());
  const bool other_team = fresh->team != team_of(*session);
  fresh->team = team_of(*session);
  fresh->words = redaction_terms_for(*session);
  {
    const std::lock_guard hold(context_guard_);
    context_ = std::move(fresh);
  }
  const std::lock_guard hold(listeners_guard_);
  if (other_team || link_.state == connection_state::offline)
    session_changed_ = true; // a refreshed token is no change
}

bool home_core::take_session_change() {
  look_at_session();
  return session_changed_.exchange(false);
}

result<event_draft> home_core::prepare(const event& what) {
  look_at_session();
  emit_request request{what.type, what.payload, std::nullopt, std::nullopt};
  if (!what.causation_id.empty())
    request.causation_id = what.causation_id;
  if (!what.aggregate_id.empty())
    request.aggregate_id = what.aggregate_id;
  auto draft = spec_kitty::prepare(request, *context(), now());
  if (draft)
    return draft;
  ++refused_;
  failure why = draft.error();
  if (why.hint == "name what the event is about with --aggregate")
    why.hint = "name what the event is about with event::about";
  note(why);
  return why;
}

result<receipt> home_core::count(result<append_receipt> outcome) {
  if (!outcome) {
    const failure& why = outcome.error();
    if (why.code != ec::queue_full)
      return drop(why);
    ++refused_;
    note(why);
    return why;
  }
  ++emitted_;
  receipt promised{std::move(outcome->event_id),
                   outcome->lamport_clock,
                   std::move(outcome->json),
                   false,
                   {ec::ok, {}, {}}};
  if (outcome->spilled) {
    ++spilled_;
    promised.spilled = true;
    promised.why_spilled = *outcome->spilled;
    note(promised.why_spilled);
  }
  return promised;
}

failure home_core::drop(failure why) {
  const std::uint64_t count = ++dropped_;
  note(why);
  epoch_us due = next_drop_line_.load();
  const epoch_us at = steady_now();
  if (at >= due && next_drop_line_.compare_exchange_strong(due, at + drop_line_us))
    log(log_level::error, std::to_string(count) + " events not recorded so far: " + why.message);
  return why;
}

void home_core::note(const failure& why) {
  const std::lock_guard hold(listeners_guard_);
  last_problem_ = why;
}

// ── Telling ──────────────────────────────────────────────────────────────────────────────────────

struct home_core::listener {
  std::mutex guard;
  std::function<void(const update&)> handler; ///< empty: the subscription has ended

  void hear(const update& what) {
    std::function<void(const update&)> call;
    {
      const std::lock_guard hold(guard);
      call = handler;
    }
    if (call)
      call(what);
  }
  void end() {
    std::function<void(const update&)> gone; // what it holds goes without the lock
    const std::lock_guard hold(guard);
    gone.swap(handler);
  }
};

std::string home_core::why_not_connected() const {
  const std::lock_guard hold(listeners_guard_);
  return link_.state == connection_state::connected ? std::string() : link_.reason;
}

std::shared_ptr<void> home_core::subscribe(std::function<void(const update&)> handler) {
  auto entry = std::make_shared<listener>();
  entry->handler = std::move(handler);
  const std::uint64_t id = ++last_listener_;
  const auto end = [weak = weak_from_this(), entry, id, pid = ::getpid()](void*) {
    if (pid != ::getpid())
      return; // a child of a fork: the locks may be held for ever
    entry->end();
    if (const auto core = weak.lock()) {
      const std::lock_guard again(core->listeners_guard_);
      core->listeners_.erase(id);
    }
  };
  std::shared_ptr<void> held(entry.get(), end);
  const std::lock_guard hold(listeners_guard_);
  listeners_.emplace(id, std::move(entry));
  return held;
}

void home_core::tell_directly(std::function<void(const update&)> handler) {
  const std::lock_guard hold(listeners_guard_);
  direct_ = std::move(handler);
}

void home_core::publish(const update& what) {
  std::function<void(const update&)> direct;
  std::vector<std::shared_ptr<listener>> all; // an executor may run them at once: without the lock
  {
    const std::lock_guard hold(listeners_guard_);
    direct = direct_;
    for (const auto& [id, entry] : listeners_)
      all.push_back(entry);
  }
  for (auto& entry : all)
    if (!callback_executor_.offer([entry, what] { entry->hear(what); }))
      host_log_->count_failure(); // a handler that is 10,000 updates behind
  if (direct)
    host_log_->guard([&] { direct(what); });
}

void home_core::hear(const notice& what_happened) {
  update what;
  if (const auto* link = std::get_if<connection_status>(&what_happened)) {
    {
      const std::lock_guard hold(listeners_guard_);
      if (*link == link_)
        return;
      link_ = *link;
    }
    what.what = update::kind::link;
    what.link = to_link_state(link->state);
    what.words = link->reason;
    log(log_level::info,
        std::string(to_string(what.link)) + (link->reason.empty() ? "" : ": " + link->reason));
  } else if (const auto* sent = std::get_if<event_sent>(&what_happened)) {
    what.what = update::kind::sent;
    what.event_id = sent->event_id;
  } else if (const auto* refused = std::get_if<event_refused>(&what_happened)) {
    what.what = update::kind::refused;
    what.event_id = refused->event_id;
    what.words = refused->message;
    log(log_level::warning, "the server refused " + refused->event_id + ": " + refused->message);
  } else if (const auto* remote = std::get_if<event_received>(&what_happened)) {
    what.what = update::kind::remote;
    what.json = remote->json;
  } else if (const auto* run = std::get_if<run_ended>(&what_happened)) {
    what.what = update::kind::batch;
    what.words = run->report.stopped ? run->report.stopped->message
                                     : std::to_string(run->report.synced) + " events sent";
    if (run->report.stopped)
      note(*run->report.stopped);
  } else if (const auto* words = std::get_if<remark>(&what_happened)) {
    what.words = words->words;
    log(log_level::warning, words->words);
  } else if (const auto* failed = std::get_if<actors_failed>(&what_happened)) {
    what.words = failed->why.message;
    note(failed->why);
    log(log_level::error, failed->why.message);
  }
  publish(what);
}

result<client_status> home_core::status(std::uint64_t in_flight) const {
  const auto shot = take_snapshot(checked_.view);
  if (!shot)
    return shot.error();
  client_status now;
  now.emitted = emitted_;
  now.spilled = spilled_;
  now.refused = refused_;
  now.dropped = dropped_;
  now.in_flight = in_flight;
  now.callbacks_failed = host_log_->failures();
  now.queued = shot->queued + shot->leased + shot->spilled;
  now.held = shot->held;
  now.dead = shot->queue.dead;
  now.acknowledged = shot->queue.acked;
  now.lamport_clock = shot->queue.clock;
  now.node_id = shot->queue.node_id;
  now.team = shot->session ? shot->session->team_slug : std::string();
  const std::lock_guard hold(listeners_guard_);
  now.link = to_link_state(link_.state);
  now.link_reason = link_.reason;
  now.last_problem = last_problem_;
  return now;
}

// ── Actors ───────────────────────────────────────────────────────────────────────────────────────

void home_core::set_root_supervisor(wakeup_actor root_supervisor) {
  const std::lock_guard hold(actors_guard_);
  root_supervisor_ = std::move(root_supervisor);
}

void home_core::set_queue(queue_actor queue) {
  const std::lock_guard hold(actors_guard_);
  queue_ = std::move(queue);
}

queue_actor home_core::queue() const {
  const std::lock_guard hold(actors_guard_);
  return queue_;
}

failure home_core::why_no_queue() const {
  const std::lock_guard hold(actors_guard_);
  return why_no_queue_;
}

void home_core::no_queue(failure why) {
  const std::lock_guard hold(actors_guard_);
  queue_ = nullptr;
  why_no_queue_ = std::move(why);
}

void home_core::wake_transports() {
  if (!checked_.server || wakeup_pending_.exchange(true))
    return;
  const std::lock_guard hold(actors_guard_);
  if (root_supervisor_)
    caf::anon_send(root_supervisor_, committed{});
}

void home_core::fail_transports(std::uint64_t set) {
  const std::lock_guard hold(actors_guard_);
  if (root_supervisor_)
    caf::anon_send(root_supervisor_, transports_failed{set});
}

} // namespace spec_kitty::embed
