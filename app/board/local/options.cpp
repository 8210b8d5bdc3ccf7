#include "app/board/local/options.hpp"

#include <CLI/CLI.hpp>

namespace spec_kitty::board {

std::variant<board_options, int> read_options(int argc, char** argv) {
  board_options chosen;
  CLI::App app("Serves the board of this repository and home on loopback.", "spec-kitty-board");
  app.add_option("--home", chosen.home, "Folder of state")->type_name("DIR");
  app.add_option("--port", chosen.port, "Port (0: any free one)")->type_name("N");
  app.add_flag("--open", chosen.open, "Open it in a browser");
  app.add_flag("--json", chosen.json, "Print one JSON object");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return chosen;
}

} // namespace spec_kitty::board
