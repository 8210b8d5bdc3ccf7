// Two `sync now` that drain a home beside its daemon, again and again: whatever strikes a session
// meets several programs that use it.
#pragma once

#include "app/chaos/scenarios/proxied_home.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>

namespace spec_kitty::chaos {

/// How long something that a fault needs may take to happen.
inline constexpr std::chrono::seconds fault_patience{8};

class drainers {
public:
  /// The home lives longer.
  explicit drainers(proxied_home& home) : home_(home) {}

  /// Lets them and a daemon drain until the condition holds, or patience ends.
  bool work_until(const std::function<bool()>& condition, std::chrono::milliseconds patience);
  /// Works until an exchange meets the fault, and does `meanwhile` then; what came too late on a
  /// busy machine is tried again. False where it was not hit.
  bool strike(const std::function<exchange_fault()>& fault, const std::function<bool()>& meanwhile);
  /// Kills them and the daemon; true where one of them was at work.
  bool kill();
  /// Lets them end well.
  void end();
  /// Drains until the result no longer depends on timing: the last status.
  int settle();

private:
  using child_ptr = std::unique_ptr<support::child>;

  void end(child_ptr& child, int sent);

  proxied_home& home_;
  std::array<child_ptr, 2> running_;
};

} // namespace spec_kitty::chaos
