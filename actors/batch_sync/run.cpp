#include "actors/batch_sync/run.hpp"

#include "actors/batch_sync/backoff.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

/// How often to look whether another drainer has settled the team's batch.
constexpr auto busy_poll = 50ms;

} // namespace

next_step sync_run::on_count(const result<due_count>& due) {
  if (!due)
    return give_up(due.error());
  report_.held_elsewhere = due->held_elsewhere;
  if (!counted_ && due->held_elsewhere == 0)
    return finish(); // an empty queue is success without a request
  if (!counted_)
    return step::ask_token{};
  report_.selected = due->events;
  through_ = due->through;
  return due->events == 0 ? finish() : ask_lease();
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
  counted_ = true;
  return step::count{token_.team_slug};
}

/// A token in place of the one that was refused, for the batch in hand.
next_step sync_run::on_fresh_token(const result<access_token>& token) {
  if (token && token->team_slug == token_.team_slug) {
    token_ = *token;
    return step::send{}; // the same bytes under the same key
  }
  // Events of one team never go with a token of another.
  report_.stopped = token ? failure{ec::transport,
                                    "the login changed to another team during the run; the events "
                                    "are kept",
                                    "run again: spec-kitty sync now"}
                          : token.error();
  return settle(interpret({}, events_).verdicts);
}

next_step sync_run::ask_lease() const {
  lease_request request;
  request.team_slug = token_.team_slug;
  request.after = after_;
  request.through = through_;
  request.max_events = limits_.batch_events;
  request.max_bytes = limits_.batch_bytes;
  // Longer than every try of the batch together, so it only ends early with its owner.
  request.ttl = limits_.timeout * (limits_.transport_tries + 2) + 60s;
  return step::lease{std::move(request)};
}

next_step sync_run::on_lease(result<lease_grant> grant) {
  if (!grant)
    return give_up(grant.error());
  if (grant->busy_until != 0)
    return step::pause{busy_poll};
  if (grant->events.empty()) {
    report_.selected = report_.settled(); // what else was due, another drainer has settled
    return finish();
  }
  lease_ = grant->token;
  events_ = std::move(grant->events);
  key_ = make_key_();
  failures_ = 0;
  refreshed_ = false;
  return step::send{};
}

next_step sync_run::on_pause() {
  return lease_ == 0 ? ask_lease() : next_step(step::send{});
}

next_step sync_run::on_reply(const http_reply& reply) {
  report_.bytes_sent += reply.bytes_sent;
  ++report_.batches;
  batch_reply read = interpret(reply, events_);
  std::move(read.warnings.begin(), read.warnings.end(), std::back_inserter(report_.warnings));
  if (read.server_clock)
    server_clock_ = std::max(server_clock_.value_or(0), *read.server_clock);

  if (read.kind == reply_kind::results)
    return settle(std::move(read.verdicts));
  if (read.kind == reply_kind::unauthorized && !refreshed_) {
    refreshed_ = true;
    return step::ask_token{token_.access};
  }
  const bool again = read.kind == reply_kind::failed && read.retryable;
  if (again && ++failures_ < limits_.transport_tries)
    return step::pause{backoff_delay(failures_, random_())};
  report_.stopped = read.why;
  return settle(std::move(read.verdicts));
}

next_step sync_run::settle(std::vector<verdict> verdicts) {
  verdicts_ = std::move(verdicts);
  return step::settle{{lease_, verdicts_, limits_.max_retries}};
}

next_step sync_run::on_settled(const result<settle_outcome>& outcome) {
  lease_ = 0;
  after_ = events_.back().seq;
  events_.clear();
  if (!outcome)
    return give_up(outcome.error());
  for (std::size_t i = 0; i < verdicts_.size(); ++i)
    tally(verdicts_[i], outcome->events.at(i));
  return report_.stopped ? finish() : ask_lease();
}

void sync_run::tally(const verdict& said, settled what) {
  switch (said.what) {
  case fate::delivered:
    ++report_.synced;
    return;
  case fate::duplicate:
    ++report_.duplicate;
    return;
  case fate::pending:
    ++report_.pending;
    return;
  case fate::kept:
    ++report_.transient;
    break;
  case fate::rejected:
  case fate::too_large:
    if (what == settled::died)
      ++report_.dead;
    else if (what == settled::counted)
      ++report_.rejected;
    else
      ++report_.transient; // the lease was taken over: whoever has it now hears the verdict
    report_.errors.push_back(
        {said.event_id, what == settled::died ? "dead" : "rejected", said.message});
    return;
  }
  if (!report_.stopped)
    report_.errors.push_back({said.event_id, "transient", "the server gave no result for it"});
}

next_step sync_run::give_up(failure why) {
  report_.stopped = std::move(why);
  return finish();
}

next_step sync_run::finish() {
  // What was due and not reached is transient: it stays as it was. What a login added to the team
  // in the meantime was due as well.
  report_.selected = std::max(report_.selected, report_.settled());
  report_.transient += report_.selected - report_.settled();
  return step::finish{};
}

} // namespace spec_kitty
