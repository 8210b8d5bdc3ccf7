// Actors under CAF's deterministic scheduler: one thread, virtual time, no sleeps.
//
// A test asks, lets everything run, and looks at what came back. HTTP is the real actor around a
// client that only notes requests: the test answers them.
#pragma once

#include "actors/auth/auth.hpp"
#include "actors/batch_sync/batch_sync.hpp"
#include "actors/clock/clock.hpp"
#include "actors/http/http.hpp"
#include "actors/queue/queue.hpp"
#include "app/chaos/process.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spec_kitty::actor_test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

inline constexpr epoch_us first_moment = 1'770'000'000'000'000;

/// What came of a request: nothing yet, a value, or a failure.
template <class T>
class outcome {
public:
  bool there() const { return box_->has_value(); }
  bool ok() const { return there() && (*box_)->ok(); }
  const T& operator*() const { return ***box_; }
  const T* operator->() const { return &***box_; }
  ec code() const { return there() && !(*box_)->ok() ? (*box_)->error().code : ec::ok; }
  std::string message() const { return code() == ec::ok ? "" : (*box_)->error().message; }

  std::shared_ptr<std::optional<result<T>>> box_ =
      std::make_shared<std::optional<result<T>>>(std::nullopt);
};

/// The network, played by the test.
struct network {
  struct open_exchange {
    http_request request;
    http_client::completion completed;
  };

  std::vector<http_request> requests; ///< everything that was ever asked
  std::deque<open_exchange> open;     ///< and is not answered yet
  int clients = 0;

  /// Answers the oldest exchange that is open.
  void answer(http_reply reply) {
    ASSERT_FALSE(open.empty()) << "nothing was asked";
    auto pending = std::move(open.front());
    open.pop_front();
    reply.bytes_sent = pending.request.body.size();
    pending.completed(std::move(reply));
  }
};

http_reply answered(int status, std::string body = "{}", std::string type = "application/json");
http_reply not_answered(http_outcome how);
/// 200 with `status` for each event of a batch request.
http_reply results_for(const http_request& batch, std::string_view status,
                       const std::string& more = "");
/// 200 of the token calls.
http_reply tokens(const std::string& access, const std::string& refresh,
                  const std::string& team = "team-a");

/// The value of a header, empty where the request lacks it.
std::string header_of(const http_request& request, std::string_view name);

class ActorTest : public testing::Test {
protected:
  ActorTest();
  /// Ends every actor; the system would wait for them otherwise.
  ~ActorTest() override;

  /// Starts an actor that ends with the test.
  template <class Behaviour, class Config>
  auto start(Behaviour behaviour, Config config) {
    auto handle = system_.spawn(behaviour, std::move(config));
    ends_.push_back([handle] { caf::anon_send_exit(handle, caf::exit_reason::user_shutdown); });
    return handle;
  }

  /// Asks without a time limit: what is never answered stays unanswered.
  template <class Answer, class Actor, class Question>
  outcome<Answer> ask(const Actor& actor, Question question) {
    outcome<Answer> out;
    auto sender = system_.spawn(
        [](caf::event_based_actor* self, const Actor& to, const Question& what,
           const outcome<Answer>& into) {
          install_handlers(self);
          self->request(to, caf::infinite, what)
              .then([into](Answer& answer) { into.box_->emplace(std::move(answer)); },
                    [into](const caf::error& error) { into.box_->emplace(to_failure(error)); });
        },
        actor, std::move(question), out);
    ends_.push_back([sender] { caf::anon_send_exit(sender, caf::exit_reason::user_shutdown); });
    return out;
  }

  /// Asks and lets everything run that can.
  template <class Answer, class Actor, class Question>
  outcome<Answer> ask_now(const Actor& actor, Question question) {
    auto out = ask<Answer>(actor, std::move(question));
    run();
    return out;
  }

  template <class Actor>
  void kill(const Actor& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
  }

  void run() { scheduler_.run(); }
  /// Moves virtual time, in steps short enough for every timer in between.
  void pass(std::chrono::milliseconds time, std::chrono::milliseconds step = 10ms);

  store_options store_settings() const;
  queue_actor start_queue() { return start(queue, queue_config{store_settings(), clock_now()}); }
  http_actor start_http();
  auth_actor start_auth(const http_actor& http, const queue_actor& queue,
                        const std::string& server = "https://a");
  std::function<epoch_us()> clock_now() {
    return [this] { return now_; };
  }
  std::function<epoch_us()> steady_now() {
    return [this] { return steady_; };
  }

  static event_draft draft(const std::string& team = "team-a", const std::string& note = "doing");
  /// Appends through QUEUE and expects every event to be taken.
  std::vector<append_receipt> append(const queue_actor& queue, std::size_t count,
                                     const std::string& team = "team-a");
  queue_stats stats() const;
  void log_in_as(const std::string& access, const std::string& refresh = "refresh-1",
                 const std::string& server = "https://a:443") const;
  std::optional<credentials> session() const;

  support::temporary_folder folder_;
  fs::path home_ = folder_.path() / "home";
  epoch_us now_ = first_moment; ///< the machine's clock: a test may set it
  epoch_us steady_ = 5'000'000; ///< which no test sets
  std::shared_ptr<network> network_ = std::make_shared<network>();

private:
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };
  config config_;

protected:
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<std::function<void()>> ends_;
};

} // namespace spec_kitty::actor_test
