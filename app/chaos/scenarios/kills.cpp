// Random kills, stops and terminations of everything that runs.
//
// Four emitters, a host and single commands record into one home while `sync now` and a daemon
// drain it to a server. Each step waits a drawn time, then hits one of them; what was killed is
// started again at once.
#include "app/chaos/installation.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kills_steps_per_round = 80;
constexpr std::size_t killed_emitters = 4;

enum kill_target : std::uint64_t {
  kill_emitter,
  kill_host,
  kill_drainer,
  kill_daemon,
  kill_server
};

/// Whatever runs in one home, each program started again when it has ended.
class kill_workload {
public:
  kill_workload(const stage& where, std::uint64_t seed) : installation_(where), chance_(seed) {
    installation_.start_server();
    if (!installation_.log_in())
      throw std::runtime_error("the login failed before any fault");
    // A process that waits for the lock of a stopped process sometimes gives up, and spills.
    installation_.run("home", {"config", "set", "sync.busy_timeout_ms", "60"});
    for (auto& emitter : emitters_)
      start_emitter(emitter);
    start_host();
    start_daemon();
    start_drainer();
  }

  /// Lets everybody work for a while.
  void work(std::chrono::microseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    do {
      for (auto& emitter : emitters_)
        feed(*emitter);
      feed(*host_);
      if (drainer_->has_ended())
        end_drainer(0);
      std::this_thread::sleep_for(200us);
    } while (std::chrono::steady_clock::now() < until);
  }

  /// True when the process was alive when the signal was sent.
  bool hit(std::uint64_t target, int signal, std::chrono::milliseconds pause) {
    switch (target) {
    case kill_emitter: {
      auto& emitter_at = emitters_[chance_.below(emitters_.size())];
      return hit_emitter(emitter_at, signal, pause, [&] { start_emitter(emitter_at); });
    }
    case kill_host:
      return hit_emitter(host_, signal, pause, [&] { start_host(); });
    case kill_drainer:
      return hit_child(drainer_->pid(), !drainer_->has_ended(), signal, pause,
                       [&] { end_drainer(signal); });
    case kill_daemon:
      return hit_child(daemon_->pid(), !daemon_->has_ended(), signal, pause, [&] {
        installation_.judge_end("the daemon", daemon_->wait(), signal);
        start_daemon();
      });
    default:
      return hit_child(installation_.server().pid(), true, signal, pause, [&] {
        installation_.server().kill();
        installation_.server().restart({"--quiet"});
      });
    }
  }

  std::vector<violation> finish(outcome& out) {
    for (auto& emitter : emitters_)
      emitter->end();
    host_->end();
    daemon_->send(SIGTERM);
    installation_.judge_end("the daemon", daemon_->wait(), SIGTERM);
    installation_.judge_end("`sync now`", drainer_->wait(), 0);
    installation_.heal({"home"});
    installation_.look_at_status();
    for (const auto& attempt : installation_.seen.attempts) {
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
      out.figures["spilled"] += attempt.spilled ? 1 : 0;
    }
    out.figures["events asked"] += installation_.seen.attempts.size();
    return installation_.judge({"home"});
  }

  void look() {
    installation_.look_at_status();
    installation_.look({"home"});
  }

private:
  using emitter_ptr = std::unique_ptr<emitter>;

  void start_emitter(emitter_ptr& ptr) {
    ptr = std::make_unique<emitter>(installation_, "home",
                                    installation_.command("home", {"emit", "--stdin"}));
  }
  void start_host() {
    words argv = {(installation_.where().parts / "spec-kitty-chaos-host").string()};
    if (chance_.one_in(2))
      argv.emplace_back("--deliver");
    host_ = std::make_unique<emitter>(installation_, "home",
                                      installation_.program("home", std::move(argv)));
  }
  void start_daemon() {
    daemon_ =
        std::make_unique<support::child>(installation_.command("home", {"sync", "daemon", "run"}));
  }
  void start_drainer() {
    drainer_ =
        std::make_unique<support::child>(installation_.command("home", {"sync", "now", "--json"}));
  }
  void end_drainer(int sent) {
    const auto done = drainer_->wait();
    installation_.judge_end("`sync now`", done, sent);
    installation_.note_report("home", done.out);
    start_drainer();
  }
  void feed(emitter& emitter) {
    emitter.hear();
    if (emitter.open() < 8 && !emitter.has_ended())
      emitter.ask(chance_.between(1, 6));
  }
  template <class Again>
  bool hit_emitter(emitter_ptr& emitter, int signal, std::chrono::milliseconds pause, Again again) {
    return hit_child(emitter->pid(), !emitter->has_ended(), signal, pause, [&] {
      emitter->end(signal);
      again();
    });
  }
  /// Sends the signal. A stopped process continues after the pause; a killed one has ended after
  /// `reap`.
  template <class Reap>
  bool hit_child(pid_t process, bool alive, int signal, std::chrono::milliseconds pause,
                 Reap reap) {
    ::kill(process, signal);
    if (signal == SIGSTOP) {
      work(pause);
      ::kill(process, SIGCONT);
      return alive;
    }
    reap();
    return alive;
  }

  installation installation_;
  dice chance_;
  std::array<emitter_ptr, killed_emitters> emitters_;
  emitter_ptr host_;
  std::unique_ptr<support::child> drainer_;
  std::unique_ptr<support::child> daemon_;
};

int signal_of(const std::string& fault) {
  return fault == "SIGSTOP" ? SIGSTOP : fault == "SIGTERM" ? SIGTERM : SIGKILL;
}

} // namespace

std::vector<step> plan_kills(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < kills_steps_per_round; ++i) {
    const auto what = chance.below(10);
    // fault, victim, µs before it, ms that a stop lasts
    out.push_back({what < 8    ? "kill -9"
                   : what == 8 ? "SIGSTOP"
                               : "SIGTERM",
                   {chance.one_in(12) ? chance.between(kill_daemon, kill_server)
                                      : chance.between(kill_emitter, kill_drainer),
                    chance.below(12000), chance.between(1, 200)}});
  }
  return out;
}

outcome play_kills(const stage& where, std::uint64_t seed, const std::vector<step>& steps) {
  outcome out;
  kill_workload all(where, seed);
  all.work(20ms);
  std::size_t done = 0;
  for (const auto& step : steps) {
    if (where.enough())
      break;
    all.work(std::chrono::microseconds(step.values[1]));
    bool hit = false; // a process that had just ended does not count: take the next
    for (int i = 0; i < 20 && !hit; ++i)
      hit =
          all.hit(step.values[0], signal_of(step.fault), std::chrono::milliseconds(step.values[2]));
    out.count(step.fault, hit);
    if (++done % 20 == 0)
      all.look();
  }
  out.violations = all.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
