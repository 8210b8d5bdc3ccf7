#include "app/cli/command_line.hpp"

#include "util/usage/usage.hpp"
#include "util/version.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <span>
#include <vector>

namespace spec_kitty {

namespace {

/// The options that every command has; declared once, for the program (declare_globals).
constexpr const char* globals_in_help =
    "Global options:\n"
    "  --home DIR                  Folder of state\n"
    "  --json                      Print one JSON object\n"
    "  -q,--quiet                  Print only results, warnings and errors\n"
    "  -v,--verbose                Also print which home and settings are used\n"
    "  --no-color                  Print without colours\n"
    "  --utc                       Show times in UTC, not in this machine's zone\n"
    "  -V,--version                Print the version";

bool given(std::span<char*> words, std::string_view word) {
  return std::any_of(words.begin(), words.end(), [&](const char* arg) { return arg == word; });
}

std::string_view last_word(std::string_view path) {
  return path.substr(path.rfind(' ') + 1);
}

/// The command whose words, and no word of another command, stand on the command line; null where
/// only the parser can decide.
const command* typed_command(std::span<char*> words) {
  const auto named = [](const auto& entries, std::string_view word) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return last_word(entry.path) == word; });
  };
  std::string path;
  for (const std::string_view arg : words)
    if (named(command_groups(), arg) || named(command_table(), arg))
      path.append(path.empty() ? "" : " ").append(arg);
  for (const auto& entry : command_table())
    if (entry.path == path)
      return &entry;
  return nullptr;
}

/// True when every word of a command's path is on the command line: only then its options are
/// declared. (May be true for several commands; the parser decides.)
bool may_be_meant(std::string_view path, std::span<char*> words) {
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const auto space = path.find(' ', at);
    if (!given(words, path.substr(at, space == std::string_view::npos ? space : space - at)))
      return false;
    at = space == std::string_view::npos ? space : space + 1;
  }
  return true;
}

void declare_globals(CLI::App& app, global_options& options) {
  app.add_option("--home", options.home,
                 "Folder of state (default: SPEC_KITTY_HOME, else ~/.spec-kitty)")
      ->type_name("DIR");
  app.add_flag("--json", options.json, "Print one JSON object");
  app.add_flag("-q,--quiet", options.quiet, "Print only results, warnings and errors");
  app.add_flag("-v,--verbose", options.verbose, "Also print which home and settings are used");
  app.add_flag("--no-color", options.no_color, "Print without colours");
  app.add_flag("--utc", options.utc, "Show times in UTC, not in this machine's zone");
  app.set_version_flag("-V,--version", "spec-kitty " + std::string(version));
}

std::string footer_of(std::string_view path) {
  std::string text = globals_in_help;
  const auto examples = examples_of(path);
  text += examples.size() == 1 ? "\n\nExample:" : "\n\nExamples:";
  for (const auto example : examples)
    text.append("\n  spec-kitty ").append(example);
  return text;
}

/// Declares the subcommands of the table: `only` this one with its groups, or all of them.
void declare_commands(command_line& line, std::span<char*> words, const command* only) {
  std::map<std::string_view, CLI::App*> groups;
  const auto add = [&](std::string_view path, std::string_view help) {
    const auto space = path.rfind(' ');
    CLI::App& parent =
        space == std::string_view::npos ? line.app : *groups.at(path.substr(0, space));
    return parent.add_subcommand(std::string(last_word(path)), std::string(help))->fallthrough();
  };
  for (const auto& group : command_groups())
    if (only == nullptr || only->path.starts_with(std::string(group.path) + " "))
      groups[group.path] = add(group.path, group.help)->require_subcommand(1);
  for (const auto& entry : command_table()) {
    if (only != nullptr && only != &entry)
      continue;
    CLI::App* sub = add(entry.path, entry.help);
    if (only == nullptr && !may_be_meant(entry.path, words))
      continue;
    if (only == nullptr)
      sub->footer(footer_of(entry.path));
    sub->callback([&line, &entry, action = entry.declare(*sub)] {
      line.chosen = &entry;
      line.action = action;
    });
  }
  line.app.require_subcommand(1);
}

/// The command where only its declaration is needed to parse the command line: to declare all of
/// them costs ten times as much. Null also where the parser has something to say (help, an error),
/// which depends on what else is declared.
std::unique_ptr<command_line> parse_typed(int argc, char** argv) {
  const std::span<char*> words(argv + 1, static_cast<std::size_t>(argc - 1));
  const command* typed = typed_command(words);
  if (typed == nullptr)
    return nullptr;
  auto line = std::make_unique<command_line>();
  declare_globals(line->app, line->options);
  declare_commands(*line, words, typed);
  try {
    line->app.parse(argc, argv);
    return line;
  } catch (const CLI::ParseError&) {
    return nullptr;
  }
}

bool is_command_or_group(std::string_view path) {
  const auto has = [&](const auto& entries) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.path == path; });
  };
  return has(command_table()) || has(command_groups());
}

/// `help sync now` as `sync now --help`. Words that name no command stay without `--help`, so that
/// the parser reports them.
std::vector<char*> with_help_option(std::span<char*> words) {
  static char program[] = "spec-kitty";
  static char help_option[] = "--help";
  std::vector<char*> all(words.begin(), words.end());
  if (all.empty()) // a program may be started without any word, its own name included
    all.push_back(program);
  auto help = all.begin() + 1;
  while (help != all.end() && (*help)[0] == '-')
    help += std::string_view(*help) == "--home" && help + 1 != all.end() ? 2 : 1;
  if (help == all.end() || std::string_view(*help) != "help")
    return all;
  std::string path;
  for (auto word = help + 1; word != all.end(); ++word)
    if ((*word)[0] != '-')
      path.append(path.empty() ? "" : " ").append(*word);
  all.erase(help);
  if (path.empty() || is_command_or_group(path))
    all.push_back(help_option);
  return all;
}

/// The status of a help that was printed: 1 where it could not be written.
int end_of_help(int status) {
  std::cout.flush();
  if (std::cout)
    return status;
  output out(false, false, false);
  out.line(""); // meets the same error, which is said then
  (void)out.end();
  return static_cast<int>(exit_status::failed);
}

parse_outcome refuse(const CLI::App& app, const CLI::ParseError& error, bool json) {
  output out(json, false, false);
  known_commands known{"spec-kitty", {}};
  for (const auto& entry : command_table())
    known.paths.emplace_back(entry.path);
  out.fail(usage_failure(app, error, known));
  out.flush();
  return {nullptr, static_cast<int>(exit_status::usage)};
}

} // namespace

parse_outcome parse_command_line(int given_argc, char** given_argv) {
  auto words = with_help_option({given_argv, static_cast<std::size_t>(given_argc)});
  const int argc = static_cast<int>(words.size());
  words.push_back(nullptr);
  char** const argv = words.data();
  if (auto typed = parse_typed(argc, argv))
    return {std::move(typed), 0};
  auto line = std::make_unique<command_line>();
  const std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
  declare_globals(line->app, line->options);
  declare_commands(*line, arguments, nullptr);
  line->app.footer("spec-kitty help COMMAND shows the options of a command, with examples.");
  try {
    line->app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return {nullptr, end_of_help(line->app.exit(help))};
  } catch (const CLI::CallForVersion& shown) {
    return {nullptr, end_of_help(line->app.exit(shown))};
  } catch (const CLI::ParseError& error) {
    return refuse(line->app, error, given(arguments, "--json"));
  }
  return {std::move(line), 0};
}

} // namespace spec_kitty
