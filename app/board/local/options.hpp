// The command line of spec-kitty-board, which `spec-kitty board` writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace spec_kitty::board {

struct board_options {
  std::optional<std::string> home;
  std::uint16_t port = 0; ///< 0: any free one
  bool open = false;      ///< in a browser
  bool json = false;
};

/// The options, or the status to end with.
std::variant<board_options, int> read_options(int argc, char** argv);

} // namespace spec_kitty::board
