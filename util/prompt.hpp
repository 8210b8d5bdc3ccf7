// Asks a person on a terminal; a secret without echo.
#pragma once

#include "util/result.hpp"

#include <string>

namespace spec_kitty {

/// Asks on the terminal and reads one line; bad_input with the given hint when there is no
/// terminal. With `echo` false the input is not shown.
result<std::string> prompt(const std::string& question, bool echo, const std::string& hint);

/// The first line of stdin, bounded; bad_input when it is empty. `what` names it: `password`.
result<std::string> read_secret_from_stdin(const std::string& what);

} // namespace spec_kitty
