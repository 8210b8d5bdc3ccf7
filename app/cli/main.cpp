// The entry point: parses, resolves the home, loads the configuration, runs one command.
#include "app/cli/command_line.hpp"
#include "app/cli/home_use.hpp"
#include "app/cli/store_guard.hpp"
#include "app/home/doorbell.hpp"
#include "app/home/node_notice.hpp"
#include "util/printed_commands.hpp"
#include "util/process.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"
#include "util/working_line.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace spec_kitty {

namespace {

bool use_color(const global_options& options) {
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return !options.no_color && std::getenv("NO_COLOR") == nullptr && !dumb;
}

/// Whether a command waits for a person or for a signal, or has a live display of its own.
bool shows_itself(std::string_view path) {
  constexpr std::array<std::string_view, 9> all = {"emit",       "auth login",      "events export",
                                                   "sync now",   "sync watch",      "board",
                                                   "dev-server", "sync daemon run", "orchestrate"};
  return std::find(all.begin(), all.end(), path) != all.end();
}

/// Runs the command. Running out of memory or threads is reported, not treated as a defect.
exit_status act(const command_line& line, context& ctx) {
  std::optional<working_line> working;
  if (!shows_itself(line.chosen->path))
    working.emplace(ctx.out, std::string(line.chosen->path) + " is running");
  const auto fail_for_lack_of = [&](const std::string& what) {
    return ctx.fail(
        {ec::overloaded, what,
         "raise the limit on address space or processes (ulimit -v, -u), or close other "
         "programs"});
  };
  try {
    return line.action(ctx);
  } catch (const std::bad_alloc&) {
    return fail_for_lack_of("out of memory");
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again)
      throw;
    return fail_for_lack_of("cannot create a thread");
  }
}

/// The words that a command may begin with.
std::vector<std::string_view> first_words() {
  std::vector<std::string_view> all;
  for (const auto& entry : command_table())
    all.push_back(entry.path.substr(0, entry.path.find(' ')));
  return all;
}

/// For --verbose: which home is used, and which settings are not the defaults.
void note_surroundings(context& ctx) {
  if (!ctx.no_home)
    ctx.out.note("home: " + ctx.home.path.string());
  for (const auto& key : setting_keys())
    if (const auto& value = ctx.config.at(key.name); value.origin != "default")
      ctx.out.note(std::string(key.name) + " = " + shown_value(key, value.text) + " (" +
                   std::string(value.origin) + ")");
}

exit_status run_command(const command_line& line) {
  const global_options& options = line.options;
  output out(options.json, options.quiet, use_color(options));
  if (options.home)
    complete_printed_commands("spec-kitty", shell_option("--home", *options.home), first_words());
  const auto home = resolve_home(options.home);
  if (home)
    guard_store(*home, options.json);
  const auto allowed =
      home ? check_before(home_use_of(line.chosen->path), *home) : result<void>(home.error());
  const requirement needs = line.chosen->needs;
  const auto wrong = needs == requirement::store || needs == requirement::nothing
                         ? wrong_value::defaulted
                         : wrong_value::refused;
  auto config = allowed ? settings::load(home->path, wrong) : result<settings>(allowed.error());
  std::optional<failure> no_home;
  std::optional<failure> config_problem;
  if (!allowed && needs == requirement::nothing)
    no_home = std::exchange(config, settings{}).error();
  else if (!config && allowed && (needs == requirement::home || needs == requirement::nothing))
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
    ctx.utc = options.utc;
    for (const auto& warning : ctx.config.warnings())
      ctx.out.warn_of("remarks on the configuration", warning);
    if (options.verbose)
      note_surroundings(ctx);
    status = act(line, ctx);
    if (const auto change = node->take())
      ctx.out.warn(node_change_words(*change));
    if (line.chosen->notifies && status != exit_status::usage && !ctx.changed_nothing)
      (void)notify_daemon_with_timeout(ctx.home.path,
                                       *line.chosen->notifies); // no daemon may be running
    ctx.out.end_of_kinds();
    return ctx.out.end() ? status : exit_status::failed;
  }
  return out.end() ? status : exit_status::failed;
}

/// If stdin, stdout or stderr is closed, a file opened later would get its number and be written
/// into. The replacement fails for the direction in which the descriptor would be used.
void fill_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) == -1)
      (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

} // namespace

} // namespace spec_kitty

int main(int argc, char** argv) {
  spec_kitty::hide_memory();
  spec_kitty::fill_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN); // a closed stdout is an error to handle
  std::signal(SIGXFSZ, SIG_IGN); // so is a file size limit (ulimit -f)
  try {
    const auto parsed = spec_kitty::parse_command_line(argc, argv);
    return parsed.line ? static_cast<int>(spec_kitty::run_command(*parsed.line)) : parsed.status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n  this is a defect of spec-kitty; please report it\n",
                 spec_kitty::printable(error.what()).c_str());
    return static_cast<int>(spec_kitty::exit_status::failed);
  }
}
