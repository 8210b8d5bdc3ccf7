// spec-kitty dev-server: executes `spec-kitty-server run --dev`, a program of a package of its own.
#include "app/cli/command.hpp"
#include "util/install_tree.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace spec_kitty {

command_action declare_dev_server(CLI::App& app) {
  app.fallthrough(false)->allow_extras()->set_help_flag(); // all options belong to the server
  return [&app](context& ctx) {
    const auto program = find_part("spec-kitty-server");
    if (!program)
      return ctx.fail({ec::not_found,
                       "spec-kitty-server, which this command runs, is not installed beside "
                       "spec-kitty",
                       "install the package spec-kitty-server, then run the command again"});
    std::vector<std::string> words = {program->string(), "run", "--dev"};
    if (ctx.out.json())
      words.emplace_back("--json");
    if (ctx.out.quiet())
      words.emplace_back("--quiet");
    for (const auto& word : app.remaining())
      if ((word != "--json" || !ctx.out.json()) && (word != "--quiet" || !ctx.out.quiet()))
        words.push_back(word);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(program->c_str(), argv.data());
    return ctx.fail({ec::internal,
                     "cannot start " + program->string() + ": " + std::strerror(errno),
                     "install spec-kitty-server again"});
  };
}

} // namespace spec_kitty
