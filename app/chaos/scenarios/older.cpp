// Two versions of spec-kitty at work in one home: which of them a program is started from is drawn
// each time. One that does not know the store's version refuses it: what it is asked to record goes
// to a spill file, which a program of this version takes in.
#include "app/chaos/home_workload.hpp"
#include "app/chaos/jobs.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

constexpr std::size_t older_steps_per_round = 40;
constexpr int store_refused = 6; ///< exit status
constexpr auto version_swapped = "another version";
constexpr std::uint64_t older_emitters = 3;
constexpr std::uint64_t older_emit = older_emitters + 2;
constexpr std::uint64_t older_actor_kinds = older_emitters + 3;

class two_versions {
public:
  explicit two_versions(const stage& where)
      : installation_(where), workload_(installation_, "home") {
    installation_.start_server();
    if (!installation_.log_in())
      throw std::runtime_error("the login failed before any fault");
    const auto read = installation_.run(older_program({"events", "list"}));
    refuses_ = read.status == store_refused;
    if (!refuses_ && read.status != 0)
      throw std::runtime_error("the older version does not read the store: " + read.err);
    for (std::uint64_t i = 0; i < older_emitters; ++i)
      workload_.add_emitter([this, i] { return of_version({"emit", "--stdin"}, i % 2 == 0); });
    workload_.add_runner("`sync now`", [this] {
      return of_version({"sync", "now", "--json"}, true);
    });
    workload_.add_runner("the daemon", [this] {
      return of_version({"sync", "daemon", "run"}, false);
    });
  }

  void work(std::uint64_t microseconds) { workload_.work(std::chrono::microseconds(microseconds)); }

  /// Starts one of them again, from the older program or from this one.
  bool swap(std::uint64_t actor, bool old) {
    next_ = old;
    if (actor == older_emit) {
      auto emission = emit_job(installation_, "home");
      auto argv = of_version({}, old).argv;
      argv.insert(argv.end(),
                  emission.what.argv.begin() +
                      static_cast<std::ptrdiff_t>(installation_.where().program.size()),
                  emission.what.argv.end());
      emission.what.argv = std::move(argv);
      emission.of_ours = !(old && refuses_); // its exit status says that the store was refused
      const auto place = emission.places.front();
      const auto status = carry_out(installation_, emission).status;
      const auto& had = installation_.at(place);
      return had.acknowledged && (emission.of_ours ? status == 0 : had.spilled);
    }
    if (actor >= older_emitters)
      workload_.restart_runner(actor - older_emitters);
    else
      workload_.restart_emitter(actor);
    return true;
  }

  std::vector<violation> finish(outcome& out) {
    workload_.end();
    installation_.heal({"home"});
    installation_.look_at_status();
    for (const auto& attempt : installation_.seen.attempts) {
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
      out.figures["spilled"] += attempt.spilled ? 1 : 0;
    }
    out.figures["rounds with a version that refuses the store"] += refuses_ ? 1 : 0;
    return installation_.judge({"home"});
  }

private:
  /// From the version a step chose, else from the one it is usually.
  support::launch of_version(words arguments, bool usually_old) {
    const bool old = next_.value_or(usually_old);
    next_.reset();
    return old ? older_program(std::move(arguments)) : installation_.command("home", arguments);
  }
  support::launch older_program(words arguments) const {
    arguments.insert(arguments.begin(), installation_.where().older.string());
    return installation_.program("home", std::move(arguments));
  }

  installation installation_;
  home_workload workload_;
  bool refuses_ = false;     ///< the older version does not know the store's
  std::optional<bool> next_; ///< whether the next program is of the older version
};

} // namespace

std::vector<step> plan_older(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < older_steps_per_round; ++i) // µs before, who, whether older
    out.push_back(
        {version_swapped, {chance.below(25000), chance.below(older_actor_kinds), chance.below(2)}});
  return out;
}

outcome play_older(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  if (where.older.empty()) {
    out.skipped["older binary"] = "none was named; give --older FILE";
    return out;
  }
  two_versions both(where);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    both.work(step.values[0]);
    out.count(step.fault, both.swap(step.values[1], step.values[2] != 0));
  }
  out.violations = both.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
