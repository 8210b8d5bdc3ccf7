#include "app/workflow/blockers.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

namespace spec_kitty::workflow {

failure blocked(const std::string& aim, const std::vector<blocker>& found) {
  if (found.size() == 1)
    return {ec::blocked, found.front().message, found.front().command};
  std::string list;
  for (const auto& each : found)
    list.append(list.empty() ? "" : "\n  ")
        .append(each.message)
        .append("\n    ")
        .append(each.command);
  return {ec::blocked, aim + ": " + count_of(found.size(), "blocker"), list};
}

failure blocked_in_one_line(const std::string& aim, const std::vector<blocker>& found) {
  std::vector<std::string> messages;
  std::vector<std::string> commands;
  for (const auto& each : found) {
    messages.push_back(each.message);
    commands.push_back(each.command);
  }
  return {ec::blocked, aim + ": " + joined(messages, "; "), joined(commands, "\n")};
}

std::string git_command(const std::filesystem::path& folder, std::string_view words) {
  return "git -C " + shell_word(folder.string()) + " " + std::string(words);
}

} // namespace spec_kitty::workflow
