// The subtasks of one work package: its boxes in tasks.md, and what its frontmatter lists. Pure.
#pragma once

#include "app/workflow/feature.hpp"

#include <string>
#include <vector>

namespace spec_kitty::workflow {

struct subtask_state {
  std::vector<std::string> open;        ///< ids with a box that is not checked
  std::vector<std::string> without_box; ///< listed ids that no box belongs to
  std::vector<std::size_t> checked;     ///< offsets of the boxes that are checked
};

/// The ids that belong to a work package by a list: of its frontmatter (`subtasks`), of its section
/// or of a table in tasks.md. In order, each once.
std::vector<std::string> listed_subtasks(const tasks_document& tasks, const work_package& package);

subtask_state subtasks_of(const tasks_document& tasks, const work_package& package);

/// The same, read from the feature's tasks.md; empty where it has none.
result<subtask_state> read_subtasks(const feature& feature_ref, const work_package& package);

/// `WP01 lists subtasks without a check box in tasks.md: T011`; empty if it has a box for each.
std::string boxless_words(const work_package& package, const subtask_state& state);

} // namespace spec_kitty::workflow
