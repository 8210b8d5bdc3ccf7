// An open home with its actors at work in some actor system: what both doors stand on. No
// function throws; every wait has an end.
#pragma once

#include "app/embed/caf_logger_restorer.hpp"
#include "app/embed/process_guard.hpp"
#include "app/embed/root_supervisor.hpp"

#include <caf/scoped_actor.hpp>

#include <memory>

namespace spec_kitty::embed {

class running_home {
public:
  using deadline = std::chrono::steady_clock::time_point;

  /// Starts ROOT_SUPERVISOR and what is behind it, and has the store opened. A store that is busy
  /// or full just now does not fail the start: events go beside it. `alive` counts the actors that
  /// have not ended, whatever becomes of this.
  static result<std::unique_ptr<running_home>> start(caf::actor_system& system,
                                                     std::shared_ptr<home_core> core,
                                                     std::shared_ptr<std::atomic<int>> alive);
  /// Where close() was not called (an exception): ends the actors without waiting.
  ~running_home();
  running_home(const running_home&) = delete;
  running_home& operator=(const running_home&) = delete;

  const root_supervisor_actor& root_supervisor_handle() const { return root_supervisor_; }

  /// Asks ROOT_SUPERVISOR and waits for the answer.
  template <class Answer, class Question>
  result<Answer> ask(std::chrono::milliseconds patience, Question question) {
    const caf_logger_restorer guard;
    caf::scoped_actor self(*system_, true);
    result<Answer> out = failure{ec::internal, "no answer", {}};
    self->request(root_supervisor_, patience, std::move(question))
        .receive([&](Answer& answer) { out = std::move(answer); },
                 [&](const caf::error& error) { out = failure_in_time(error); });
    return out;
  }

  /// Ends every actor, in order, and waits for them; `stopping` when not all ended in time, or when
  /// the actor system has ended before. Once it has returned, nothing here touches the actor system
  /// any more. The owner calls it in every case; a second call does nothing.
  result<void> close(deadline until);

private:
  struct system_watch;

  running_home(caf::actor_system& system, std::shared_ptr<home_core> core,
               std::shared_ptr<std::atomic<int>> alive);
  /// False where the actor system has ended before: the handle is left behind then.
  bool detach_from_system();
  void forget();
  result<void> wait_for_actors(deadline until) const;

  caf::actor_system* system_;
  std::shared_ptr<home_core> core_;
  std::shared_ptr<std::atomic<int>> alive_;
  std::shared_ptr<system_watch> watch_;
  root_supervisor_actor root_supervisor_;
  bool closed_ = false;
};

} // namespace spec_kitty::embed
