// Asks a person on a terminal; a secret without echo.
#pragma once

#include "util/result.hpp"

#include <string>

namespace spec_kitty {

/// Asks on the terminal and reads one line; bad_input when there is no terminal. With `echo` false
/// the input is not shown.
result<std::string> prompt(const std::string& question, bool echo);

/// The first line of stdin, bounded; bad_input when it is empty.
result<std::string> read_secret_from_stdin();

} // namespace spec_kitty
