// The entry point: parses, resolves the home, loads the configuration, runs one command.
#include "app/cli/command.hpp"
#include "app/cli/home_use.hpp"
#include "app/cli/store_guard.hpp"
#include "app/home/doorbell.hpp"
#include "app/home/node_notice.hpp"
#include "util/process.hpp"
#include "util/utf8.hpp"
#include "util/version.hpp"

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <system_error>

namespace spec_kitty {

namespace {

struct global_options {
  std::optional<std::string> home;
  bool json = false;
  bool quiet = false;
  bool no_color = false;
};

bool given(int argc, char** argv, std::string_view word) {
  return std::any_of(argv + 1, argv + argc, [&](const char* arg) { return arg == word; });
}

std::string_view last_word(std::string_view path) {
  return path.substr(path.rfind(' ') + 1);
}

/// The command whose words, and no word of another command, stand on the command line; null where
/// only the parser can decide.
const command* typed_command(int argc, char** argv) {
  const auto named = [](const auto& entries, std::string_view word) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return last_word(entry.path) == word; });
  };
  std::string path;
  for (const std::string_view arg : std::span(argv, static_cast<std::size_t>(argc)).subspan(1))
    if (named(command_groups(), arg) || named(command_table(), arg))
      path.append(path.empty() ? "" : " ").append(arg);
  for (const auto& entry : command_table())
    if (entry.path == path)
      return &entry;
  return nullptr;
}

/// True when every word of a command's path is on the command line: only then its options are
/// declared. (May be true for several commands; the parser decides.)
bool may_be_meant(std::string_view path, int argc, char** argv) {
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const auto space = path.find(' ', at);
    if (!given(argc, argv, path.substr(at, space == std::string_view::npos ? space : space - at)))
      return false;
    at = space == std::string_view::npos ? space : space + 1;
  }
  return true;
}

/// A command line while it is parsed.
struct command_line {
  CLI::App app{"Records the work of this command line as events, stores them durably, and delivers "
               "each of them to your team's server exactly once in effect.",
               "spec-kitty"};
  global_options options;
  const command* chosen = nullptr;
  command_action action;
};

void declare_globals(CLI::App& app, global_options& options) {
  app.add_option("--home", options.home,
                 "Folder of state (default: SPEC_KITTY_HOME, else ~/.spec-kitty)")
      ->type_name("DIR");
  app.add_flag("--json", options.json, "Print one JSON object");
  app.add_flag("--quiet", options.quiet, "Print only results, warnings and errors");
  app.add_flag("--no-color", options.no_color, "Print without colours");
  app.set_version_flag("--version", "spec-kitty " + std::string(version));
}

/// Declares the subcommands of the table: `only` this one with its groups, or all of them.
void declare_commands(command_line& line, int argc, char** argv, const command* only) {
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
    if (only == nullptr && !may_be_meant(entry.path, argc, argv))
      continue;
    sub->callback([&line, &entry, action = entry.declare(*sub)] {
      line.chosen = &entry;
      line.action = action;
    });
  }
  line.app.require_subcommand(1);
}

/// The parser's message, except for an unknown command: there it only reports a missing one.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const auto left_over = app.remaining(true);
  const bool no_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  return no_command && !left_over.empty() ? "unknown command: " + left_over.front() : error.what();
}

bool use_color(const global_options& options) {
  return !options.no_color && std::getenv("NO_COLOR") == nullptr && ::isatty(STDERR_FILENO) != 0;
}

/// Runs the command. Running out of memory or threads is reported, not treated as a defect.
exit_status act(const command_action& action, context& ctx) {
  const auto fail_for_lack_of = [&](const std::string& what) {
    return ctx.fail(
        {ec::overloaded, what,
         "raise the limit on address space or processes (ulimit -v, -u), or close other "
         "programs"});
  };
  try {
    return action(ctx);
  } catch (const std::bad_alloc&) {
    return fail_for_lack_of("out of memory");
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again)
      throw;
    return fail_for_lack_of("cannot create a thread");
  }
}

