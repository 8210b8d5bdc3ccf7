// What a reply of the server does to the run: verdicts, smaller batches, pauses, the end.
#include "actors/auth/tokens.hpp"
#include "actors/batch_sync/pacing.hpp"
#include "actors/batch_sync/retry_after.hpp"
#include "actors/batch_sync/run.hpp"
#include "actors/clock/causality.hpp"
#include "actors/clock/clock_reply.hpp"
#include "actors/http/transport_failure.hpp"

#include <algorithm>
#include <iterator>

namespace spec_kitty {

namespace {

/// Replies in a row that refuse some events by name and accept none: a server that continues like
/// this takes a batch apart, one request at a time.
constexpr unsigned max_named_refusals = 10;
/// Single events refused without a name while nothing at all was accepted in the run: after so many
/// the server is at fault, not the events.
constexpr std::size_t max_unproven = 12;
/// A server takes batches of 4 KiB at least: a smaller event is not too large, whatever it says.
constexpr std::size_t min_large_event = std::size_t{4} << 10;

} // namespace

next_step sync_run::on_reply(const http_reply& reply, epoch_us now) {
  report_.bytes_sent += reply.bytes_sent;
  ++report_.batches;
  if (settlement_failed_) // the lease goes back; the server knows what it has of this batch
    return give_up(*settlement_failed_);
  batch_reply read = interpret(reply, batch_);
  std::move(read.warnings.begin(), read.warnings.end(), std::back_inserter(report_.warnings));
  if (read.server_clock) { // a value out of range does not hide that of another reply
    if (const auto believed = receive(0, *read.server_clock); !believed)
      report_.warnings.push_back(believed.error().message);
    else
      server_clock_ = std::max(server_clock_.value_or(0), *read.server_clock);
  }
  switch (read.kind) {
  case reply_kind::results:
    agree(read.limits);
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
  case reply_kind::too_long:
    return on_too_long(read);
  case reply_kind::failed:
    return on_failed(read);
  case reply_kind::forbidden:
  case reply_kind::upgrade:
    break;
  }
  return stop(read.why);
}

/// The server accepts events: earlier refusals of single events were the events' fault.
void sync_run::prove() {
  proven_ = true;
  named_rounds_ = 0;
  clear_hold_ = was_held_;
  max_events_ = std::min(limits_.batch_events, max_events_ * 2); // grow back after a 413
}

/// A size that was halved after a 413 grows to the server's limit by doubling.
void sync_run::agree(const server_limits& reported) {
  const auto follow = [](std::optional<std::size_t> limit, std::size_t most, std::size_t& agreed,
                         std::size_t& now) {
    if (!limit)
      return;
    const bool halved = now < agreed;
    agreed = std::min(*limit, most);
    now = halved ? std::min(now, agreed) : agreed;
  };
  follow(reported.max_events, limits_.batch_events_cap, limits_.batch_events, max_events_);
  follow(reported.max_bytes, limits_.batch_bytes_cap, limits_.batch_bytes, max_bytes_);
  agreed_.max_events = reported.max_events ? reported.max_events : agreed_.max_events;
  agreed_.max_bytes = reported.max_bytes ? reported.max_bytes : agreed_.max_bytes;
  agreed_.min_gap = reported.min_gap ? reported.min_gap : agreed_.min_gap;
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
  return may_overlap() ? send_meanwhile(std::move(verdicts))
                       : settle(std::move(verdicts), nothing_left());
}

next_step sync_run::on_named(batch_reply read) {
  if (++named_rounds_ > max_named_refusals)
    return stop({ec::transport, "the server refused every batch, each time because of other events",
                 "all events are kept; ask the server's operator"});
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
               "the server refuses every event, even one at a time: " + read.why.message,
               "all events are kept; ask the server's operator"});
}

next_step sync_run::on_too_large(const batch_reply& read) {
  // A limit that the refused batch kept explains nothing: the next batch is smaller in any case.
  if (read.limits.max_events && *read.limits.max_events < batch_.size())
    limits_.batch_events =
        *read.limits.max_events; // for the whole run: a larger batch would be refused
  max_events_ = std::min(limits_.batch_events, std::max<std::size_t>(1, batch_.size() / 2));
  if (read.limits.max_bytes)
    max_bytes_ = std::min(limits_.batch_bytes, *read.limits.max_bytes);
  if (plan_.halve_large())
    return send_next();
  const leased_event& big = batch_.front();
  if (!read.by_server)
    return stop(read.why);
  if (big.json.size() < min_large_event)
    return stop({ec::transport,
                 "the server refuses an event of " + std::to_string(big.json.size()) +
                     " bytes, sent alone, as too large",
                 "all events are kept; ask the server's operator"});
  const verdict refused{big.seq, big.event_id, event_outcome::too_large, read.why.message, false};
  plan_.passed();
  if (proven_)
    return settle({refused}, nothing_left());
  unproven_.push_back(refused);
  if (unproven_.size() < max_unproven)
    return send_next();
  return stop({ec::transport, "the server refuses even a batch of a single event as too large",
               "all events are kept; ask the server's operator"});
}

/// Whatever the server did with the batch, it knows its events when they come again in halves. No
/// event is blamed.
next_step sync_run::on_too_long(const batch_reply& read) {
  max_events_ = std::max<std::size_t>(1, batch_.size() / 2);
  limits_.batch_events = limits_.batch_events_cap = max_events_; // to the end of the run
  return plan_.halve_large() ? send_next() : stop(read.why);
}

next_step sync_run::on_slow_down(const batch_reply& read, epoch_us now) {
  // A date means the server's clock, which may not agree with this machine's.
  const auto asked =
      read_retry_after(read.retry_after, read.replied_at != 0 ? read.replied_at : now);
  report_.retry_at = asked ? now + asked->count() * 1000 : 0;
  if (asked && *asked > limits_.max_wait) {
    failure why = read.why;
    why.message += "; try again after " + format_timestamp(report_.retry_at);
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

next_step sync_run::on_clock(const http_reply& reply) {
  reconciled_ = true;
  auto clock = read_clock_reply(reply);
  const bool no_such_path =
      reply.outcome == http_outcome::answered && (reply.status == 404 || reply.status == 405);
  if (!clock && no_such_path)
    clock = server_clock_;
  if (!clock && no_such_path && limits_.clock_seen > 0)
    clock = limits_.clock_seen;
  // The server does not have the events that were not sent, or were refused with their batch. They
  // get a new stamp too, so that they are not refused as behind later.
  auto rest = plan_.take_rest();
  std::move(rest.begin(), rest.end(), std::back_inserter(behind_));
  if (!clock) {
    plan_.begin(std::exchange(behind_, {}));
    return stop(
        no_such_path
            ? failure{ec::transport,
                      "the server refuses events as clock_behind and does not report its own clock",
                      "all events are kept; ask the server's operator"}
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

} // namespace spec_kitty
