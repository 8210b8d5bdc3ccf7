// A clock.json that another node wrote: the older tool before this machine or its user was renamed,
// or a home that was copied from elsewhere.
//
// This home keeps its own node id: two nodes under one name would give the same value twice. But
// what is recorded from now on comes after what the older clock counted, so a new store merges its
// value. The file itself is kept beside the new one.
#pragma once

#include "actors/clock/mirror.hpp"
#include "config/older_home.hpp"

#include <utility>
#include <vector>

namespace spec_kitty {

/// The value that a new store merges from another node's mirror.
std::optional<std::uint64_t> value_to_inherit(const std::optional<clock_mirror>& mirror,
                                              std::uint64_t store_value, std::string_view node_id);

/// Another node's clock.json gets a second name, `clock.json.<node>`, before it is written over;
/// an older file of that name is replaced. This node's own file is left alone.
result<void> keep_foreign_mirror(const std::filesystem::path& home, std::string_view node_id);

/// Every clock.json and clock.json.<node> here that is not this node's, by name.
std::vector<std::pair<std::filesystem::path, clock_mirror>>
foreign_mirrors(const std::filesystem::path& home, std::string_view node_id);

/// clock.json, or one that was kept beside it, is of another node than this home's. Reads only.
std::vector<home_conflict> clock_conflicts(const std::filesystem::path& home,
                                           std::string_view node_id);

} // namespace spec_kitty