exit_status run_command(const command_line& line) {
  const global_options& options = line.options;
  output out(options.json, options.quiet, use_color(options));
  const auto home = resolve_home(options.home);
  if (home)
    guard_store(*home, options.json);
  const auto allowed =
      home ? check_before(home_use_of(line.chosen->path), *home) : result<void>(home.error());
  auto config = allowed ? settings::load(home->path) : result<settings>(allowed.error());
  std::optional<failure> no_home;
  std::optional<failure> config_problem;
  if (!allowed && line.chosen->needs == requirement::nothing)
    no_home = std::exchange(config, settings{}).error();
  else if (!config && allowed && line.chosen->needs != requirement::config)
    config_problem = std::exchange(config, settings{}).error();
  exit_status status = exit_status::failed;
  if (!config) {
    out.fail(config.error());
    status = status_of(config.error().code);
  } else {
    const bool trusted = allowed && home_use_of(line.chosen->path) == home_use::changes_store;
    const auto node = std::make_shared<node_notice>();
    context ctx{{home ? *home : home_folder{}, std::move(*config), trusted,
                 [node](const node_change& change) { node->put(change); }},
                std::move(out),
                std::move(config_problem),
                std::move(no_home)};
    for (const auto& warning : ctx.config.warnings())
      ctx.out.warn_of("remarks on the configuration", warning);
    status = act(line.action, ctx);
    if (const auto change = node->take())
      ctx.out.warn(node_change_words(*change));
    if (line.chosen->notifies && status != exit_status::usage)
      (void)notify_daemon_with_timeout(ctx.home.path,
                                       *line.chosen->notifies); // no daemon may be running
    ctx.out.end_of_kinds();
    return ctx.out.flush() ? status : exit_status::failed;
  }
  return out.flush() ? status : exit_status::failed;
}

/// If stdin, stdout or stderr is closed, a file opened later would get its number and be written
/// into. The replacement fails for the direction in which the descriptor would be used.
void fill_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) == -1)
      (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/// The command where only its declaration is needed to parse the command line: to declare all of
/// them costs ten times as much. Null also where the parser has something to say (help, an error),
/// which depends on what else is declared.
std::unique_ptr<command_line> parse_typed(int argc, char** argv) {
  const command* typed = typed_command(argc, argv);
  if (typed == nullptr)
    return nullptr;
  auto line = std::make_unique<command_line>();
  declare_globals(line->app, line->options);
  declare_commands(*line, argc, argv, typed);
  try {
    line->app.parse(argc, argv);
    return line;
  } catch (const CLI::ParseError&) {
    return nullptr;
  }
}

int run_command_line(int argc, char** argv) {
  if (const auto typed = parse_typed(argc, argv))
    return static_cast<int>(run_command(*typed));
  command_line line;
  declare_globals(line.app, line.options);
  declare_commands(line, argc, argv, nullptr);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return line.app.exit(help);
  } catch (const CLI::CallForVersion& shown) {
    return line.app.exit(shown);
  } catch (const CLI::ParseError& error) {
    output out(given(argc, argv, "--json"), false, false);
    out.fail({ec::usage, what_is_wrong(line.app, error), "see: spec-kitty --help"});
    out.flush();
    return static_cast<int>(exit_status::usage);
  }
  return static_cast<int>(run_command(line));
}

} // namespace

} // namespace spec_kitty

int main(int argc, char** argv) {
  spec_kitty::hide_memory();
  spec_kitty::fill_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN); // a closed stdout is an error to handle
  std::signal(SIGXFSZ, SIG_IGN); // so is a file size limit (ulimit -f)
  try {
    return spec_kitty::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n  this is a defect of spec-kitty; please report it\n",
                 spec_kitty::printable(error.what()).c_str());
    return static_cast<int>(spec_kitty::exit_status::failed);
  }
}
