#include "actors/batch_sync/run.hpp"

#include "actors/auth/tokens.hpp"
#include "actors/batch_sync/pacing.hpp"
#include "actors/batch_sync/retry_after.hpp"
#include "actors/clock/causality.hpp"

#include <algorithm>
#include <iterator>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

/// How often to look whether another drainer has settled the team's batch.
constexpr auto busy_poll = 50ms;
/// Replies in a row that refuse some events by name and take none: a server that goes on like this
/// names a batch to death, one request at a time.
constexpr unsigned max_named_refusals = 10;
/// Single events refused without a name while nothing at all was accepted in the run. After the
/// first few the next ones go alone at once; after so many it is the server, not the events.
constexpr std::size_t single_send_threshold = 3;
constexpr std::size_t max_unproven = 12;

std::vector<verdict> kept(const std::vector<leased_event>& events) {
  std::vector<verdict> verdicts;
  verdicts.reserve(events.size());
  for (const auto& event : events)
    verdicts.push_back({event.seq, event.event_id, event_outcome::kept, {}, false});
  return verdicts;
}

} // namespace

std::optional<std::uint64_t> read_clock_reply(const http_reply& reply) {
  if (reply.outcome != http_outcome::answered || reply.status != 200 ||
      reply.content_type != "application/json")
    return std::nullopt;
  const auto body = parse_json(reply.body);
  const json_value* clock = body ? member(*body, "lamport_clock") : nullptr;
  return clock != nullptr && clock->IsUint64() ? std::optional(clock->GetUint64()) : std::nullopt;
}

// ── Before the first lease ───────────────────────────────────────────────────────────────────────

