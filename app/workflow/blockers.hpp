// What stops a command before it has changed anything: all of it in one answer, each with the
// command that clears it. Pure.
#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

struct blocker {
  std::string wp_id;   ///< empty: it concerns the whole repository
  std::string message; ///< names the thing
  std::string command; ///< clears it when typed as printed

  bool operator==(const blocker&) const = default;
};

/// The blockers as one failure. `aim` says what they stop: `WP01 cannot go to done`. For a person
/// each stands on a line, its command below it.
failure blocked(const std::string& aim, const std::vector<blocker>& found);

/// The same for a program: all messages in one line, the commands in the hint, a line each.
failure blocked_in_one_line(const std::string& aim, const std::vector<blocker>& found);

/// `git -C <folder> <words>`, the folder quoted for the shell.
std::string git_command(const std::filesystem::path& folder, std::string_view words);

} // namespace spec_kitty::workflow
