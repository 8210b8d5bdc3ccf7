// What can be read of a damaged store, and what is lost, by name.
#pragma once

#include "actors/queue/records.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// The views lie in the file that was read.
struct salvaged {
  std::optional<summary> row;
  std::map<std::string, std::string> main;            ///< rows that go over as they are
  std::map<std::string, partition_record> partitions; ///< by key
  std::map<std::uint64_t, std::string_view> events;   ///< by position
  std::map<std::uint64_t, std::string_view> dead;
  std::map<std::uint64_t, std::string_view> attempts;

  std::vector<std::string> lost; ///< ids of events that cannot be read
  /// At most so many more, whose ids cannot be read either. Where nothing says how many there were,
  /// `unknown` is set.
  std::uint64_t unnamed = 0;
  bool unknown = false;
  std::uint64_t found_again = 0; ///< events from pages that no table leads to
};

salvaged salvage(std::string_view file);

} // namespace spec_kitty
