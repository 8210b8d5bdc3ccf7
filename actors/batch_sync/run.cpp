// The course of a run: counting, leasing, settling, its end. Replies are in run_replies.cpp.
#include "actors/batch_sync/run.hpp"

#include <algorithm>
#include <iterator>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

/// How often to look whether another drainer has settled the team's batch.
constexpr auto busy_poll = 50ms;
/// Single events refused without a name while nothing at all was accepted in the run: after so many
/// the next ones are sent alone at once.
constexpr std::size_t single_send_threshold = 3;
/// What is leased beside the batch that is out: so many batches, or so many bytes, but at least one
/// batch. One is prepared meanwhile, the other is there when that one is sent.
constexpr std::size_t batches_ahead = 2;
constexpr std::size_t max_bytes_ahead = std::size_t{8} << 20;

/// The bytes that are leased beside a batch of at most so many.
std::size_t bytes_ahead(std::size_t batch_bytes) {
  return std::max(batch_bytes, std::min(batch_bytes * batches_ahead, max_bytes_ahead));
}

std::vector<verdict> kept(const std::vector<leased_event>& events) {
  std::vector<verdict> verdicts;
  verdicts.reserve(events.size());
  for (const auto& event : events)
    verdicts.push_back({event.seq, event.event_id, event_outcome::kept, {}, false});
  return verdicts;
}

} // namespace

// ── Before the first lease ───────────────────────────────────────────────────────────────────────

next_step sync_run::on_count(const result<due_count>& due) {
  if (!due)
    return give_up(due.error());
  report_.held_elsewhere = due->elsewhere;
  report_.opted_out = due->opted_out;
  switch (phase_) {
  case phase::everything:
    // An empty queue is success without a request.
    return due->total == 0 ? finish() : next_step(step::ask_token{});
  case phase::recount: {
    // Events that another drainer has delivered in the meantime do not count as selected here.
    const std::uint64_t open = report_.selected - std::min(report_.selected, report_.settled());
    report_.selected -= open - std::min(open, due->due);
    return finish();
  }
  case phase::team:
  case phase::waiting:
  case phase::draining:
    break;
  }
  phase_ = phase::team;
  was_held_ = due->held;
  report_.selected = due->due;
  through_ = due->through;
  if (due->due == 0)
    return finish();
  return std::exchange(limits_.ask_offer, false) ? step::ask_offer{} : ask_lease();
}

next_step sync_run::on_token(const result<access_token>& token) {
  if (lease_ != 0)
    return on_fresh_token(token);
  if (!token)
    return give_up(token.error());
  token_ = *token;
  if (token_.team_slug.empty())
    return give_up({ec::login_required, "the server did not name the team of this account",
                    "ask the server's operator, then run: spec-kitty auth login"});
  phase_ = phase::team;
  return step::count{{token_.team_slug}};
}

next_step sync_run::on_offer(const server_limits& offered) {
  agree(offered);
  return ask_lease();
}

/// A token in place of the one that was refused, for the batch in hand.
next_step sync_run::on_fresh_token(const result<access_token>& token) {
  if (token && token->team_slug == token_.team_slug) {
    token_ = *token;
    return step::send{}; // the same bytes under the same key
  }
  // Events of a team are never sent with a token of another team.
  return stop(token ? failure{ec::transport,
                              "the login changed to another team during the run; the events "
                              "are kept",
                              "run again: spec-kitty sync now"}
                    : token.error());
}

// ── Leases ───────────────────────────────────────────────────────────────────────────────────────

/// Longer than all tries of a batch together: a lease ends early only when its owner does.
std::chrono::milliseconds sync_run::lease_time() const {
  return limits_.timeout * (limits_.transport_tries + 2) + 60s;
}

lease_request sync_run::next_events(std::size_t events, std::size_t bytes) const {
  lease_request request;
  request.team_slug = token_.team_slug;
  request.after = lease_ == 0 ? after_ : lease_last_;
  request.through = through_;
  request.max_events = events;
  request.max_bytes = bytes;
  request.ttl = lease_time();
  return request;
}

next_step sync_run::ask_lease() {
  return step::lease{next_events(limits_.batch_events * (1 + batches_ahead),
                                 limits_.batch_bytes + bytes_ahead(limits_.batch_bytes))};
}

