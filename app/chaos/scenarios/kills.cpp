// Random kills, stops and terminations of everything that runs.
//
// Four emitters, a host and single commands record into one home while `sync now` and a daemon
// drain it to a server. Each step waits a drawn time, then hits one of them; what was killed is
// started again at once.
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/world.hpp"

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t steps_of_a_round = 80;
constexpr std::size_t emitters = 4;

enum victim : std::uint64_t { an_emitter, the_host, a_drainer, the_daemon, the_server, victims };

/// Whatever runs in one home, each program started again when it has ended.
class crowd {
public:
  crowd(const stage& where, std::uint64_t seed) : world_(where), chance_(seed) {
    world_.start_server();
    if (!world_.log_in())
      throw std::runtime_error("the login failed before any fault");
    // Whoever waits for the lock of a stopped process gives up sometimes, and spills.
    world_.run("home", {"config", "set", "sync.busy_timeout_ms", "60"});
    for (auto& one : emitters_)
      start_emitter(one);
    start_host();
    start_daemon();
    start_drainer();
  }

  /// Lets everybody work for a while.
  void work(std::chrono::microseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    do {
      for (auto& one : emitters_)
        feed(*one);
      feed(*host_);
      if (drainer_->has_ended())
        end_drainer(0);
      std::this_thread::sleep_for(200us);
    } while (std::chrono::steady_clock::now() < until);
  }

  /// True when the process was alive when the signal was sent.
  bool hit(std::uint64_t whom, int signal, std::chrono::milliseconds pause) {
    switch (whom) {
    case an_emitter: {
      auto& one = emitters_[chance_.below(emitters_.size())];
      return hit_emitter(one, signal, pause, [&] { start_emitter(one); });
    }
    case the_host:
      return hit_emitter(host_, signal, pause, [&] { start_host(); });
    case a_drainer:
      return hit_child(drainer_->pid(), !drainer_->has_ended(), signal, pause,
                       [&] { end_drainer(signal); });
    case the_daemon:
      return hit_child(daemon_->pid(), !daemon_->has_ended(), signal, pause, [&] {
        world_.judge_end("the daemon", daemon_->wait(), signal);
        start_daemon();
      });
    default:
      return hit_child(world_.server().pid(), true, signal, pause, [&] {
        world_.server().kill();
        world_.server().restart({"--quiet"});
      });
    }
  }

  std::vector<violation> finish(outcome& out) {
    for (auto& one : emitters_)
      one->end();
    host_->end();
    daemon_->send(SIGTERM);
    world_.judge_end("the daemon", daemon_->wait(), SIGTERM);
    world_.judge_end("`sync now`", drainer_->wait(), 0);
    world_.heal({"home"});
    world_.look_at_status();
    for (const auto& one : world_.seen.attempts) {
      out.figures["events acknowledged"] += one.acknowledged ? 1 : 0;
      out.figures["spilled"] += one.spilled ? 1 : 0;
    }
    out.figures["events asked"] += world_.seen.attempts.size();
    return world_.judge({"home"});
  }

  void look() {
    world_.look_at_status();
    world_.look({"home"});
  }

private:
  using emitter_ptr = std::unique_ptr<emitter>;

  void start_emitter(emitter_ptr& one) {
    one = std::make_unique<emitter>(world_, "home", world_.command("home", {"emit", "--stdin"}));
  }
  void start_host() {
    words argv = {(world_.where().parts / "spec-kitty-chaos-host").string()};
    if (chance_.one_in(2))
      argv.emplace_back("--deliver");
    host_ = std::make_unique<emitter>(world_, "home", world_.program("home", std::move(argv)));
  }
  void start_daemon() {
    daemon_ = std::make_unique<support::child>(world_.command("home", {"sync", "daemon", "run"}));
  }
  void start_drainer() {
    drainer_ = std::make_unique<support::child>(world_.command("home", {"sync", "now", "--json"}));
  }
  void end_drainer(int sent) {
    const auto done = drainer_->wait();
    world_.judge_end("`sync now`", done, sent);
    world_.note_report("home", done.out);
    start_drainer();
  }
  void feed(emitter& one) {
    one.hear();
    if (one.open() < 8 && !one.has_ended())
      one.ask(chance_.between(1, 6));
  }
  template <class Again>
  bool hit_emitter(emitter_ptr& one, int signal, std::chrono::milliseconds pause, Again again) {
    return hit_child(one->pid(), !one->has_ended(), signal, pause, [&] {
      one->end(signal);
      again();
    });
  }
  /// Sends the signal. What is only stopped goes on after the pause; what was to end has ended
  /// after `reap`.
  template <class Reap>
  bool hit_child(pid_t whom, bool alive, int signal, std::chrono::milliseconds pause, Reap reap) {
    ::kill(whom, signal);
    if (signal == SIGSTOP) {
      work(pause);
      ::kill(whom, SIGCONT);
      return alive;
    }
    reap();
    return alive;
  }

  world world_;
  dice chance_;
  std::array<emitter_ptr, emitters> emitters_;
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
  for (std::size_t i = 0; i < steps_of_a_round; ++i) {
    const auto what = chance.below(10);
    // fault, victim, µs before it, ms that a stop lasts
    out.push_back({what < 8    ? "kill -9"
                   : what == 8 ? "SIGSTOP"
                               : "SIGTERM",
                   {chance.one_in(12) ? chance.between(the_daemon, the_server)
                                      : chance.between(an_emitter, a_drainer),
                    chance.below(12000), chance.between(1, 200)}});
  }
  return out;
}

outcome play_kills(const stage& where, std::uint64_t seed, const std::vector<step>& steps) {
  outcome out;
  crowd all(where, seed);
  all.work(20ms);
  std::size_t done = 0;
  for (const auto& one : steps) {
    if (where.enough())
      break;
    all.work(std::chrono::microseconds(one.values[1]));
    bool hit = false; // what had just ended is no victim: the next one is
    for (int i = 0; i < 20 && !hit; ++i)
      hit = all.hit(one.values[0], signal_of(one.fault), std::chrono::milliseconds(one.values[2]));
    out.count(one.fault, hit);
    if (++done % 20 == 0)
      all.look();
  }
  out.violations = all.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
