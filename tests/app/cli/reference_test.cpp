// docs/cli.md, the reference of the command line, against the command table: every command stands
// in both, with the same long options and the same number of positional arguments.
#include "app/cli/command_line.hpp"
#include "util/files.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <set>
#include <sstream>

namespace spec_kitty {
namespace {

/// What a command accepts, as text that a failure shows: `--to VALUE`, `--force`.
struct synopsis {
  std::set<std::string> options;
  std::size_t positionals = 0;

  bool operator==(const synopsis&) const = default;
};

std::ostream& operator<<(std::ostream& out, const synopsis& command) {
  out << command.positionals << " positional";
  for (const auto& option : command.options)
    out << ", " << option;
  return out;
}

using synopses = std::map<std::string, synopsis>;

synopsis synopsis_of(const command& entry) {
  CLI::App app;
  const auto action = entry.declare(app);
  synopsis found;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional())
      ++found.positionals;
    for (const auto& name : option->get_lnames())
      if (name != "help")
        found.options.insert("--" + name + (option->get_items_expected_max() > 0 ? " VALUE" : ""));
  }
  return found;
}

synopses synopses_of_binary() {
  synopses all;
  for (const auto& entry : command_table())
    all[std::string(entry.path)] = synopsis_of(entry);
  return all;
}

/// The first cell of a table's row, without its backquotes; `\|` is a bar.
std::string first_cell(std::string_view row) {
  std::string cell;
  for (std::size_t at = row.find('|') + 1; at < row.size() && row[at] != '|'; ++at) {
    if (row[at] == '\\' && at + 1 < row.size() && row[at + 1] == '|')
      ++at;
    if (row[at] != '`')
      cell += row[at];
  }
  return cell;
}

/// A word without `[`, `]` and `…`.
std::string bare(std::string word) {
  for (const std::string_view mark : {"[", "]", "…"})
    for (auto at = word.find(mark); at != std::string::npos; at = word.find(mark))
      word.erase(at, mark.size());
  return word;
}

/// `agent tasks add-history WPnn --note TEXT [--agent NAME]`: its path and what it accepts.
std::pair<std::string, synopsis> read_synopsis(const std::string& cell) {
  std::string path;
  synopsis found;
  std::istringstream words(cell);
  std::string option; // that the word before named, while its value may follow
  bool in_path = true;
  for (std::string word; words >> word;) {
    const bool opens = word.front() == '[';
    const bool closes = word.find(']') != std::string::npos;
    const std::string text = bare(word);
    in_path = in_path && !opens && std::islower(static_cast<unsigned char>(text.front())) != 0;
    if (in_path) {
      path += (path.empty() ? "" : " ") + text;
    } else if (text.starts_with("--")) {
      found.options.insert(text);
      option = closes ? "" : text;
    } else if (!option.empty() && !opens) {
      found.options.erase(option);
      found.options.insert(option + " VALUE");
      option.clear();
    } else {
      ++found.positionals;
    }
  }
  return {path, found};
}

synopses synopses_of_docs() {
  const auto text = read_file(SPEC_KITTY_SOURCE_DIR "/docs/cli.md", std::size_t{1} << 20);
  synopses all;
  if (!text || !*text)
    return all;
  std::istringstream lines(**text);
  bool in_table = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| command |"))
      in_table = true;
    else if (!line.starts_with("|"))
      in_table = false;
    else if (in_table && !line.starts_with("| ---"))
      all.insert(read_synopsis(first_cell(line)));
  }
  return all;
}

std::set<std::string> paths_of(const synopses& all) {
  std::set<std::string> paths;
  for (const auto& [path, command] : all)
    paths.insert(path);
  return paths;
}

TEST(Reference, ListsExactlyTheCommandsOfTheBinary) {
  EXPECT_EQ(paths_of(synopses_of_docs()), paths_of(synopses_of_binary()));
}

TEST(Reference, GivesEachCommandItsOptionsAndArguments) {
  const auto docs = synopses_of_docs();
  for (const auto& [path, accepted] : synopses_of_binary())
    if (const auto row = docs.find(path); row != docs.end()) {
      EXPECT_EQ(row->second, accepted) << path;
    }
}

TEST(Reference, GivesEachCommandAnExampleThatBeginsWithItsWords) {
  for (const auto& entry : command_table()) {
    EXPECT_FALSE(examples_of(entry.path).empty()) << entry.path;
    for (const auto example : examples_of(entry.path))
      EXPECT_TRUE(example.starts_with(entry.path)) << example;
  }
}

TEST(Reference, ReadsOptionalRepeatedAndAlternativeWords) {
  const auto [path, found] =
      read_synopsis(first_cell(R"(| `a bc [TYPE] ID… --to x\|y [--field N=V]… [--yes]` | does |)"));
  EXPECT_EQ(path, "a bc");
  EXPECT_EQ(found.positionals, 2U);
  EXPECT_EQ(found.options, (std::set<std::string>{"--to VALUE", "--field VALUE", "--yes"}));
}

} // namespace
} // namespace spec_kitty
