// A run: rounds of the chosen scenarios in turn, until the time is over or each had its number.
#pragma once

#include "app/chaos/round.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

struct chaos_run_options {
  std::uint64_t seed = 0;
  std::chrono::seconds time{60};         ///< no round begins after it
  std::uint64_t rounds = 0;              ///< of each scenario; 0: as many as the time allows
  std::vector<const scenario*> chosen;   ///< in the order of the table
  std::function<bool()> broken_off = {}; ///< asked often: end early and well
  std::chrono::seconds shrinking{60}; ///< bound on looking for the shortest schedule of one round
};

/// A violation with the way to see it again.
struct found_violation {
  violation what;
  std::string seed;               ///< name of the round
  std::string shortest;           ///< name of the shortest round found that breaks the same
  std::vector<std::string> steps; ///< of it, in words
};

/// What one scenario came to.
struct scenario_total {
  const scenario* of = nullptr;
  std::uint64_t rounds = 0;
  std::chrono::milliseconds took{0};
  outcome sum; ///< its violations are in run_result
};

struct run_result {
  std::uint64_t seed = 0;
  std::chrono::milliseconds took{0};
  std::vector<scenario_total> scenarios;
  std::vector<found_violation> violations;
  std::uint64_t violations_left_out = 0; ///< beyond the first hundred

  bool all_held() const { return violations.empty(); }
  /// Every fault that was planned was injected.
  bool all_injected() const;
  /// Every chosen scenario had a round.
  bool all_played() const;
  bool ok() const { return all_held() && all_injected() && all_played(); }
};

/// Called after each round with its name and what it came to.
using round_listener = std::function<void(const round_name&, const outcome&)>;

/// Plays. The stage's folder is made. A round that breaks an invariant is shrunk at
/// once; after three such rounds its scenario is not played again in this run.
run_result run(const chaos_run_options& plan, stage where, const round_listener& on_round);

/// The table for people.
std::string as_table(const run_result& result);

/// The report: one JSON object, `{"ok","seed","duration_ms","scenarios":[…],"violations":[…]}`.
std::string as_json(const run_result& result);

} // namespace spec_kitty::chaos
