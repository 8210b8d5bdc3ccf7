#include "app/chaos/scenarios/drainers.hpp"

#include <csignal>
#include <thread>

namespace spec_kitty::chaos {

using namespace std::chrono_literals;

namespace {

constexpr unsigned strike_tries = 3;
constexpr unsigned settle_tries = 8;

} // namespace

bool drainers::work_until(const std::function<bool()>& condition,
                          std::chrono::milliseconds patience) {
  home_.drain_by(drainer::websocket);
  return home_.work_until(
      [&] {
        for (auto& child : running_) {
          if (child && child->has_ended())
            end(child, 0);
          if (!child)
            child = std::make_unique<support::child>(
                home_.all.command("home", {"sync", "now", "--json"}));
        }
        return condition();
      },
      patience);
}

bool drainers::strike(const std::function<exchange_fault()>& fault,
                      const std::function<bool()>& meanwhile) {
  bool hit = false;
  for (unsigned i = 0; i < strike_tries && !hit; ++i) {
    const auto number = home_.line->arm(fault());
    const auto struck = [&] { return home_.line->used(number) > 0; };
    hit = work_until(struck, fault_patience) && meanwhile();
    home_.line->take_away(number);
  }
  return hit;
}

void drainers::end(child_ptr& child, int sent) {
  if (!child)
    return;
  const auto done = child->wait();
  home_.all.judge_end("`sync now`", done, sent);
  home_.all.note_report("home", done.out);
  child.reset();
}

bool drainers::kill() {
  bool alive = false;
  home_.seen->process_killed();
  for (auto& child : running_)
    if (child) {
      alive = alive || !child->has_ended();
      child->send(SIGKILL);
    }
  for (auto& child : running_)
    end(child, SIGKILL);
  home_.end_daemon(SIGKILL);
  return alive;
}

void drainers::end() {
  for (auto& child : running_)
    end(child, 0);
  home_.end_daemon(SIGTERM);
}

int drainers::settle() {
  int status = 0;
  for (unsigned i = 0; i < settle_tries; ++i) {
    home_.all.emit();
    status = home_.all.sync_now().status;
    if (status == 0 || status == login_needed)
      return status;
    std::this_thread::sleep_for(50ms);
  }
  return status;
}

} // namespace spec_kitty::chaos
