// What a program asks of the kernel, line by line, and whether it changes anything by that.
#pragma once

#include "app/chaos/process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::support {

/// True if strace exists and may trace.
bool can_trace();

/// A program's end, and every line of its trace that asks for a change: a file created, opened for
/// writing, cut, written, mapped for writing, renamed, removed, a folder made, a mode or an owner
/// set, a socket that is not a Unix socket. LMDB's own lock.mdb may be opened and mapped for
/// writing.
struct traced {
  finished done;
  std::vector<std::string> changes;
  std::size_t lines = 0; ///< of the whole trace: 0 means that nothing was traced
};

/// Runs a program under strace; `trace_file` is written.
traced trace(launch what, const std::filesystem::path& trace_file);

/// True when a line of `strace -f -y` asks for a change.
bool asks_for_change(std::string_view line);

} // namespace spec_kitty::support
