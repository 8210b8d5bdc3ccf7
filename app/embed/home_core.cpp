#include "app/embed/home_core.hpp"

#include "app/home/snapshot.hpp"
#include "app/home/taken_back.hpp"
#include "util/text.hpp"

#include <chrono>
#include <exception>

namespace spec_kitty::embed {

namespace {

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

} // namespace

home_core::home_core(checked_options checked)
    : checked_(std::move(checked)), host_log_(std::make_shared<host_log>(given().log)),
      callback_executor_(given().executor, host_log_),
      context_(checked_.view.home.path, checked_.known),
      listeners_(std::make_shared<update_listeners>(checked_.why_no_server)) {
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

void home_core::look_at_session() {
  const auto look = context_.refresh();
  switch (look.what) {
  case emit_context_cache::look::kind::unchanged:
    return;
  case emit_context_cache::look::kind::unreadable:
    note(look.why);
    return log(log_level::warning, look.why.message + "; events are recorded as before");
  case emit_context_cache::look::kind::replaced:
    if (look.other_team || listeners_->link().state == connection_state::offline)
      session_changed_ = true; // a refreshed token alone changes nothing for the transports
  }
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
  auto draft = spec_kitty::prepare(request, *context_.get(), now());
  if (draft)
    return draft;
  counters_.count_refused();
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
    counters_.count_refused();
    note(why);
    return why;
  }
  counters_.count_emitted();
  receipt promised{std::move(outcome->event_id),
                   outcome->lamport_clock,
                   std::move(outcome->json),
                   false,
                   {ec::ok, {}, {}}};
  if (outcome->spilled) {
    counters_.count_spilled();
    promised.spilled = true;
    promised.why_spilled = *outcome->spilled;
    note(promised.why_spilled);
  }
  return promised;
}

failure home_core::drop(failure why) {
  note(why);
  if (const auto so_far = counters_.count_dropped(steady_now()))
    log(log_level::error, count_of(*so_far, "event") + " not recorded so far: " + why.message);
  return why;
}

void home_core::wake_transports() {
  if (checked_.server)
    actors_.wake_transports();
}

// ── What the transports report ───────────────────────────────────────────────────────────────────

void home_core::read_pages() {
  for (const log_page_request& request : listeners_->page_requests())
    actors_.read_log(request);
}

/// What each subscriber hears as its own place in the team's log wants it.
bool home_core::on_heard(const notice& what_happened) {
  if (const auto* event = std::get_if<event_received>(&what_happened)) {
    listeners_->publish_event(*event, callback_executor_, *host_log_);
    return true;
  }
  if (const auto* page = std::get_if<log_page_read>(&what_happened)) {
    listeners_->take_page(*page, callback_executor_);
    read_pages();
    return true;
  }
  if (const auto* joined = std::get_if<log_joined>(&what_happened)) {
    listeners_->publish_joined(*joined, callback_executor_);
    read_pages();
    return !joined->lost; // that it was taken back is for all
  }
  return false;
}

void home_core::on_notice(const notice& what_happened) {
  if (on_heard(what_happened))
    return;
  update what;
  if (const auto* link = std::get_if<connection_status>(&what_happened)) {
    if (!listeners_->set_link(*link))
      return;
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
  } else if (const auto* joined = std::get_if<log_joined>(&what_happened)) {
    what.words = taken_back_words(*joined->lost, joined->log);
    log(log_level::warning, what.words);
  } else if (const auto* run = std::get_if<run_ended>(&what_happened)) {
    what.what = update::kind::batch;
    what.words = run->report.stopped ? run->report.stopped->message
                                     : count_of(run->report.synced, "event") + " sent";
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
  listeners_->publish(what, callback_executor_, *host_log_);
}

std::string home_core::why_not_connected() const {
  const connection_status link = listeners_->link();
  return link.state == connection_state::connected ? std::string() : link.reason;
}

result<client_status> home_core::status(std::uint64_t in_flight) const {
  const auto shot = take_snapshot(checked_.view);
  if (!shot)
    return shot.error();
  client_status now;
  counters_.fill(now);
  now.in_flight = in_flight;
  now.callbacks_failed = host_log_->failures();
  now.queued = shot->queued + shot->leased + shot->spilled;
  now.held = shot->held;
  now.dead = shot->queue.dead;
  now.acknowledged = shot->queue.acked;
  now.lamport_clock = shot->queue.clock;
  now.node_id = shot->queue.node_id;
  now.team = shot->session ? shot->session->team_slug : std::string();
  const connection_status link = listeners_->link();
  now.link = to_link_state(link.state);
  now.link_reason = link.reason;
  return now;
}

} // namespace spec_kitty::embed
