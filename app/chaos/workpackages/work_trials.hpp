// The commands that change work packages, each made ready so that its next run has something to
// change, and brought to its end as a person would.
#pragma once

#include "app/chaos/workpackages/work_site.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace spec_kitty::chaos {

/// How a command changes the disk: which interruptions make sense for it.
enum class change_way : std::uint8_t {
  commit, ///< one commit on main
  merge,  ///< main moves to commits that were made before
  run,    ///< several commits, with programs of its own
  files   ///< files that git ignores
};

/// A command that is about to be run.
struct work_trial {
  std::string slug; ///< its feature
  words arguments;
  bool same_home = false; ///< another home would not know what this one has announced
};

struct trial_command {
  std::string_view name;
  change_way way;
  work_trial (*prepare)(work_site& site);
  /// What its exit status 0 promises beside the changes in the repository.
  void (*promise)(work_site& site, const std::string& slug);
  /// What resumes it: tried after the same words again, or before them for a run of agents.
  std::vector<words> otherwise;
};

/// The seven commands of the bar come first, then others that change files.
std::span<const trial_command> trial_commands();
inline constexpr std::size_t bar_commands = 7;

/// Runs it to its end in a home; a command that does not come to a good end is a strange end.
void bring_to_end(work_site& site, const trial_command& command, const work_trial& trial,
                  const std::string& home, const std::map<std::string, std::string>& env = {});

} // namespace spec_kitty::chaos