next_step sync_run::on_count(const result<due_count>& due) {
  if (!due)
    return give_up(due.error());
  report_.held_elsewhere = due->elsewhere;
  switch (phase_) {
  case phase::everything:
    // An empty queue is success without a request.
    return due->total == 0 ? finish() : next_step(step::ask_token{});
  case phase::recount: {
    // What another drainer has delivered in the meantime was not this run's.
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
  return due->due == 0 ? finish() : ask_lease();
}

next_step sync_run::on_token(const result<access_token>& token) {
  if (lease_ != 0)
    return on_fresh_token(token);
  if (!token)
    return give_up(token.error());
  token_ = *token;
  if (token_.team_slug.empty())
    return give_up({ec::login_required, "the server has not said which team this account is in",
                    "ask the server's operator, then run: spec-kitty auth login"});
  phase_ = phase::team;
  return step::count{{token_.team_slug}};
}

/// A token in place of the one that was refused, for the batch in hand.
next_step sync_run::on_fresh_token(const result<access_token>& token) {
  if (token && token->team_slug == token_.team_slug) {
    token_ = *token;
    return step::send{}; // the same bytes under the same key
  }
  // Events of one team never go with a token of another.
  return stop(token ? failure{ec::transport,
                              "the login changed to another team during the run; the events are "
                              "kept",
                              "run again: spec-kitty sync now"}
                    : token.error());
}

// ── Leases ───────────────────────────────────────────────────────────────────────────────────────

/// Longer than every try of a batch together, so a lease only ends early with its owner.
std::chrono::milliseconds sync_run::lease_time() const {
  return limits_.timeout * (limits_.transport_tries + 2) + 60s;
}

next_step sync_run::ask_lease() {
  lease_request request;
  request.team_slug = token_.team_slug;
  request.after = after_;
  request.through = through_;
  request.max_events = limits_.batch_events;
  request.max_bytes = limits_.batch_bytes;
  request.ttl = lease_time();
  return step::lease{std::move(request)};
}

next_step sync_run::on_lease(result<lease_grant> grant) {
  if (!grant)
    return give_up(grant.error());
  if (grant->busy_until != 0) {
    if ((waited_ += busy_poll) > 2 * limits_.timeout)
      return give_up({ec::transport, "another process is sending this team's events",
                      "they are in good hands; see: spec-kitty sync status"});
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
  // Whoever held the lease has changed what is due: a run that has not begun counts again.
  if (phase_ == phase::waiting)
    return step::count{{token_.team_slug}};
  return ask_lease();
}

/// The next batch of the lease, or the lease's end.
next_step sync_run::send_next() {
  if (plan_.empty())
    return settle(std::exchange(unproven_, {}), true);
  const bool singly = !proven_ && unproven_.size() >= single_send_threshold;
  batch_ = plan_.next(singly ? 1 : max_events_, max_bytes_);
  key_ = make_key_();
  failures_ = 0;
  refreshed_ = false;
  return step::send{};
}

// ── Replies ──────────────────────────────────────────────────────────────────────────────────────

next_step sync_run::on_reply(const http_reply& reply, epoch_us now) {
  report_.bytes_sent += reply.bytes_sent;
  ++report_.batches;
  batch_reply read = interpret(reply, batch_);
  std::move(read.warnings.begin(), read.warnings.end(), std::back_inserter(report_.warnings));
  if (read.server_clock) { // one beyond belief hides none of another reply
    if (const auto believed = receive(0, *read.server_clock); !believed)
      report_.warnings.push_back(believed.error().message);
    else
      server_clock_ = std::max(server_clock_.value_or(0), *read.server_clock);
  }
  switch (read.kind) {
  case reply_kind::results:
    return on_results(std::move(read));
  case reply_kind::named:
    return on_named(std::move(read));
  case reply_kind::unnamed:
    return on_unnamed(read);
  case reply_kind::too_large:
    return on_too_large(read);
  case reply_kind::slow_down:
    return on_slow_down(read, now);
  case reply_kind::unauthorized:
    if (refreshed_)
      return stop(read.why);
    refreshed_ = true;
    return step::ask_token{token_.access};
  case reply_kind::failed:
    return on_failed(read);
  case reply_kind::forbidden:
  case reply_kind::upgrade:
    break;
  }
  return stop(read.why);
}

/// The server takes events: refusals of single ones before were theirs, not the server's.
void sync_run::prove() {
  proven_ = true;
  named_rounds_ = 0;
  clear_hold_ = was_held_;
  max_events_ = std::min(limits_.batch_events, max_events_ * 2); // grow back after a 413
}

next_step sync_run::on_results(batch_reply read) {
  prove();
  std::vector<verdict> verdicts = std::exchange(unproven_, {});
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const bool behind =
        std::find(read.behind.begin(), read.behind.end(), batch_[i].seq) != read.behind.end();
    if (behind && !reconciled_)
      behind_.push_back(batch_[i]);
    else
      verdicts.push_back(std::move(read.verdicts[i]));
  }
  plan_.passed();
  return settle(std::move(verdicts), nothing_left());
}

next_step sync_run::on_named(batch_reply read) {
  if (++named_rounds_ > max_named_refusals)
    return stop({ec::transport, "the server refuses every batch, a few events at a time",
                 "everything is kept; ask the server's operator"});
  std::set<std::uint64_t> named;
  std::erase_if(read.verdicts,
                [](const verdict& ruling) { return ruling.what == event_outcome::kept; });
  for (const auto& ruling : read.verdicts)
    named.insert(ruling.seq);
  plan_.drop(named);
  return settle(std::move(read.verdicts), nothing_left());
}

next_step sync_run::on_unnamed(const batch_reply& read) {
  if (plan_.halve_refused())
    return send_next();
  const leased_event& bad = batch_.front();
  const verdict refused{bad.seq, bad.event_id, event_outcome::rejected, read.why.message, true};
  plan_.passed();
  if (proven_ || bad.alone)
    return settle({refused}, nothing_left());
  unproven_.push_back(refused);
  if (unproven_.size() < max_unproven)
    return send_next();
  return stop({ec::transport,
               "the server refuses every single event and names none: " + read.why.message,
               "everything is kept; ask the server's operator"});
}

next_step sync_run::on_too_large(const batch_reply& read) {
  // A limit the refused batch was within explains nothing: what comes next is smaller anyhow.
  if (read.limits.max_events && *read.limits.max_events < batch_.size())
    limits_.batch_events = *read.limits.max_events; // for good: growing past it would be refused
  max_events_ = std::min(limits_.batch_events, std::max<std::size_t>(1, batch_.size() / 2));
  if (read.limits.max_bytes)
    max_bytes_ = std::min(limits_.batch_bytes, *read.limits.max_bytes);
  if (plan_.halve_large())
    return send_next();
  const leased_event& big = batch_.front();
  const verdict refused{big.seq, big.event_id, event_outcome::too_large, read.why.message, false};
  plan_.passed();
  if (proven_)
    return settle({refused}, nothing_left());
  unproven_.push_back(refused);
  if (unproven_.size() < max_unproven)
    return send_next();
  return stop({ec::transport, "the server takes no event at all, however small the batch",
               "everything is kept; ask the server's operator"});
}

next_step sync_run::on_slow_down(const batch_reply& read, epoch_us now) {
  const auto asked = read_retry_after(read.retry_after, now);
  report_.retry_at = asked ? now + asked->count() * 1000 : 0;
  if (asked && *asked > limits_.max_wait) {
    failure why = read.why;
    why.message += "; not before " + format_timestamp(report_.retry_at);
    return stop(std::move(why));
  }
  if (++failures_ >= limits_.transport_tries)
    return stop(read.why);
  return step::pause{asked.value_or(backoff_delay(failures_, random_()))};
}

next_step sync_run::on_failed(const batch_reply& read) {
  if (read.retryable && ++failures_ < limits_.transport_tries)
    return step::pause{backoff_delay(failures_, random_())};
  return stop(read.why);
}

// ── Settling ─────────────────────────────────────────────────────────────────────────────────────

/// True when every event of the lease has its verdict: the settlement ends the lease as well.
bool sync_run::nothing_left() const {
  return plan_.empty() && behind_.empty() && unproven_.empty();
}

next_step sync_run::settle(std::vector<verdict> verdicts, bool end_lease) {
  verdicts_ = std::move(verdicts);
  ending_ = end_lease;
  return step::settle{{lease_, verdicts_, limits_.max_retries, end_lease ? 0ms : lease_time()}};
}

next_step sync_run::on_settled(const result<settle_outcome>& outcome) {
  if (!outcome)
    return give_up(outcome.error());
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
  return go_on();
}

next_step sync_run::on_held(const result<hold_done>& held) {
  if (!held)
    report_.warnings.push_back(held.error().message);
  return go_on();
}

next_step sync_run::go_on() {
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
    if (what == settlement_effect::dead_lettered)
      ++report_.dead;
    else if (what == settlement_effect::retry_counted)
      ++report_.rejected;
    else
      ++report_.transient; // the lease was taken over: whoever has it now hears the verdict
    report_.errors.push_back({ruling.event_id,
                              what == settlement_effect::dead_lettered ? "dead" : "rejected",
                              ruling.message});
    return;
  }
  if (!report_.stopped)
    report_.errors.push_back(
        {ruling.event_id, "transient",
         ruling.message.empty() ? "the server gave no result for it" : ruling.message});
}

// ── Clock reconciliation ─────────────────────────────────────────────────────────────────────────

next_step sync_run::on_clock(const http_reply& reply) {
  reconciled_ = true;
  auto clock = read_clock_reply(reply);
  const bool no_such_path =
      reply.outcome == http_outcome::answered && (reply.status == 404 || reply.status == 405);
  if (!clock && no_such_path)
    clock = server_clock_;
  if (!clock && no_such_path && limits_.clock_seen > 0)
    clock = limits_.clock_seen;
  // What has not been sent, or was refused with its batch, is known not to be there: it gets a new
  // stamp too, so that it does not come back as behind in its turn.
  auto rest = plan_.take_rest();
  std::move(rest.begin(), rest.end(), std::back_inserter(behind_));
  if (!clock) {
    plan_.begin(std::exchange(behind_, {}));
    return stop(no_such_path ? failure{ec::transport,
                                       "the server finds the clock behind and does not say its own",
                                       "everything is kept; ask the server's operator"}
                             : transport_failure(reply, "server clock"));
  }
  restamp_request request{*clock, lease_, {}};
  for (const auto& event : behind_)
    request.positions.push_back(event.seq);
  return step::restamp{std::move(request)};
}

next_step sync_run::on_restamped(result<restamp_done> done) {
  const auto before = std::exchange(behind_, {});
  if (!done) {
    plan_.begin(before);
    return stop({ec::transport, done.error().message, done.error().hint});
  }
  for (auto& event : done->events)
    event.alone = std::any_of(before.begin(), before.end(),
                              [&](const auto& old) { return old.seq == event.seq && old.alone; });
  plan_.begin(std::move(done->events));
  return send_next();
}

// ── The end ──────────────────────────────────────────────────────────────────────────────────────

/// Ends the run; what is in hand is kept as it is.
next_step sync_run::stop(failure why) {
  report_.stopped = std::move(why);
  auto verdicts = std::exchange(unproven_, {});
  for (auto& ruling : verdicts) // with nothing accepted, nobody is blamed
    ruling = {ruling.seq, ruling.event_id, event_outcome::kept, {}, false};
  auto rest = kept(plan_.take_rest());
  std::move(rest.begin(), rest.end(), std::back_inserter(verdicts));
  return settle(std::move(verdicts), true);
}

next_step sync_run::break_off() {
  failure why{ec::stopping, "the sync run was broken off because the program ends", "try again"};
  return lease_ != 0 ? stop(std::move(why)) : give_up(std::move(why));
}

next_step sync_run::give_up(failure why) {
  report_.stopped = std::move(why);
  return finish();
}

next_step sync_run::finish() {
  const std::uint64_t settled = report_.settled();
  // What was due and not reached stays as it was; unless another drainer has delivered it.
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
