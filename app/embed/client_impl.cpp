#include "app/embed/client_impl.hpp"

#include "app/home/thread_headroom.hpp"
#include "util/signals_blocked.hpp"
#include "util/text.hpp"

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
    : guard_(std::move(guard)), core_(std::move(core)),
      postbox_(std::make_shared<embed::postbox>(core_)) {}

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

failure client::impl::full() const {
  return {ec::overloaded, count_of(core_->given().max_in_flight, "event") + " in flight already",
          "emit more slowly, or raise options.max_in_flight"};
}

result<void> client::impl::enter(bool may_wait) {
  embed::in_flight& bound = postbox_->bound();
  if (bound.try_enter())
    return {};
  if (!may_wait)
    return core_->drop(full());
  const auto& given = core_->given();
  if (embed::callback_executor::is_here()) { // it would wait for itself
    bound.enter_anyway();
    return {};
  }
  if (given.full == when_full::block && bound.enter(after(given.block_for)))
    return {};
  if (given.full == when_full::drop)
    return core_->drop(full());
  return full();
}

result<void> client::impl::emit(const event& what, embed::postbox::addressee to, bool may_wait) {
  if (auto ok = guard_.check(); !ok)
    return ok;
  if (stopping_)
    return core_->drop({ec::stopping, "the client has been stopped", "open another one"});
  auto draft = core_->prepare(what);
  if (!draft)
    return draft.error();
  if (auto capacity = enter(may_wait); !capacity)
    return capacity;
  const std::shared_lock using_actors(use_);
  postbox_->post(std::move(*draft), std::move(to));
  return {};
}

result<void> client::impl::emit_best_effort(const event& what) {
  return emit(what, std::monostate{}, false);
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
  report.durable = postbox_->bound().wait_for_those_before(until);
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
  return core_->status(postbox_->bound().now());
}

} // namespace spec_kitty
