#include "app/embed/running_home.hpp"

#include "util/checksum.hpp"

#include <caf/attachable.hpp>
#include <caf/send.hpp>

#include <thread>

namespace spec_kitty::embed {

namespace {

using namespace std::chrono_literals;

constexpr auto home_stop_grace = 10s;
constexpr auto last_moment = 2s;

std::chrono::milliseconds left_until(running_home::deadline until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  return std::max(left, 1ms);
}

} // namespace

/// Notices the actor system's end: its own server ends first, while the threads still work. Then
/// ROOT_SUPERVISOR is asked to end, and the log says that stop() was not called.
struct running_home::system_watch {
  std::mutex guard;
  root_supervisor_actor root_supervisor; ///< nothing: stopped in time
  bool over = false;
  std::shared_ptr<home_core> core;

  struct token {
    static constexpr std::size_t token_type = caf::attachable::token::anonymous;
  } key;

  void on_system_end() {
    root_supervisor_actor left;
    {
      const std::lock_guard hold(guard);
      if (!root_supervisor)
        return;
      over = true;
      left = std::move(root_supervisor);
      root_supervisor = nullptr;
    }
    core->log(log_level::error, "the actor system is ending before spec-kitty was stopped: call "
                                "stop() first; acknowledged events are kept");
    caf::anon_send_exit(left, caf::exit_reason::user_shutdown);
  }
};

namespace {

template <class Watch>
class on_exit final : public caf::attachable {
public:
  explicit on_exit(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}
  void actor_exited(const caf::error&, caf::execution_unit*) override { watch_->on_system_end(); }
  bool matches(const token& what) override { return what.ptr == &watch_->key; }

private:
  std::shared_ptr<Watch> watch_;
};

} // namespace

running_home::running_home(caf::actor_system& system, std::shared_ptr<home_core> core,
                           std::shared_ptr<std::atomic<int>> alive)
    : system_(&system), core_(std::move(core)), alive_(std::move(alive)),
      watch_(std::make_shared<system_watch>()) {
  use_fast_checksums();
  const caf_logger_restorer guard;
  root_supervisor_ = spawn_counted(system, alive_, root_supervisor, core_, alive_);
  core_->actors().set_root_supervisor(root_supervisor_);
  watch_->core = core_;
  watch_->root_supervisor = root_supervisor_;
  caf::actor_cast<caf::abstract_actor*>(system.config_serv())
      ->attach(std::make_unique<on_exit<system_watch>>(watch_));
}

result<std::unique_ptr<running_home>> running_home::start(caf::actor_system& system,
                                                          std::shared_ptr<home_core> core,
                                                          std::shared_ptr<std::atomic<int>> alive) {
  std::unique_ptr<running_home> made(new running_home(system, std::move(core), std::move(alive)));
  const auto patience = made->core_->view().store_settings().busy_timeout * 4 + home_stop_grace;
  const auto opened = [&] {
    try {
      return made->ask<clock_reading>(patience, root_supervisor_check{});
    } catch (...) { // no memory: its actors end before the caller sees it
      (void)made->close(std::chrono::steady_clock::now() + home_stop_grace);
      throw;
    }
  }();
  if (opened)
    return made;
  const failure& why = opened.error();
  if (why.code == ec::store_busy || why.code == ec::store_full || why.code == ec::timeout) {
    made->core_->note(why);
    made->core_->log(log_level::warning, why.message + "; events are written to spill files");
    return made;
  }
  (void)made->close(std::chrono::steady_clock::now() + home_stop_grace);
  return why;
}

running_home::~running_home() {
  if (std::exchange(closed_, true) || !detach_from_system())
    return;
  core_->actors().set_root_supervisor({});
  caf::anon_send_exit(root_supervisor_, caf::exit_reason::user_shutdown);
}

bool running_home::detach_from_system() {
  {
    const std::lock_guard hold(watch_->guard);
    watch_->root_supervisor = nullptr;
    if (watch_->over) {
      forget();
      return false;
    }
  }
  caf::actor_cast<caf::abstract_actor*>(system_->config_serv())
      ->detach(caf::attachable::token(watch_->key));
  return true;
}

result<void> running_home::close(deadline until) {
  if (std::exchange(closed_, true))
    return {};
  if (!detach_from_system())
    return failure{ec::stopping, "the actor system ended before stop() was called",
                   "call stop() before the actor system ends"};
  // Half the time for the transports to finish; ROOT_SUPERVISOR ends them then, and has the rest.
  const auto answer =
      ask<wound_down>(left_until(until), root_supervisor_stop{left_until(until) / 2});
  core_->actors().set_root_supervisor({});
  caf::anon_send_exit(root_supervisor_,
                      caf::exit_reason::user_shutdown); // where it has not answered
  root_supervisor_ = nullptr;
  if (auto ended = wait_for_actors(until + last_moment); !ended)
    return ended;
  if (!answer)
    return failure{ec::stopping, "the client did not end in time: " + answer.error().message,
                   "allow more time"};
  return {};
}

/// What was asked to end at the deadline ends quickly now.
result<void> running_home::wait_for_actors(deadline until) const {
  while (alive_->load() > 0) {
    if (std::chrono::steady_clock::now() >= until)
      return failure{ec::stopping, "a part of the client did not end in time and keeps running",
                     "allow more time"};
    std::this_thread::sleep_for(200us);
  }
  return {};
}

void running_home::forget() {
  // An actor's end touches its system, which is gone: a handle must not be the last one to let go.
  (void)new root_supervisor_actor(std::move(root_supervisor_));
  root_supervisor_ = nullptr;
  core_->actors().set_root_supervisor({});
}

} // namespace spec_kitty::embed
