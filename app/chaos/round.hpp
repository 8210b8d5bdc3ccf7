// One round: a schedule played once. Its name is all that is needed to play it again.
//
//   kills-00c0ffee00c0ffee          the whole schedule of that seed
//   kills-00c0ffee00c0ffee:3,17     of it, steps 3 and 17 alone (a shrunk one)
#pragma once

#include "app/chaos/scenario.hpp"
#include "util/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

struct round_name {
  const scenario* of = nullptr;
  std::uint64_t seed = 0;
  std::optional<std::vector<std::size_t>> kept; ///< numbers of steps, rising; nothing: all of them
};

std::string to_string(const round_name& name);

/// Reads a name; bad_input that says what is wrong with it.
result<round_name> parse_round(std::string_view text);

/// The steps that the name stands for; bad_input when the schedule has no such step.
result<std::vector<step>> steps_of(const round_name& name);

/// Plays a round in a folder of its own below `stage.folder`. It is removed afterwards; where an
/// invariant was broken it stays as `broken-<name>` to be examined, unless it exists already.
/// An exception is a violation of `harness`: it may hide one.
outcome play(const round_name& name, const std::vector<step>& steps, const stage& where);

/// A shorter schedule that still breaks an invariant, and what it breaks.
struct shrunk {
  round_name name;
  std::vector<violation> violations; ///< empty: it could not be broken again
};

/// Leaves out steps as long as an invariant is still broken, until no step can be left out or the
/// time is over. Real processes are not deterministic, so each candidate has `tries` attempts.
shrunk shrink(const round_name& name, const stage& where, unsigned tries,
              std::chrono::seconds within);

/// A step in words.
std::string in_words(const step& step);

} // namespace spec_kitty::chaos
