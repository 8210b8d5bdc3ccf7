// The store is read through a memory map: when its file is cut short meanwhile, or its disk fails,
// the kernel sends SIGBUS instead of returning an error; and LMDB trusts a page that the checks of
// a large file did not come to (actors/queue/file_check.hpp). The program then ends as for any
// other damage: one line and exit status 6. A program that embeds the library keeps its own
// handlers.
#pragma once

#include "config/home.hpp"

namespace spec_kitty {

/// From here on a SIGBUS, or another crash inside the store, prints the failure (with `json` as an
/// object) and ends the process.
void guard_store(const home_folder& home, bool json);

} // namespace spec_kitty
