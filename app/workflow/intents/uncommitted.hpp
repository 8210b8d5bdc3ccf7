// Transitions that were recorded while their files were not committed. A later command that commits
// such a file must not record them again, although the branch does not show them yet.
#pragma once

#include "app/workflow/feature.hpp"
#include "app/workflow/intents/intent.hpp"

#include <filesystem>

namespace spec_kitty::workflow {

/// Whether what the file shows was recorded without a commit.
bool was_recorded_uncommitted(const repository& repo, const std::filesystem::path& file,
                              const shown_value& shown);

/// Remembers the recorded transitions of a change without a commit; forgets those of files that
/// were committed. The caller holds the edit lock.
void note_recorded(const repository& repo, const intent& record,
                   const std::vector<std::size_t>& transitions);

/// The lane that a work package's events have led to.
struct known_lane {
  std::string recorded; ///< the branch's, where a commit follows and the file's was not recorded
                        ///< without a commit; else the file's
  bool uncommitted = false; ///< the branch shows another lane than the file
};
/// `branch` is the one that is committed to; empty: nothing is committed.
known_lane lane_known_of(const repository& repo, const std::string& branch,
                         const work_package& package);

} // namespace spec_kitty::workflow
