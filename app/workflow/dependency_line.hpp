// The dependencies that one line of tasks.md names, and the ids in a text. Pure.
//
//   Depends on WP01, WP03–WP05 (the forms). Parallel with WP02.      WP01, WP03, WP04, WP05
//   **Dependencies**: none · **Blocks**: WP07                        none
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

/// The ids after `Depends on` or `Dependencies:`, to the end of the sentence; empty for any other
/// line. `own` is the work package that the line belongs to: it does not depend on itself.
std::vector<std::string> dependencies_in_line(std::string_view line, std::string_view own = {});

/// The ids of a line that looks like a dependency and is not in the grammar: `Deps: WP01`,
/// `**Dependencies.** WP01`, `Depends: WP01`; and, below a heading `Dependencies`, an item that
/// begins with an id.
std::vector<std::string> unread_dependencies(std::string_view line, std::string_view own,
                                             bool below_heading);

/// Every id and range of a text such as a frontmatter's `dependencies: WP01, WP02`; none after the
/// word `none`.
std::vector<std::string> dependency_ids(std::string_view text);

/// The number of a `WPnn` that begins at `at`, or -1.
int wp_number(std::string_view text, std::size_t at);

/// `WP07`.
std::string wp_name(int number);

} // namespace spec_kitty::workflow
