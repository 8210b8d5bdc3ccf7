// What was typed beside a command's name: an answer that says to type the command again keeps it.
#pragma once

#include "app/cli/work_command.hpp"

#include <string>
#include <utility>
#include <vector>

namespace spec_kitty {

class typed_options {
public:
  /// `command` as it begins in an answer, such as `spec-kitty implement WP01`.
  explicit typed_options(std::string command) : command_(std::move(command)) {}

  typed_options& value(const std::string& name, const std::optional<std::string>& given);
  typed_options& flag(const std::string& name, bool given);

  /// The text with those options at its end that its command lacks, if it ends with that command.
  std::string kept_in(const std::string& text) const;
  /// The same in the failure's hint, or in the blockers' commands.
  result<work_done> kept_in(result<work_done> done) const;

private:
  std::string command_;
  std::vector<std::pair<std::string, std::string>> all_; ///< a name, and how it is typed
};

} // namespace spec_kitty
