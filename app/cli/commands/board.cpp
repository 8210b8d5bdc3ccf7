// spec-kitty board: executes the board's server, a separate program, so that this one never links
// what serves HTTP.
#include "app/cli/command.hpp"
#include "util/install_tree.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <memory>
#include <unistd.h>

namespace spec_kitty {

namespace {

struct board_options {
  int port = 0;
  bool open = false;
};

exit_status run_board(context& ctx, const board_options& chosen) {
  const auto program = find_part("spec-kitty-board");
  if (!program)
    return ctx.fail(program.error());
  std::vector<std::string> words = {program->string(), "--home", ctx.home.path.string(), "--port",
                                    std::to_string(chosen.port)};
  if (ctx.out.json())
    words.emplace_back("--json");
  if (chosen.open)
    words.emplace_back("--open");
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  ctx.out.flush();
  ::execv(program->c_str(), argv.data());
  return ctx.fail({ec::internal, "cannot start " + program->string() + ": " + std::strerror(errno),
                   "install spec-kitty again"});
}

} // namespace

command_action declare_board(CLI::App& app) {
  auto options = std::make_shared<board_options>();
  app.add_option("--port", options->port, "Port on 127.0.0.1 (0, the default: any free one)")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  app.add_flag("--open", options->open, "Open it in a browser");
  return [options](context& ctx) { return run_board(ctx, *options); };
}

} // namespace spec_kitty
