// Which process holds a lease, in a form that distinguishes a living owner from a recycled pid.
#pragma once

#include "actors/queue/records.hpp"

namespace spec_kitty {

/// This process: pid, start time, boot id.
process_mark this_process();

/// False when the machine has been restarted since, the pid is gone, or another process has it now.
bool is_alive(const process_mark& mark);

} // namespace spec_kitty
