#include "actors/batch_sync/batch_sync.hpp"

#include "actors/batch_sync/batch.hpp"
#include "actors/batch_sync/pacing.hpp"
#include "actors/http/offer_reply.hpp"
#include "messages/protocol.hpp"
#include "messages/ulid.hpp"
#include "util/gzip.hpp"
#include "util/random.hpp"
#include "util/version.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto grace = 5s; ///< on top of the receiver's own time limit
/// Local work: one transaction, whose own wait is sync.busy_timeout_ms.
constexpr auto local_patience = 10min;

std::string error_json(const failure& why, epoch_us now) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "at", format_timestamp(now));
  field(out, "code", to_string(why.code));
  field(out, "message", why.message);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

} // namespace

batch_sync_state::~batch_sync_state() {
  hand_back_lease();
  for (auto& [request, promise] : waiting) {
    sync_report report; // of a run that never began
    if (run)
      report = std::move(run->report());
    if (!finished) {
      report.transient += report.selected - std::min(report.selected, report.settled());
      report.stopped = failure{ec::transport, "the sync run was interrupted", "try again"};
    }
    promise.deliver(std::move(report));
    run.reset();
    finished = false;
  }
  for (auto& promise : ending)
    promise.deliver(wound_down{});
}

template <class Answer, class Actor, class Question, class Feed>
void batch_sync_state::ask(const Actor& receiver, std::chrono::milliseconds patience,
                           Question question, Feed feed) {
  self->request(receiver, patience, std::move(question))
      .then(
          [this, feed](Answer& answer) { carry_out(feed(result<Answer>(std::move(answer)))); },
          [this, feed](caf::error& error) { carry_out(feed(result<Answer>(to_failure(error)))); });
}

void batch_sync_state::begin_run() {
  finished = false;
  began_at = config.now();
  run_limits limits = config.limits;
  const sync_request& asked = waiting.front().request;
  limits.clock_seen = asked.clock_seen;
  limits.ask_offer = !config.home.empty() && (!offer || offer->is_due(began_at));
  if (asked.background) {
    limits.transport_tries = 1;
    limits.max_wait = 0ms;
  }
  run = std::make_unique<sync_run>(limits, config.random ? config.random : kernel_random, [this] {
    return fresh_ulid(static_cast<std::uint64_t>(config.now() / 1000));
  });
  run->agree(agreed);
  prepared = {};
  carry_out(run->start());
}

void batch_sync_state::carry_out(next_step next) {
  if (winding_down &&
      (std::holds_alternative<step::send>(next) || std::holds_alternative<step::pause>(next) ||
       std::holds_alternative<step::lease>(next) || std::holds_alternative<step::ask_clock>(next) ||
       std::holds_alternative<step::ask_offer>(next)))
    next = run->interrupt();
  const auto auth_patience = 3 * config.limits.timeout + grace;
  if (auto* count = std::get_if<step::count>(&next))
    return ask<due_count>(config.queue, local_patience, std::move(count->request),
                          [this](auto answer) { return run->on_count(answer); });
  if (auto* token = std::get_if<step::ask_token>(&next))
    return ask<access_token>(config.auth, auth_patience, token_request{token->failed_access},
                             [this](auto answer) { return run->on_token(answer); });
  if (auto* lease = std::get_if<step::lease>(&next))
    return ask<lease_grant>(config.queue, local_patience, std::move(lease->request),
                            [this](auto answer) { return run->on_lease(std::move(answer)); });
  if (auto* verdicts = std::get_if<step::settle>(&next))
    return settle(std::move(verdicts->request));
  if (auto* hold = std::get_if<step::hold>(&next))
    return ask<hold_done>(config.queue, local_patience, std::move(hold->request),
                          [this](auto answer) { return run->on_held(answer); });
  if (auto* restamp = std::get_if<step::restamp>(&next)) {
    prepared = {}; // its events get other stamps
    return ask<restamp_done>(config.queue, local_patience, std::move(restamp->request),
                             [this](auto answer) { return run->on_restamped(std::move(answer)); });
  }
  if (std::holds_alternative<step::ask_clock>(next))
    return ask_clock();
  if (std::holds_alternative<step::ask_offer>(next))
    return ask_offer();
  if (auto* pause = std::get_if<step::pause>(&next)) {
    pause_left = pause->duration;
    return wait();
  }
  if (auto* send = std::get_if<step::send>(&next)) {
    send_batch();
    settling_meanwhile = send->meanwhile.has_value();
    if (send->meanwhile)
      settle(std::move(*send->meanwhile));
    return prepare();
  }
  if (std::holds_alternative<step::await_reply>(next)) {
    settling_meanwhile = false;
    if (auto reply = std::exchange(early_reply, std::nullopt))
      return on_reply(std::move(*reply));
    return prepare();
  }
  finish();
}

void batch_sync_state::settle(settle_request request) {
  ask<settle_outcome>(config.queue, local_patience, std::move(request),
                      [this](result<settle_outcome> answer) {
                        auto after = run->on_settled(std::move(answer));
                        const auto& report = run->report();
                        if (config.on_progress)
                          config.on_progress({report.settled(), report.selected});
                        return after;
                      });
}

/// A pause of several seconds is split into single ones: the progress shows how many are left.
void batch_sync_state::wait() {
  const auto part = std::min<std::chrono::milliseconds>(pause_left, 1s);
  if (config.on_progress && pause_left > 1s) {
    const auto& report = run->report();
    config.on_progress({report.settled(), report.selected, pause_left});
  }
  pause_left -= part;
  pausing = true;
  self->delayed_send(self, part, retry_tick{++pause});
}

