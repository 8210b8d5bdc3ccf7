// What a client is: an actor system of its own with one home in it, and the postbox that carries
// events to QUEUE and receipts back.
#pragma once

#include "app/embed/postbox.hpp"
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

  bool here() const { return guard_.here(); }
  std::chrono::milliseconds patience() const { return core_->given().patience; }
  std::chrono::milliseconds stop_within() const { return core_->given().stop_within; }
  embed::home_core& core() { return *core_; }
  const std::shared_ptr<embed::receipt_signal>& signal() const { return postbox_->signal(); }

  result<void> emit(const event& what, embed::postbox::addressee to, bool may_wait = true);
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
  failure full() const;

  embed::process_guard guard_;
  std::shared_ptr<embed::home_core> core_;
  const std::shared_ptr<embed::postbox> postbox_;
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

} // namespace spec_kitty
