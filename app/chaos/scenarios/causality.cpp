// Two nodes that hear each other: what is recorded on hearing has a greater clock than what was
// heard.
//
// In each of two homes a host delivers by itself, listens, and records an event at once for each
// that it hears of the other. Meanwhile the server is killed, hosts are stopped, commands record
// into both homes, and `sync now` drains them.
#include "app/chaos/installation.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "util/json.hpp"

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t causality_steps_per_round = 6;
constexpr std::array<const char*, 2> homes = {"home-1", "home-2"};

class two_nodes {
public:
  explicit two_nodes(const stage& where) : installation_(where) {
    installation_.start_server();
    for (std::size_t i = 0; i < homes.size(); ++i) {
      if (!installation_.log_in(homes[i]))
        throw std::runtime_error("the login failed before any fault");
      // Another reading of the clock for each: one that is behind must catch up by hearing.
      for (std::size_t early = 0; early < 5 * i; ++early)
        installation_.emit(homes[i]);
      const auto host = installation_.where().parts / "spec-kitty-chaos-host";
      hosts_[i] = std::make_unique<emitter>(
          installation_, homes[i],
          installation_.program(homes[i], {host.string(), "--deliver", "--echo"}));
      hosts_[i]->aside = [this, i](const std::string& line) { return take_echo(homes[i], line); };
    }
  }

  /// Lets both record and listen.
  void work(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    do {
      for (auto& host : hosts_) {
        host->hear();
        if (host->open() < 2)
          host->ask(1);
      }
      std::this_thread::sleep_for(2ms);
    } while (std::chrono::steady_clock::now() < until);
  }

  bool hit(const step& step) {
    const std::size_t which = step.values[0];
    if (step.fault == "server killed") {
      installation_.server().kill();
      work(std::chrono::milliseconds(step.values[1]));
      installation_.server().restart({"--quiet"});
    } else if (step.fault == "host stopped") {
      hosts_[which]->send(SIGSTOP);
      work(std::chrono::milliseconds(step.values[1]));
      hosts_[which]->send(SIGCONT);
    } else {
      installation_.emit_many(homes[which], 1 + step.values[1] % 20);
      installation_.sync_now(homes[which]);
    }
    return true;
  }

  std::vector<violation> finish(outcome& out) {
    for (auto& host : hosts_)
      host->end();
    installation_.heal({homes.begin(), homes.end()});
    out.figures["events acknowledged"] += installation_.seen.attempts.size();
    out.figures["events heard and answered"] += echoes_;
    return installation_.judge({homes.begin(), homes.end()});
  }

private:
  bool take_echo(const std::string& home, const std::string& line) {
    const auto answer = parse_json(line);
    if (!answer || member(*answer, "heard") == nullptr)
      return false;
    attempt attempt;
    attempt.home = home;
    attempt.marker = text_of(*answer, "marker").value_or("");
    attempt.after_clock = static_cast<std::uint64_t>(whole_number_of(*answer, "heard").value_or(0));
    installation_.seen.attempts.push_back(std::move(attempt)); // when it was asked for is not known
    ++echoes_;
    installation_.take(installation_.seen.attempts.size() - 1, line);
    return true;
  }

  installation installation_;
  std::uint64_t echoes_ = 0;
  std::array<std::unique_ptr<emitter>, homes.size()> hosts_;
};

} // namespace

std::vector<step> plan_causality(dice& chance) {
  static const std::vector<std::string> faults = {"server killed", "host stopped",
                                                  "commands between"};
  std::vector<step> out;
  for (std::size_t i = 0; i < causality_steps_per_round; ++i) // fault, which home, ms that it lasts
    out.push_back({chance.pick(faults), {chance.below(homes.size()), chance.between(1, 150)}});
  return out;
}

outcome play_causality(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  two_nodes both(where);
  both.work(300ms);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    out.count(step.fault, both.hit(step));
    both.work(100ms);
  }
  out.violations = both.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