http_request batch_sync_state::request_to(std::string method, std::string_view path) const {
  http_request request;
  request.method = std::move(method);
  request.url = config.server.at(path);
  request.headers = {"Authorization: Bearer " + run->token().access,
                     "User-Agent: spec-kitty/" + std::string(version), protocol::version_header};
  request.ca_file = config.ca_file;
  request.timeout = config.limits.timeout;
  return request;
}

void batch_sync_state::send_batch() {
  http_request request = request_to("POST", protocol::batch_path);
  for (const auto& header :
       {std::string("Content-Type: application/json"), std::string("Content-Encoding: gzip"),
        "X-Team-Slug: " + run->token().team_slug, "Idempotency-Key: " + run->key()})
    request.headers.push_back(header);
  if (prepared.is_of(run->batch()))
    request.body = std::move(std::exchange(prepared, {}).body);
  else
    request.body = gzip(join_batch(run->batch()));
  exchange(std::move(request), [this](http_reply reply) { on_reply(std::move(reply)); });
}

void batch_sync_state::on_reply(http_reply reply) {
  if (settling_meanwhile)
    early_reply = std::move(reply);
  else
    carry_out(run->on_reply(reply, config.now()));
}

void batch_sync_state::prepare() {
  const auto next = run->upcoming();
  if (!next.empty() && !prepared.is_of(next))
    prepared = {next.front().seq, next.back().seq, next.size(), gzip(join_batch(next))};
}

void batch_sync_state::ask_clock() {
  exchange(request_to("GET", protocol::clock_path),
           [this](const http_reply& reply) { carry_out(run->on_clock(reply)); });
}

void batch_sync_state::ask_offer() {
  offer = read_kept_offer(config.home, config.server.origin());
  if (!offer->is_due(config.now()))
    return carry_out(run->on_offer(offer->offer.limits));
  exchange(offer_question(config.server, config.ca_file, config.limits.timeout),
           [this](const http_reply& reply) {
             offer = after_reply(*offer, reply, config.now());
             keep_offer(config.home, *offer);
             carry_out(run->on_offer(offer->offer.limits));
           });
}

void batch_sync_state::exchange(http_request request, std::function<void(http_reply)> then) {
  self->request(config.http, config.limits.timeout + grace, std::move(request))
      .then([then](http_reply& reply) { then(std::move(reply)); },
            [then](const caf::error& error) {
              const failure why = to_failure(error);
              http_reply none;
              none.outcome =
                  why.code == ec::internal ? http_outcome::cancelled : http_outcome::broken;
              none.error = why.message;
              then(std::move(none));
            });
}

void batch_sync_state::hand_back_lease() {
  if (run && run->lease() != 0)
    caf::anon_send(config.queue, settle_request{run->lease(), {}, config.limits.max_retries, 0ms});
}

void batch_sync_state::finish() {
  finished = true;
  hand_back_lease();
  agreed = run->agreed();
  auto& report = run->report();
  report.duration_ms = static_cast<std::uint64_t>((config.now() - began_at) / 1000);
  if (report.stopped)
    self->send(config.queue, error_note{error_json(*report.stopped, config.now())});
  if (!run->server_clock())
    return answer();
  self->request(config.clock, local_patience, clock_received{*run->server_clock()})
      .then([this](clock_value) { answer(); },
            [this](const caf::error& error) {
              run->report().warnings.push_back(to_failure(error).message);
              answer();
            });
}

void batch_sync_state::answer() {
  const auto deliver_report = [this] {
    fulfil(waiting.front().promise, std::move(run->report()));
    waiting.pop_front();
    run.reset();
    if (!waiting.empty())
      return begin_run();
    for (auto& promise : std::exchange(ending, {}))
      fulfil(promise, wound_down{});
  };
  self->request(config.queue, local_patience, due_request{})
      .then(
          [this, deliver_report](const due_count& due) {
            run->report().remaining = due.total;
            deliver_report();
          },
          [deliver_report](const caf::error&) { deliver_report(); });
}

batch_sync_actor::behavior_type
batch_sync(batch_sync_actor::stateful_pointer<batch_sync_state> self, batch_sync_config config) {
  install_handlers(self);
  self->state.config = std::move(config);
  self->state.self = self;
  return {
      [self](const sync_request& request) {
        auto promise = self->make_response_promise<sync_report>();
        self->state.waiting.push_back({request, promise});
        auto& st = self->state;
        if (st.waiting.size() == 1)
          st.begin_run();
        return promise;
      },
      [self](retry_tick tick) {
        auto& st = self->state;
        if (tick.pause != st.pause || !std::exchange(st.pausing, false) || !st.run)
          return; // of a pause that was cut short
        if (st.pause_left.count() > 0)
          st.wait();
        else
          st.carry_out(st.run->on_pause());
      },
      [self](wind_down) {
        auto& st = self->state;
        auto promise = self->make_response_promise<wound_down>();
        st.winding_down = true;
        st.ending.push_back(promise);
        if (st.waiting.empty())
          fulfil(std::exchange(st.ending, {}).front(), wound_down{});
        else if (std::exchange(st.pausing, false))
          st.carry_out(st.run->interrupt());
        return promise;
      },
  };
}

} // namespace spec_kitty
