// tasks.md: sections, what each work package depends on, the check boxes of its subtasks.
//
// A section begins with a heading of level 2 to 4 that names a work package (`## Work Package
// WP02: …`, `### WP02 …`, `## Work Package 2: …`) and ends before the next such heading, before a
// heading of a higher level, and, for a level-2 section, before any heading of level 2. (A deeper
// section keeps headings of its own level: real files write `### Dependencies` below `### Work
// Package WP02`.) Code blocks and HTML comments are ignored. Pure.
#pragma once

#include "app/workflow/subtask_line.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

/// A line that names work packages as dependencies may, but not in the grammar.
struct unread_line {
  std::size_t number = 0; ///< from 1
  std::vector<std::string> ids;
};

/// The sections of one work package in tasks.md, taken together.
struct tasks_section {
  std::string wp_id;
  std::string title; ///< behind the id in the heading
  /// Every id and range after `Depends on` or `Dependencies:`, in order, each once. Empty: the
  /// section names none.
  std::vector<std::string> dependencies;
  std::vector<unread_line> unread; ///< lines that look like dependencies and were not read as any
};

struct tasks_document {
  std::vector<tasks_section> sections;
  std::vector<subtask> subtasks; ///< those with a box
  std::vector<subtask> listed;   ///< ids of lists and tables without a box, each with its section

  const tasks_section* section(std::string_view wp_id) const;
};

tasks_document read_tasks(std::string_view text);

/// The text with these boxes checked or cleared; every other byte stays.
std::string with_boxes(std::string text, const std::vector<std::size_t>& boxes, bool done);

} // namespace spec_kitty::workflow
