// A store whose file was cut short, or whose disk fails, is read through a map: the kernel answers
// with SIGBUS, which no error code can carry. The program then ends as for any other damage: one
// clear line and exit status 6. A program that embeds the library keeps its own handler.
#pragma once

#include "config/home.hpp"

namespace spec_kitty {

/// From here on a SIGBUS prints the failure (with `json` as an object) and ends the process.
void guard_store(const home_folder& home, bool json);

} // namespace spec_kitty
