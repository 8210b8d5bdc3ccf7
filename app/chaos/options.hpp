// The command line of spec-kitty-chaos.
#pragma once

#include "app/chaos/run.hpp"
#include "util/result.hpp"

#include <string>
#include <variant>

namespace spec_kitty::chaos {

struct options {
  std::string verb;       ///< the subcommand
  chaos_run_options plan; ///< of `run`; the time is the bound of `shrink` too
  std::string report; ///< file of the JSON report; `-` is stdout in place of the table; empty: none
  std::string round;  ///< name of a round, for `replay` and `shrink`
  unsigned tries = 3; ///< of `shrink`
  std::string folder; ///< where scratch folders are made; empty: the system's temporary folder
  std::string program; ///< spec-kitty; empty: the one beside this program
  std::string older;   ///< an older spec-kitty; empty: none
};

/// The options, or the exit status where there is nothing to do any more.
std::variant<options, int> read_options(int argc, char** argv);

/// A stage with a new scratch folder; internal or bad_input where a part is missing.
result<stage> make_stage(const options& chosen);

} // namespace spec_kitty::chaos
