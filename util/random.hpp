// Random numbers from the kernel. Fork-safe: there is no state in the process.
#pragma once

#include <cstdint>
#include <span>

namespace spec_kitty {

/// Fills all of it; throws std::system_error when the kernel refuses.
void fill_random(std::span<std::uint8_t> bytes);

/// A number in [0, 1), for jitter.
double kernel_random();

} // namespace spec_kitty
