// A scenario: one kind of fault in an installation, as a schedule drawn from a seed.
//
//   seed ──plan──▶ steps ──play──▶ outcome: violations, faults planned and injected, figures
//
// `plan` is pure: a seed gives the same steps on every machine. `play` does them on real parts in a
// folder of its own and gives what the invariants found. The shrinker plays parts of a schedule, so
// `play` copes with any subset of the steps that `plan` gave.
#pragma once

#include "app/chaos/invariants.hpp"
#include "app/chaos/random.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

inline constexpr int login_needed = 3; ///< exit status of a command without a valid session

/// One fault of a schedule.
struct step {
  std::string fault;                 ///< its kind, as the report counts it: `kill -9`
  std::vector<std::uint64_t> values; ///< what the scenario needs to do it
};

/// How often a kind of fault was to happen, and how often it did.
struct fault_count {
  std::uint64_t planned = 0;
  std::uint64_t injected = 0;
};

/// What came of a schedule.
struct outcome {
  std::vector<violation> violations;
  std::map<std::string, fault_count> faults;    ///< by kind
  std::map<std::string, std::uint64_t> figures; ///< `events acknowledged` and the like; summed up
  std::map<std::string, std::string> skipped;   ///< kind → why this machine cannot have it

  /// Counts a fault as planned, and as injected where it was.
  void count(const std::string& fault, bool injected) {
    auto& both = faults[fault];
    ++both.planned;
    both.injected += injected ? 1 : 0;
  }
};

/// Where a schedule is played, and with which programs.
struct stage {
  std::filesystem::path folder; ///< empty, of this round alone; removed after it
  /// How spec-kitty is started: the program, and for a self-test before it the words that make it a
  /// broken one. The command's own words follow.
  std::vector<std::string> program;
  std::filesystem::path parts;  ///< folder of the preloaded libraries and helper programs
  std::filesystem::path older;  ///< another version of spec-kitty; may be empty
  std::function<bool()> enough; ///< asked between steps: the time is up, end early and well
};

struct scenario {
  std::string_view name;
  std::string_view help; ///< one line: what it does to the installation
  /// Draws a schedule of some seconds.
  std::vector<step> (*plan)(dice& chance);
  outcome (*play)(const stage& where, std::uint64_t seed, const std::vector<step>& steps);
};

/// All scenarios, in the order in which a run takes them.
std::span<const scenario> scenarios();

/// The scenario of that name; nullptr if it does not exist.
const scenario* find_scenario(std::string_view name);

} // namespace spec_kitty::chaos
