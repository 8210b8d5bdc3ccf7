// The door for hosts with an actor system of their own: spec_kitty/actors.hpp.
#include "spec_kitty/actors.hpp"

#include "app/embed/running_home.hpp"

#include <algorithm>
#include <exception>

namespace spec_kitty {

failure failure_of(const caf::error& error) {
  return to_failure(error);
}

class embedded::impl {
public:
  impl(embed::process_guard guard, std::unique_ptr<embed::running_home> home,
       std::shared_ptr<embed::home_core> core)
      : guard_(std::move(guard)), home_(std::move(home)), core_(std::move(core)) {}

  bool here() const { return guard_.here(); }
  const root_supervisor_actor& handle() const { return home_->root_supervisor_handle(); }

  result<void> stop(std::chrono::milliseconds deadline) {
    if (auto ok = guard_.check(); !ok)
      return ok;
    constexpr std::chrono::milliseconds max_wait = std::chrono::hours(24);
    const auto until = std::chrono::steady_clock::now() +
                       std::clamp(deadline, std::chrono::milliseconds(0), max_wait);
    auto ended = home_->close(until);
    (void)core_->callbacks().finish(until);
    return ended;
  }
  std::chrono::milliseconds stop_within() const { return core_->given().stop_within; }

private:
  embed::process_guard guard_;
  std::unique_ptr<embed::running_home> home_;
  std::shared_ptr<embed::home_core> core_;
};

embedded::embedded(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
embedded::embedded(embedded&&) noexcept = default;

embedded& embedded::operator=(embedded&& other) noexcept {
  embedded before(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

embedded::~embedded() {
  if (!impl_)
    return;
  if (impl_->here())
    (void)stop(impl_->stop_within());
  else
    (void)impl_.release(); // a child of a fork: nothing of it can be ended here
}

result<embedded> embedded::spawn(caf::actor_system& system, options wanted,
                                 std::function<void(const update&)> updates) {
  try {
    auto guard = embed::process_guard::enter();
    if (!guard)
      return guard.error();
    auto checked = embed::check(std::move(wanted));
    if (!checked)
      return checked.error();
    auto core = std::make_shared<embed::home_core>(std::move(*checked));
    core->listeners().set_direct(std::move(updates));
    auto home = embed::running_home::start(system, core, std::make_shared<std::atomic<int>>(0));
    if (!home)
      return home.error();
    return embedded(std::make_unique<impl>(std::move(*guard), std::move(*home), std::move(core)));
  } catch (const std::exception& error) {
    return failure{ec::overloaded, std::string("out of memory or threads: ") + error.what(), {}};
  }
}

events_handle embedded::events() const {
  return impl_ && impl_->here() ? events_handle(impl_->handle()) : events_handle{};
}

sync_handle embedded::sync() const {
  return impl_ && impl_->here() ? sync_handle(impl_->handle()) : sync_handle{};
}

clock_handle embedded::clock() const {
  return impl_ && impl_->here() ? clock_handle(impl_->handle()) : clock_handle{};
}

result<void> embedded::stop(std::chrono::milliseconds deadline) {
  if (!impl_)
    return failure{ec::stopping, "these handles were moved from", {}};
  try {
    return impl_->stop(deadline);
  } catch (const std::exception& error) {
    return failure{ec::overloaded, std::string("out of memory or threads: ") + error.what(), {}};
  }
}

} // namespace spec_kitty
