// Whether this is still the process in which something was made, without a system call.
#pragma once

namespace spec_kitty {

/// Differs between a process and every child that it forks. (One made by the bare system call has
/// its parent's.)
unsigned process_generation();

} // namespace spec_kitty
