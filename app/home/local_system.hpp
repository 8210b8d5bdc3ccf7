// QUEUE and CLOCK in an actor system: what every command needs that changes the store. Commands
// that talk to the server add their transports to it (sync_system.hpp).
#pragma once

#include "actors/clock/clock.hpp"
#include "actors/queue/queue.hpp"
#include "messages/message_loop.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>

namespace spec_kitty {

class local_system {
public:
  /// Opens no store yet: QUEUE does when it is first asked. Without threads (0) the actors run on
  /// the caller's thread while it asks; so it is where they themselves have no thread and no timer.
  local_system(const store_options& options, std::size_t threads);
  /// Where close() was not called (an exception): ends QUEUE and CLOCK without waiting.
  ~local_system();
  local_system(const local_system&) = delete;
  local_system& operator=(const local_system&) = delete;

  /// Waits until every other actor of the system has ended, then ends CLOCK and QUEUE; clock.json
  /// is current afterwards. The owner calls it when it has its last answer; a second call does
  /// nothing.
  void close();

  caf::actor_system& system() { return system_; }
  const queue_actor& queue_handle() const { return queue_; }
  const clock_actor& clock_handle() const { return clock_; }

  /// The bound on waiting for QUEUE, whose own wait is sync.busy_timeout_ms: it only ends the wait
  /// for one that hangs.
  std::chrono::milliseconds patience() const { return patience_; }

  /// Asks an actor and waits for the answer, at most `patience`.
  template <class Answer, class Actor, class Question, class Duration>
  result<Answer> ask(const Actor& actor, Duration patience, Question question) {
    caf::scoped_actor self(system_);
    result<Answer> out = failure{ec::internal, "no answer", {}};
    auto asked = self->request(actor, patience, std::move(question));
    run_actors(system_);
    asked.receive([&](Answer& answer) { out = std::move(answer); },
                  [&](const caf::error& error) { out = to_failure(error); });
    return out;
  }

private:
  void end_actors();

  system_config config_;
  caf::actor_system system_;
  queue_actor queue_;
  clock_actor clock_;
  std::chrono::milliseconds patience_;
};

} // namespace spec_kitty
