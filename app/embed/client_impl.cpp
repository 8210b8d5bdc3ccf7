#include "app/embed/client_impl.hpp"

#include "app/home/thread_headroom.hpp"
#include "util/signals_blocked.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

/// Workers, CAF's clock and printer, HTTP, WebSocket, callbacks.
constexpr int needed_threads = 8;

constexpr std::chrono::milliseconds max_call_wait = std::chrono::hours(24);

std::chrono::milliseconds bounded(std::chrono::milliseconds time) {
  return std::clamp(time, 0ms, max_call_wait);
}

embed::running_home::deadline after(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + bounded(time);
}

} // namespace

// ── Its life ─────────────────────────────────────────────────────────────────────────────────────

client::impl::impl(embed::process_guard guard, std::shared_ptr<embed::home_core> core)
    : guard_(std::move(guard)), core_(std::move(core)), in_flight_(core_->given().max_in_flight) {}

client::impl::~impl() {
  if (!home_) // stopped, as a client's destructor does
    return;
  try {
    (void)stop(stop_within());
  } catch (const std::exception&) { // no memory: left behind
    leave_behind();
  }
}

result<std::shared_ptr<client::impl>> client::impl::open(options wanted) {
  auto guard = embed::process_guard::enter();
  if (!guard)
    return guard.error();
  auto checked = embed::check(std::move(wanted));
  if (!checked)
    return checked.error();
  if (auto ok = check_thread_headroom(needed_threads); !ok)
    return ok.error();
  auto made = std::make_shared<impl>(std::move(*guard),
                                     std::make_shared<embed::home_core>(std::move(*checked)));
  if (auto started = made->start(); !started)
    return started.error();
  return made;
}

result<void> client::impl::start() {
  const signals_blocked no_signals;
  const embed::caf_logger_restorer guard;
  system_ = std::make_unique<caf::actor_system>(*config_);
  const auto alive = std::make_shared<std::atomic<int>>(0);
  auto home = embed::running_home::start(*system_, core_, alive);
  if (home) {
    home_ = std::move(*home);
    return {};
  }
  stopping_ = true;
  if (*alive > 0)
    leave_behind();
  return home.error();
}

/// Threads may be in the kernel for long: better left behind than waited for.
void client::impl::leave_behind() {
  (void)home_.release();
  (void)system_.release();
  (void)config_.release();
}

result<void> client::impl::stop(std::chrono::milliseconds deadline) {
  if (auto ok = guard_.check(); !ok)
    return ok;
  const auto until = after(deadline);
  stopping_ = true;
  const embed::caf_logger_restorer guard;
  auto ended = end_actors(until);
  if (!ended)
    core_->log(log_level::error, ended.error().message);
  if (!core_->callbacks().finish(until))
    core_->log(log_level::warning, "stopped before every callback was called");
  return ended;
}

result<void> client::impl::end_actors(embed::running_home::deadline until) {
  const std::unique_lock stopping_alone(stop_guard_, until);
  if (!stopping_alone)
    return failure{ec::timeout, "another thread is stopping the client", "allow more time"};
  if (!home_)
    return {};
  auto ended = home_->close(until); // what was posted before is committed and answered
  // A callback may be about to use the actors, a flush may wait for one that hangs.
  const std::unique_lock alone(use_, std::max(until, after(100ms)));
  if (!alone)
    return failure{ec::stopping, "a call did not end in time; its threads keep running", {}};
  if (ended) {
    home_.reset();
    system_.reset();
  } else {
    leave_behind();
  }
  return ended;
}

// ── Events ───────────────────────────────────────────────────────────────────────────────────────

client::impl::on_its_way::~on_its_way() {
  try {
    answer(failure{ec::stopping,
                   "the queue stopped before this event was committed: it may not be recorded",
                   {}});
  } catch (...) { // out of memory: no answer can be made, and a destructor must not throw
    entered_ = false;
  }
}

void client::impl::on_its_way::answer(result<append_receipt> outcome) {
  if (!std::exchange(entered_, false))
    return; // never handed over, or answered already
  auto counted = of_->core_->count(std::move(outcome));
  if (counted)
    of_->core_->wake_transports();
  of_->in_flight_.answered();
  answer_caller(std::move(counted));
}

failure client::impl::full() const {
  return {ec::overloaded,
          std::to_string(core_->given().max_in_flight) + " events are in flight already",
          "emit more slowly, or raise options.max_in_flight"};
}

result<void> client::impl::enter(bool may_wait) {
  if (in_flight_.try_enter())
    return {};
  if (!may_wait)
    return core_->drop(full());
  const auto& given = core_->given();
  if (embed::callback_executor::is_here()) { // it would wait for itself
    in_flight_.enter_anyway();
    return {};
  }
  if (given.full == when_full::block && in_flight_.enter(after(given.block_for)))
    return {};
  if (given.full == when_full::drop)
    return core_->drop(full());
  return full();
}

void client::impl::post(std::shared_ptr<on_its_way> carrier) {
  carrier->enter(); // from here on it is answered, whatever is thrown
  try {
    const std::shared_lock using_actors(use_);
    if (const queue_actor queue = core_->actors().queue())
      caf::anon_send(queue, append_with_callback{std::move(carrier)});
    else
      carrier->answer(core_->actors().why_no_queue());
  } catch (const std::exception&) { // no memory: the carrier's end answers
  }
}

result<void> client::impl::emit(const event& what, std::shared_ptr<on_its_way> carrier,
                                bool may_wait) {
  if (auto ok = guard_.check(); !ok)
    return ok;
  if (stopping_)
    return core_->drop({ec::stopping, "the client has been stopped", "open another one"});
  auto draft = core_->prepare(what);
  if (!draft)
    return draft.error();
  if (auto capacity = enter(may_wait); !capacity)
    return capacity;
  carrier->draft = std::move(*draft);
  post(std::move(carrier));
  return {};
}

result<void> client::impl::emit_best_effort(const event& what) {
  return emit(what, std::make_shared<silent>(shared_from_this()), false);
}

void client::impl::call_back(std::function<void(const result<receipt>&)> then,
                             result<receipt> outcome) {
  if (guard_.here())
    return core_->callbacks().run([of = shared_from_this(), then = std::move(then),
                                   outcome = std::move(outcome)] { then(outcome); });
  try { // a child of a fork: none of the client's locks may be touched
    then(outcome);
  } catch (...) { // there is no log to write to
  }
}

result<flush_report> client::impl::flush(std::chrono::milliseconds deadline) {
  if (auto ok = guard_.check(); !ok)
    return ok.error();
  const auto until = after(deadline);
  flush_report report;
  report.durable = in_flight_.wait_for_those_before(until);
  if (!report.durable) {
    report.why = {ec::timeout, "the timeout expired before all events were durable", {}};
    return report;
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  const std::shared_lock using_actors(use_);
  if (!home_ || stopping_)
    return failure{ec::stopping, "the client has been stopped", "open another one"};
  constexpr auto grace =
      2s; // ROOT_SUPERVISOR keeps the time; this only ends the wait for one that hangs
  return home_->ask<flush_report>(std::max(left, 0ms) + grace, flush_message{std::max(left, 0ms)});
}

result<client_status> client::impl::status() const {
  if (auto ok = guard_.check(); !ok)
    return ok.error();
  return core_->status(in_flight_.now());
}

} // namespace spec_kitty