next_step sync_run::on_lease(result<lease_grant> grant) {
  if (!grant)
    return give_up(grant.error());
  if (grant->busy_until != 0) {
    if ((waited_ += busy_poll) > 2 * limits_.timeout)
      return give_up({ec::transport, "another process is sending this team's events",
                      "no action is needed; see: spec-kitty sync status"});
    if (phase_ == phase::team)
      phase_ = phase::waiting;
    return step::pause{busy_poll};
  }
  if (grant->events.empty())
    return finish();
  phase_ = phase::draining;
  waited_ = 0ms;
  lease_ = grant->token;
  lease_last_ = grant->events.back().seq;
  plan_.begin(std::move(grant->events));
  return send_next();
}

next_step sync_run::on_pause() {
  if (lease_ != 0)
    return step::send{};
  // The other drainer has changed what is due: a run that has not begun counts again.
  if (phase_ == phase::waiting)
    return step::count{{token_.team_slug}};
  return ask_lease();
}

/// The next batch of the lease, or the lease's end.
next_step sync_run::send_next() {
  if (plan_.empty())
    return settle(std::exchange(unproven_, {}), true);
  take_batch();
  return agreed_.min_gap > 0ms ? next_step(step::pause{*agreed_.min_gap}) : step::send{};
}

void sync_run::take_batch() {
  const bool singly = !proven_ && unproven_.size() >= single_send_threshold;
  batch_ = plan_.next(singly ? 1 : max_events_, max_bytes_);
  key_ = make_key_();
  failures_ = 0;
  refreshed_ = false;
}

/// True when the next batch may go out before the verdicts in hand are settled: nothing in them
/// changes what is sent, or when.
bool sync_run::may_overlap() const {
  return !plan_.empty() && behind_.empty() && unproven_.empty() && !clear_hold_ &&
         agreed_.min_gap.value_or(0ms) == 0ms;
}

next_step sync_run::send_meanwhile(std::vector<verdict> verdicts) {
  take_batch();
  verdicts_ = std::move(verdicts);
  ending_ = false;
  overlapped_ = true;
  settle_request request{lease_, verdicts_, limits_.max_retries, lease_time()};
  const auto ahead = plan_.left(); // the batch included
  const std::size_t events = limits_.batch_events * batches_ahead + batch_.size();
  std::size_t bytes = bytes_ahead(limits_.batch_bytes);
  for (const auto& event : batch_)
    bytes += event.json.size() + 1;
  if (ahead.events < events && ahead.bytes < bytes && lease_last_ < through_)
    request.more = next_events(events - ahead.events, bytes - ahead.bytes);
  return step::send{std::move(request)};
}

std::span<const leased_event> sync_run::upcoming() {
  return plan_.upcoming(std::min(limits_.batch_events, max_events_ * 2), max_bytes_);
}

// ── Settling ─────────────────────────────────────────────────────────────────────────────────────

/// True when every event of the lease has its verdict: the settlement also ends the lease.
bool sync_run::nothing_left() const {
  return plan_.empty() && behind_.empty() && unproven_.empty();
}

next_step sync_run::settle(std::vector<verdict> verdicts, bool end_lease) {
  verdicts_ = std::move(verdicts);
  ending_ = end_lease;
  return step::settle{{lease_, verdicts_, limits_.max_retries, end_lease ? 0ms : lease_time()}};
}

next_step sync_run::on_settled(result<settle_outcome> outcome) {
  if (std::exchange(overlapped_, false))
    return on_settled_meanwhile(std::move(outcome));
  if (!outcome)
    return give_up(outcome.error());
  warn_of_journal(*outcome);
  if (ending_) {
    lease_ = 0;
    after_ = lease_last_;
  }
  for (std::size_t i = 0; i < verdicts_.size(); ++i)
    tally(verdicts_[i], outcome->events.at(i));
  const bool now_held = report_.stopped && report_.stopped->code == ec::held;
  if (now_held || clear_hold_) {
    was_held_ = clear_hold_ = false;
    return step::hold{{token_.team_slug, now_held ? report_.stopped->message : std::string()}};
  }
  return resume();
}

