// What a store must hold after its process was ended at any moment, or its disk lost power.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::server::store::testing {

/// What store_worker.cpp printed.
struct store_promises {
  std::map<std::string, std::uint64_t> heads; ///< slug → highest acknowledged number
  std::set<std::string> users;
  std::set<std::pair<std::string, std::uint64_t>> erased;
  std::size_t refused = 0;
  std::size_t acknowledged = 0; ///< lines

  void read_line(std::string_view line);
};

/// What is wrong with the store in this state folder: promises that were not kept, texts that are
/// not those of their numbers, findings of check. It is opened as the next server would.
std::vector<std::string> judge_store(const std::filesystem::path& state,
                                     const store_promises& promises);

} // namespace spec_kitty::server::store::testing
