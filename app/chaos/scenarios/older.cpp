// Two versions of spec-kitty of the same store version at work in one home: which of them a program
// is started from is drawn each time.
#include "app/chaos/home_workload.hpp"
#include "app/chaos/jobs.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

constexpr std::size_t older_steps_per_round = 40;
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
      return carry_out(installation_, emission).status == 0;
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
    for (const auto& attempt : installation_.seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    return installation_.judge({"home"});
  }

private:
  /// From the version a step chose, else from the one it is usually.
  support::launch of_version(words arguments, bool usually_old) {
    const bool old = next_.value_or(usually_old);
    next_.reset();
    auto what = installation_.command("home", arguments);
    if (old) {
      arguments.insert(arguments.begin(), installation_.where().older.string());
      what.argv = std::move(arguments);
    }
    return what;
  }

  installation installation_;
  home_workload workload_;
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
