// What a client is: an actor system of its own with one home in it, the bound on what is in
// flight, and what carries events to QUEUE and receipts back.
#pragma once

#include "app/embed/in_flight.hpp"
#include "app/embed/pending.hpp"
#include "app/embed/running_home.hpp"
#include "spec_kitty/client.hpp"

#include <memory>
#include <mutex>
#include <shared_mutex>

namespace spec_kitty {

class client::impl : public std::enable_shared_from_this<client::impl> {
public:
  static result<std::shared_ptr<impl>> open(options wanted);
  impl(embed::process_guard guard, std::shared_ptr<embed::home_core> core);
  ~impl();
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  /// An event on its way. Dropped unanswered, it answers with a failure.
  class on_its_way : public append_callback {
  public:
    explicit on_its_way(std::shared_ptr<impl> of) : of_(std::move(of)) {}
    ~on_its_way() override;
    void answer(result<append_receipt> outcome) final;
    /// It has entered in_flight: from here on it has an answer.
    void enter() { entered_ = true; }

  protected:
    /// Leaves in_flight, then answers the caller.
    virtual void answer_caller(result<receipt> outcome) = 0;
    impl& of() { return *of_; }
    const std::shared_ptr<impl>& holder() { return of_; }

  private:
    std::shared_ptr<impl> of_;
    bool entered_ = false;
  };
  class waiting; ///< answers a pending_receipt
  class calling; ///< calls back
  class silent;  ///< only counts

  bool here() const { return guard_.here(); }
  std::chrono::milliseconds patience() const { return core_->given().patience; }
  std::chrono::milliseconds stop_within() const { return core_->given().stop_within; }
  embed::home_core& core() { return *core_; }

  result<void> emit(const event& what, std::shared_ptr<on_its_way> carrier, bool may_wait = true);
  /// Never waits.
  result<void> emit_best_effort(const event& what);
  void call_back(std::function<void(const result<receipt>&)> then, result<receipt> outcome);
  result<flush_report> flush(std::chrono::milliseconds deadline);
  result<client_status> status() const;
  result<void> stop(std::chrono::milliseconds deadline);

private:
  static constexpr std::size_t workers = 2;

  result<void> start();
  result<void> end_actors(embed::running_home::deadline until);
  void leave_behind();
  result<void> enter(bool may_wait);
  void post(std::shared_ptr<on_its_way> carrier);
  failure full() const;

  embed::process_guard guard_;
  std::shared_ptr<embed::home_core> core_;
  embed::in_flight in_flight_;
  std::atomic<bool> stopping_{false};
  std::timed_mutex stop_guard_;
  /// Held shared by calls that use the actors, alone by the call that ends them.
  mutable std::shared_timed_mutex use_;
  std::unique_ptr<system_config> config_ = std::make_unique<system_config>(workers);
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<embed::running_home> home_;
};

/// For the C API, which reports why an event was not taken.
struct client_access {
  static result<void> emit_best_effort(client& by, const event& what) {
    return by.impl_->emit_best_effort(what);
  }
};

class client::impl::waiting final : public on_its_way {
public:
  waiting(std::shared_ptr<impl> of, std::shared_ptr<pending_receipt::state> pending)
      : on_its_way(std::move(of)), pending_(std::move(pending)) {}

protected:
  void answer_caller(result<receipt> outcome) override {
    of().in_flight_.leave();
    pending_->answer(std::move(outcome));
  }

private:
  std::shared_ptr<pending_receipt::state> pending_;
};

class client::impl::calling final : public on_its_way {
public:
  calling(std::shared_ptr<impl> of, std::function<void(const result<receipt>&)> then)
      : on_its_way(std::move(of)), then_(std::move(then)) {}

protected:
  /// In flight until the callback begins: a slow one holds back the emitting threads.
  void answer_caller(result<receipt> outcome) override {
    of().core().callbacks().run(
        [of = holder(), then = std::move(then_), outcome = std::move(outcome)] {
          of->in_flight_.leave();
          then(outcome);
        });
  }

private:
  std::function<void(const result<receipt>&)> then_;
};

class client::impl::silent final : public on_its_way {
public:
  using on_its_way::on_its_way;

protected:
  void answer_caller(result<receipt>) override { of().in_flight_.leave(); }
};

} // namespace spec_kitty
