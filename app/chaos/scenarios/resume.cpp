// Homes that record and listen to each other at a team server, while the server, daemons and
// watches are killed, connections end, and the pages of older events come late or not at all.
//
//   home-1 ─ daemon ─┐                      ┌─▶ what each watch reported, over all its lives,
//   home-2 ─ daemon ─┼─ proxy ─ the server ─┤   is judged against the team's log
//   home-3 ─ daemon ─┘
#include "app/chaos/proxy/network_faults.hpp"
#include "app/chaos/scenarios/listening_home.hpp"
#include "app/chaos/scenarios/play_steps.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/views.hpp"
#include "messages/protocol.hpp"

#include <algorithm>
#include <csignal>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;
using support::eventually;

constexpr std::size_t listening_homes = 3;
constexpr std::size_t resume_steps_per_round = 9;
constexpr auto resume_fault_patience = 12s;
/// Until everybody has heard everything, when all faults are over.
constexpr auto hearing_patience = 30s;

constexpr const char* server_killed = "kill -9 of the server";
constexpr const char* server_restarted = "the server ends and comes back";
constexpr const char* daemon_killed = "kill -9 of a daemon";
constexpr const char* daemon_restarted = "a daemon ends and comes back";
constexpr const char* watch_killed = "kill -9 of a watch";
constexpr const char* both_killed = "kill -9 of a daemon and its watch";
constexpr const char* all_cut = "every connection is cut";

/// What a network does to the WebSocket of a listener: it loses no frame from the middle.
constexpr const char* frame_late = "an answer's frame comes late";
constexpr const char* frame_cut = "an answer's frame is cut short";
constexpr const char* frame_odd = "an answer is not JSON";
constexpr const char* frame_close = "the WebSocket is closed with a code";

/// Of the request for older events: the fault's name behind it is that of network_faults().
constexpr std::string_view page_fault = "of older events: ";

class listening_team {
public:
  explicit listening_team(const stage& where) : all_(where) {
    all_.start_server();
    line_ = std::make_unique<proxy>("server", all_.server().port(), seen_);
    for (std::size_t i = 1; i <= listening_homes; ++i)
      homes_.push_back(std::make_unique<listening_home>(all_, "home-" + std::to_string(i), *line_));
  }

  bool hit(const step& step) {
    auto& home = *homes_[step.values[0] % homes_.size()];
    for (const auto& each : homes_)
      all_.emit_many(each->name(), 1 + step.values[1] % 3);
    const bool done = strike(step, home);
    for (const auto& each : homes_)
      (void)each->heard(); // a pipe that nobody reads would stop the watch
    return done;
  }

