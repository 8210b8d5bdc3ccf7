// Damage to a store's file, drawn from a seed: what disks, file systems and copies do to it.
#pragma once

#include <cstdint>
#include <string>

namespace spec_kitty::support {

/// The bytes with one damage: a bit, some bytes, a number at the begin of a page, a page of noise
/// or zeros, two pages exchanged, an end that is missing. `how` is what was done, for a message.
std::string damaged_bytes(std::string bytes, std::uint64_t seed, std::string& how);

} // namespace spec_kitty::support
