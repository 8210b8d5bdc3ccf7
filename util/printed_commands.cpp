#include "util/printed_commands.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty {

namespace {

struct completion {
  std::string program;
  std::string options;
  std::vector<std::string_view> commands;
};

completion wanted;

bool begins_with_command(std::string_view text) {
  const auto word = text.substr(0, text.find_first_of(" \n;,.)`"));
  return std::find(wanted.commands.begin(), wanted.commands.end(), word) != wanted.commands.end();
}

} // namespace

void complete_printed_commands(std::string program, std::string options,
                               std::vector<std::string_view> commands) {
  wanted = {std::move(program) + " ", std::move(options) + " ", std::move(commands)};
}

std::string with_options(std::string_view text) {
  std::string all;
  while (!wanted.commands.empty()) {
    const auto at = text.find(wanted.program);
    if (at == std::string_view::npos)
      break;
    const auto behind = at + wanted.program.size();
    all += text.substr(0, behind);
    text.remove_prefix(behind);
    if (begins_with_command(text))
      all += wanted.options;
  }
  return all.append(text);
}

} // namespace spec_kitty
