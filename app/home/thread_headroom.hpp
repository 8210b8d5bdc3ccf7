// Whether this process can have more threads at all, and some memory beside them.
#pragma once

#include "util/result.hpp"

namespace spec_kitty {

/// overloaded when so many threads more cannot be had, with some memory beside their stacks. CAF
/// and the C library end the process, or hang, where a thread of theirs cannot begin or has no
/// memory, so this is asked before.
result<void> check_thread_headroom(int threads);

} // namespace spec_kitty
