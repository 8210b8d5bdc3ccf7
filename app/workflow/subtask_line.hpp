// What one line of tasks.md says about subtasks. Pure.
//
//   - [x] T012 boil                              a box
//   | T012 | boil | WP01 | [ ] |                 a box that names its work package
//   - **Subtasks**: [ ] T012 [x] T013            two boxes
//   **Subtasks**: T001–T004, T007 (5)            five ids without a box
//   | T012 | boil | WP01 |                       one id without a box
#pragma once

#include "app/workflow/text_lines.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

/// A subtask that a line names, with or without a check box.
struct subtask {
  std::string id;    ///< `T012`, `T012b`
  std::string wp_id; ///< of its row, else of its section; empty outside of all sections
  std::string text;  ///< the line behind the id
  bool done = false;
  std::size_t box = 0; ///< byte offset of the character between the brackets; 0: it has none
};

/// In the order of the line. Ids in prose count for nothing.
std::vector<subtask> subtasks_in_line(const text_line& line);

/// The ids that a frontmatter's entry such as `T012`, `{id: T012, title: …}` or `T001-T003` names.
std::vector<std::string> subtask_ids(std::string_view text);

} // namespace spec_kitty::workflow
