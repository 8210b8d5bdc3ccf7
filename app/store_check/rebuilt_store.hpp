// A new store with what was salvaged of a damaged one: every event at its old place, with its id
// and clock.
#pragma once

#include "app/store_check/salvage.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty {

struct rebuilt {
  std::uint64_t events = 0;
  std::uint64_t dead = 0;
  std::uint64_t clock = 0; ///< no event of the node had a greater one, as far as is known
  std::string node_id;
  std::vector<std::string> held_projects; ///< nothing says whether they are shared: kept here
};

/// Makes the store `folder`/env, which must not exist; it is durable when this succeeds. `queue` is
/// the damaged store's folder.
result<rebuilt> write_rebuilt_store(const salvaged& kept, const std::filesystem::path& queue,
                                    const std::filesystem::path& folder);

} // namespace spec_kitty
