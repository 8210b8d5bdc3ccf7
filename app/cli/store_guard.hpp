// The store is read through a memory map: when its file was cut short, or its disk fails, the
// kernel sends SIGBUS instead of returning an error. The program then ends as for any other damage:
// one line and exit status 6. A program that embeds the library keeps its own handler.
#pragma once

#include "config/home.hpp"

namespace spec_kitty {

/// From here on a SIGBUS prints the failure (with `json` as an object) and ends the process.
void guard_store(const home_folder& home, bool json);

} // namespace spec_kitty
