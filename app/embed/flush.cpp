// ROOT_SUPERVISOR's flushes: runs, one after the other, until everything is delivered, the time is
// over, or another run would not help.
#include "app/embed/root_supervisor.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::embed {

namespace {

using namespace std::chrono_literals;

constexpr auto flush_pause = 100ms;     ///< other processes are sending the events
constexpr auto transport_pause = 500ms; ///< the server was not reached

failure time_is_over(const home_core& core) {
  const std::string link = core.why_not_connected();
  return {ec::timeout,
          "the timeout expired before all events were delivered" +
              (link.empty() ? "" : "; " + link),
          {}};
}

/// Worth another try before a flush's deadline.
bool may_pass(ec code) {
  return code == ec::transport || code == ec::timeout || code == ec::stopping;
}

} // namespace

caf::typed_response_promise<flush_report>
root_supervisor_state::on_flush(const flush_message& message) {
  auto promise = self->make_response_promise<flush_report>();
  const std::uint64_t id = ++last_flush;
  flushing& flushing = flushes.emplace_back();
  flushing.id = id;
  flushing.until = steady_ms() + message.deadline;
  flushing.promise = promise;
  flushing.report.durable = true; // a sender waits for its receipts itself
  if (const auto now = core->status(0)) {
    flushing.report.remaining = now->queued;
    flushing.report.held = now->held;
  }
  if (core->server())
    next_run(id);
  else
    end_flush(id, false,
              core->given().delivery == deliver_by::others
                  ? failure{ec::no_server,
                            "this process only records events; other processes deliver them",
                            {}}
                  : failure{ec::no_server, "no server is set",
                            "set sync.server_url, in options.settings or the home"});
  return promise;
}

flushing* root_supervisor_state::find(std::uint64_t id) {
  const auto at = std::find_if(flushes.begin(), flushes.end(),
                               [&](const flushing& flushing) { return flushing.id == id; });
  return at == flushes.end() ? nullptr : &*at;
}

void root_supervisor_state::end_flush(std::uint64_t id, bool delivered, failure why) {
  const auto at = std::find_if(flushes.begin(), flushes.end(),
                               [&](const flushing& flushing) { return flushing.id == id; });
  at->report.delivered = delivered;
  at->report.why = std::move(why);
  auto promise = at->promise;
  auto report = std::move(at->report);
  flushes.erase(at);
  fulfil(promise, std::move(report));
}

void root_supervisor_state::next_run(std::uint64_t id) {
  const flushing* flushing = find(id);
  if (flushing == nullptr)
    return;
  const auto left = flushing->until - steady_ms();
  if (left <= 0ms) {
    failure why = flushing->report.why;
    if (why.code == ec::ok)
      why = time_is_over(*core);
    return end_flush(id, false, std::move(why));
  }
  if (!queue_handle)
    return end_flush(id, false, core->actors().why_no_queue());
  if (!supervisor_handle)
    return on_run(id, [&] {
      sync_report none;
      none.stopped = failure{ec::transport, "the part that talks to the server has failed", {}};
      return none;
    }());
  self->request(supervisor_handle, left, sync_request{})
      .then([this, id](const sync_report& done) { on_run(id, done); },
            [this, id](const caf::error& error) {
              sync_report none;
              none.stopped =
                  error == caf::sec::request_timeout ? time_is_over(*core) : failure_in_time(error);
              on_run(id, none);
            });
}

void root_supervisor_state::on_run(std::uint64_t id, const sync_report& done) {
  flushing* flushing = find(id);
  if (flushing == nullptr)
    return;
  flushing->report.rejected += done.rejected + done.dead;
  if (!done.stopped || done.selected > 0) {
    flushing->report.held = done.held_elsewhere + done.held;
    flushing->report.remaining = done.remaining - std::min(done.remaining, flushing->report.held);
  }
  const bool again = done.transient + done.pending > 0;
  const failure why = done.stopped.value_or(failure{ec::ok, {}, {}});
  flushing->report.why = why;
  const bool failed = why.code != ec::ok && why.code != ec::rejected;
  if (failed && !may_pass(why.code))
    return end_flush(id, false, why);
  if (!failed && !again)
    return end_flush(id, flushing->report.rejected == 0, why);
  const auto pause = failed ? std::chrono::milliseconds(transport_pause) : flush_pause;
  self->delayed_send(self, std::min(pause, std::max(flushing->until - steady_ms(), 0ms)),
                     flush_tick{id});
}

} // namespace spec_kitty::embed
