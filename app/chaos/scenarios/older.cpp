// Two versions of spec-kitty of the same store version at work in one home: which of them a program
// is started from is drawn each time.
#include "app/chaos/crowd.hpp"
#include "app/chaos/jobs.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

constexpr std::size_t steps_of_a_round = 40;
constexpr auto swapped = "another version";
constexpr std::uint64_t emitters = 3;
constexpr std::uint64_t single = emitters + 2;
constexpr std::uint64_t whos = emitters + 3;

class two_versions {
public:
  explicit two_versions(const stage& where) : world_(where), crowd_(world_, "home") {
    world_.start_server();
    if (!world_.log_in())
      throw std::runtime_error("the login failed before any fault");
    for (std::uint64_t i = 0; i < emitters; ++i)
      crowd_.add_emitter([this, i] { return of_version({"emit", "--stdin"}, i % 2 == 0); });
    crowd_.add_runner("`sync now`", [this] { return of_version({"sync", "now", "--json"}, true); });
    crowd_.add_runner("the daemon", [this] {
      return of_version({"sync", "daemon", "run"}, false);
    });
  }

  void work(std::uint64_t microseconds) { crowd_.work(std::chrono::microseconds(microseconds)); }

  /// Starts one of them again, from the older program or from this one.
  bool swap(std::uint64_t whose, bool old) {
    next_ = old;
    if (whose == single) {
      auto one = emit_job(world_, "home");
      auto argv = of_version({}, old).argv;
      argv.insert(argv.end(),
                  one.what.argv.begin() +
                      static_cast<std::ptrdiff_t>(world_.where().program.size()),
                  one.what.argv.end());
      one.what.argv = std::move(argv);
      return carry_out(world_, one).status == 0;
    }
    if (whose >= emitters)
      crowd_.restart_runner(whose - emitters);
    else
      crowd_.restart_emitter(whose);
    return true;
  }

  std::vector<violation> finish(outcome& out) {
    crowd_.end();
    world_.heal({"home"});
    world_.look_at_status();
    for (const auto& one : world_.seen.attempts)
      out.figures["events acknowledged"] += one.acknowledged ? 1 : 0;
    return world_.judge({"home"});
  }

private:
  /// From the version a step chose, else from the one it is usually.
  support::launch of_version(words arguments, bool usually_old) {
    const bool old = next_.value_or(usually_old);
    next_.reset();
    auto what = world_.command("home", arguments);
    if (old) {
      arguments.insert(arguments.begin(), world_.where().older.string());
      what.argv = std::move(arguments);
    }
    return what;
  }

  world world_;
  crowd crowd_;
  std::optional<bool> next_; ///< whether the next program is of the older version
};

} // namespace

std::vector<step> plan_older(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < steps_of_a_round; ++i) // µs before, who, whether older
    out.push_back({swapped, {chance.below(25000), chance.below(whos), chance.below(2)}});
  return out;
}

outcome play_older(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  if (where.older.empty()) {
    out.skipped["older binary"] = "none was named; give --older FILE";
    return out;
  }
  two_versions both(where);
  for (const auto& one : steps) {
    if (where.enough())
      break;
    both.work(one.values[0]);
    out.count(one.fault, both.swap(one.values[1], one.values[2] != 0));
  }
  out.violations = both.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
