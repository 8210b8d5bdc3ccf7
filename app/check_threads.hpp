// Whether this process can have more threads at all.
#pragma once

#include "messages/result.hpp"

namespace spec_kitty {

/// overloaded when so many threads more cannot be had. CAF and the C++ library end the process, or
/// hang, where a thread of theirs cannot begin, so this is asked before.
result<void> check_threads(int more);

} // namespace spec_kitty