  std::vector<violation> finish(outcome& out) {
    line_->heal();
    std::vector<std::string> names;
    for (const auto& home : homes_)
      names.push_back(home->name());
    all_.heal(names);
    note_log();
    // One patience for all of them: where a defect lets none hear everything, it is found in time.
    (void)eventually(
        [&] {
          return std::all_of(homes_.begin(), homes_.end(), [&](const auto& home) {
            return home->heard().heard.size() + own_events(home->name()).size() >=
                   all_.seen.log.size();
          });
        },
        hearing_patience);
    for (const auto& home : homes_) {
      const auto own = own_events(home->name());
      home->end_watch(SIGTERM);
      home->end_daemon(SIGTERM);
      all_.seen.listeners.push_back(home->heard());
      all_.seen.listeners.back().own = own;
      out.figures["events heard"] += home->heard().heard.size();
    }
    for (const auto& attempt : all_.seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    return all_.judge(names);
  }

private:
  bool strike(const step& step, listening_home& home) {
    const auto drawn = step.values[2];
    const auto while_away = [&] {
      all_.emit_many(other_than(home).name(), 1 + drawn % 4);
      std::this_thread::sleep_for(std::chrono::milliseconds(drawn % 300));
    };
    if (step.fault == server_killed) {
      all_.server().kill();
      while_away();
      all_.server().restart({"--quiet"});
    } else if (step.fault == server_restarted) {
      (void)all_.server().stop();
      while_away();
      all_.server().restart({"--quiet"});
    } else if (step.fault == daemon_killed || step.fault == daemon_restarted) {
      home.end_daemon(step.fault == daemon_killed ? SIGKILL : SIGTERM);
      while_away();
      home.start_daemon();
    } else if (step.fault == watch_killed) {
      home.end_watch(SIGKILL);
      while_away();
      home.start_watch();
    } else if (step.fault == both_killed) {
      home.end_daemon(SIGKILL);
      home.end_watch(SIGKILL);
      while_away();
      home.start_watch();
      home.start_daemon();
    } else if (step.fault == all_cut) {
      return eventually([&] { return line_->cut() > 0; }, resume_fault_patience);
    } else if (step.fault.starts_with(page_fault)) {
      return strike_page(*find_network_fault(step.fault.substr(page_fault.size())), drawn, home);
    } else {
      return strike_frame(*find_frame_fault(step.fault), drawn, home);
    }
    return true;
  }

  /// A watch that was away asks for what it missed, and the reply is struck.
  bool strike_page(const network_fault& fault, std::uint64_t drawn, listening_home& home) {
    auto made = fault.make(drawn);
    made.path = protocol::events_path;
    const auto number = line_->arm(std::move(made));
    const auto struck = [&] { return line_->used(number) > 0; };
    const auto until = std::chrono::steady_clock::now() + resume_fault_patience;
    while (!struck() && std::chrono::steady_clock::now() < until) {
      home.end_watch(SIGKILL);
      all_.emit_many(other_than(home).name(), 2);
      (void)all_.sync_now(other_than(home).name());
      std::this_thread::sleep_for(300ms); // the daemon hears them meanwhile
      home.start_watch();
      (void)eventually(struck, 2s);
    }
    line_->take_away(number);
    return struck();
  }

  bool strike_frame(const frame_fault_kind& fault, std::uint64_t drawn, listening_home& home) {
    const auto number = line_->arm(fault.make(drawn));
    const auto struck = [&] { return line_->used(number) > 0; };
    const auto until = std::chrono::steady_clock::now() + resume_fault_patience;
    while (!struck() && std::chrono::steady_clock::now() < until) {
      all_.emit_many(home.name(), 1);
      (void)eventually(struck, 1s);
    }
    line_->take_away(number);
    return struck();
  }

  listening_home& other_than(const listening_home& home) {
    return homes_[0].get() == &home ? *homes_[1] : *homes_[0];
  }

  void note_log() {
    for (const auto& event : all_.server().events())
      log_.push_back(view_server("server", "", {event}).events.front());
    for (const auto& event : log_)
      all_.seen.log.push_back(event.event_id);
  }

  /// What that home recorded: a marker begins with its name.
  std::set<std::string> own_events(const std::string& home) const {
    std::set<std::string> own;
    for (const auto& event : log_)
      if (event.marker.starts_with(home + "-"))
        own.insert(event.event_id);
    return own;
  }

  installation all_;
  std::shared_ptr<ledger> seen_ = std::make_shared<ledger>();
  std::unique_ptr<proxy> line_;
  std::vector<std::unique_ptr<listening_home>> homes_;
  std::vector<kept_event> log_; ///< the team's log, in its order
};

} // namespace

std::vector<step> plan_resume(dice& chance) {
  static const std::vector<std::string> ends = {server_killed,    server_restarted, daemon_killed,
                                                daemon_restarted, watch_killed,     both_killed};
  static const std::vector<std::string> cuts = {all_cut, frame_late, frame_cut, frame_odd,
                                                frame_close};
  static const std::vector<std::string> pages = {
      "a reply is lost", "a reply is cut short in its body", "a reset in place of the reply",
      "a request is lost", "a reply comes when its reader has gone"};
  std::vector<step> out;
  for (std::size_t i = 0; i < resume_steps_per_round; ++i) {
    const auto which = chance.below(5);
    const std::string fault = which < 2   ? chance.pick(ends)
                              : which < 4 ? chance.pick(cuts)
                                          : std::string(page_fault) + chance.pick(pages);
    // fault, whose, how many events before it, what its times are drawn from
    out.push_back(
        {fault, {chance.below(listening_homes), chance.below(3), chance.below(1U << 30U)}});
  }
  return out;
}

outcome play_resume(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  return play_steps<listening_team>(where, steps);
}

} // namespace spec_kitty::chaos
