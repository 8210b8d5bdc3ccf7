// Every row of a store: checksums, counters, order, and what each refers to
// (docs/queue-format.md, "What always holds").
#pragma once

#include "actors/queue/page_walk.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct store_findings {
  std::vector<std::string> damage; ///< the first few; empty: the store is whole
  std::uint64_t events = 0;        ///< that can be read
  std::uint64_t dead = 0;
};

/// `head` is of the state to look at, which must not change meanwhile.
store_findings check_everything(std::string_view file, const pages::file_header& head,
                                const std::filesystem::path& home = {});

} // namespace spec_kitty