void sync_run::warn_of_journal(const settle_outcome& outcome) {
  const auto& problem = outcome.journal_problem;
  if (!problem.empty() && std::find(report_.warnings.begin(), report_.warnings.end(), problem) ==
                              report_.warnings.end())
    report_.warnings.push_back(problem);
}

next_step sync_run::on_settled_meanwhile(result<settle_outcome> outcome) {
  if (!outcome) {
    settlement_failed_ = outcome.error();
    return step::await_reply{};
  }
  warn_of_journal(*outcome);
  for (std::size_t i = 0; i < verdicts_.size(); ++i)
    tally(verdicts_[i], outcome->events.at(i));
  if (!outcome->more.empty()) {
    lease_last_ = outcome->more.back().seq;
    plan_.extend(std::move(outcome->more));
  }
  return step::await_reply{};
}

next_step sync_run::on_held(const result<hold_done>& held) {
  if (!held)
    report_.warnings.push_back(held.error().message);
  return resume();
}

next_step sync_run::resume() {
  if (report_.stopped)
    return finish();
  if (lease_ == 0)
    return ask_lease();
  if (!behind_.empty())
    return step::ask_clock{};
  return send_next();
}

void sync_run::tally(const verdict& ruling, settlement_effect what) {
  const bool held = report_.stopped && report_.stopped->code == ec::held;
  switch (ruling.what) {
  case event_outcome::delivered:
    ++report_.synced;
    return;
  case event_outcome::duplicate:
    ++report_.duplicate;
    return;
  case event_outcome::pending:
    ++report_.pending;
    return;
  case event_outcome::kept:
    ++(held ? report_.held : report_.transient);
    break;
  case event_outcome::rejected:
  case event_outcome::too_large:
  case event_outcome::id_conflict:
  case event_outcome::unknown_type:
  case event_outcome::invalid:
    if (what == settlement_effect::dead_lettered)
      ++report_.dead;
    else if (what == settlement_effect::retry_counted)
      ++report_.rejected;
    else
      ++report_.transient; // the lease was taken over: its new owner gets the verdict
    report_.errors.push_back({ruling.event_id.str(),
                              what == settlement_effect::dead_lettered ? "dead" : "rejected",
                              ruling.message});
    return;
  }
  if (!report_.stopped)
    report_.errors.push_back(
        {ruling.event_id.str(), "transient",
         ruling.message.empty() ? "the server gave no result for this event" : ruling.message});
}

// ── The end ──────────────────────────────────────────────────────────────────────────────────────

/// Ends the run; the leased events stay queued as they are.
next_step sync_run::stop(failure why) {
  report_.stopped = std::move(why);
  auto verdicts = std::exchange(unproven_, {});
  for (auto& ruling : verdicts) // the server has accepted nothing: no event is blamed
    ruling = {ruling.seq, ruling.event_id, event_outcome::kept, {}, false};
  if (std::exchange(overlapped_, false)) // interrupted before the next batch was sent
    std::move(verdicts_.begin(), verdicts_.end(), std::back_inserter(verdicts));
  auto rest = kept(plan_.take_rest());
  std::move(rest.begin(), rest.end(), std::back_inserter(verdicts));
  return settle(std::move(verdicts), true);
}

next_step sync_run::interrupt() {
  failure why{ec::stopping, "the sync run was interrupted because the program is ending",
              "try again"};
  return lease_ != 0 ? stop(std::move(why)) : give_up(std::move(why));
}

next_step sync_run::give_up(failure why) {
  report_.stopped = std::move(why);
  return finish();
}

next_step sync_run::finish() {
  const std::uint64_t settled = report_.settled();
  // Events that were due and not reached stay as they were, unless another drainer delivered them.
  if (settled < report_.selected && phase_ != phase::recount && !token_.team_slug.empty()) {
    phase_ = phase::recount;
    return step::count{{token_.team_slug, after_, through_}};
  }
  report_.selected = std::max(report_.selected, settled); // a login may have added events
  const bool held = report_.stopped && report_.stopped->code == ec::held;
  (held ? report_.held : report_.transient) += report_.selected - settled;
  return step::finish{};
}

} // namespace spec_kitty
