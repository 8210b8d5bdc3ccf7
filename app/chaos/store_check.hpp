// A store's counters compared with its rows: what docs/queue-format.md says always holds.
#pragma once

#include "actors/queue/store.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace spec_kitty {

/// Every row counted by hand and compared with the summary, the teams, the types, the indices.
/// Empty when all agree.
std::string recount(store& queue, const std::filesystem::path& home);

/// The store's environment, for reading tables and for damaging them.
std::shared_ptr<environment> tables_of(const std::filesystem::path& home);

} // namespace spec_kitty
