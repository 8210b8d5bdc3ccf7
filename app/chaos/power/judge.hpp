// What must hold in a home after the power is back.
//
//   image ──written into a folder──▶ home ──opened by the project's own store──▶ history ──▶
//   invariants
//
// The store is opened as the next command would open it, takes in what was spilled, and records one
// more event; then it is compared with everything that had been promised.
#pragma once

#include "app/chaos/invariants.hpp"
#include "app/chaos/power/disk.hpp"
#include "app/chaos/power/recording.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty::chaos::power {

/// Writes an image below a folder, in place of what is there. LMDB changes its lock file through a
/// mapping, which no recorder sees: it has any bytes now and then.
void write_image(const image& what, const std::filesystem::path& folder, dice& chance);

/// What is wrong with the home in `folder`, found after `cut` steps of the recording. `on_server`:
/// what the server had noted at that moment.
std::vector<violation> judge_image(const std::filesystem::path& folder, const recording& seen,
                                   moment cut, const std::string& on_server);

} // namespace spec_kitty::chaos::power
