// docs/server.md against the tables of commands and of configuration keys: whatever stands in one
// stands in the other.
#include "app/server/admin/command_table.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace spec_kitty::server {
namespace {

/// The texts in backquotes in the first cells of the rows of a section's tables.
std::set<std::string> quoted_in_section(const std::string& page, const std::string& section) {
  std::set<std::string> found;
  const auto begin = page.find("\n## " + section + "\n");
  std::istringstream lines(page.substr(begin, page.find("\n## ", begin + 1) - begin));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| "))
      continue;
    const std::string cell = line.substr(0, line.find(" | "));
    for (auto at = cell.find('`'); at != std::string::npos; at = cell.find('`', at + 1)) {
      const auto end = cell.find('`', at + 1);
      found.insert(cell.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  return found;
}

/// `team add SLUG [--name NAME]` for a command of the table.
std::string synopsis_of(const server_command& command) {
  std::string text(command.path);
  for (const auto& option : command.options) {
    std::string words = "--" + std::string(option.name);
    const bool is_word = option.type == option_spec::kind::word ||
                         option.type == option_spec::kind::file ||
                         option.type == option_spec::kind::content;
    if (is_word)
      words = "WORD";
    else if (option.type == option_spec::kind::value)
      words += " WORD";
    text += option.required ? " " + words : " [" + words + "]";
  }
  return text;
}

/// The same with every value as WORD.
std::string with_plain_values(const std::string& synopsis) {
  std::istringstream words(synopsis);
  std::string text;
  for (std::string word; words >> word;) {
    const bool value =
        std::any_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const bool closes = word.ends_with(']');
    text += (text.empty() ? "" : " ") + (value ? std::string("WORD") + (closes ? "]" : "") : word);
  }
  return text;
}

std::string the_page() {
  const auto page = read_file(SPEC_KITTY_SOURCE_DIR "/docs/server.md");
  return page && *page ? **page : std::string();
}

TEST(ServerReference, HasEveryCommandAndNoOther) {
  std::set<std::string> in_table;
  for (const auto& command : server_commands())
    if (command.path != "run") // `--dev` is not an option of the table
      in_table.insert(synopsis_of(command));
  std::set<std::string> on_page;
  for (const auto& synopsis : quoted_in_section(the_page(), "Commands"))
    if (!synopsis.starts_with("run"))
      on_page.insert(with_plain_values(synopsis));
  EXPECT_EQ(on_page, in_table);
}

TEST(ServerReference, HasEveryKeyAndNoOther) {
  std::set<std::string> keys;
  for (const auto& key : server_setting_keys())
    keys.insert(std::string(key.name));
  EXPECT_EQ(quoted_in_section(the_page(), "Configuration"), keys);
}

TEST(ServerCommands, EachIsOfOneGroupAndIsCarriedOutSomewhere) {
  for (const auto& command : server_commands()) {
    const auto space = command.path.rfind(' ');
    if (space != std::string_view::npos) {
      EXPECT_TRUE(std::any_of(
          server_command_groups().begin(), server_command_groups().end(),
          [&](const auto& group) { return group.path == command.path.substr(0, space); }))
          << command.path;
    }
    EXPECT_EQ(command.carry_out == nullptr, command.place == command_place::local) << command.path;
  }
}

TEST(ServerCommands, WhatRemovesAsks) {
  for (const auto& command : server_commands()) {
    const bool removes = command.path.ends_with(" remove") || command.path.ends_with(" erase");
    EXPECT_EQ(!command.question.empty(), removes) << command.path;
  }
}

} // namespace
} // namespace spec_kitty::server
