// Files of events beside the store: `<id>-<number of events><suffix>`. Ids rise, so the order of
// names is the order of time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct event_file {
  std::filesystem::path path;
  std::uint64_t events = 0; ///< as its name says
};

std::string event_file_name(std::string_view id, std::size_t events, std::string_view suffix);

/// The folder's files with such a name, oldest first. Empty where the folder does not exist.
std::vector<event_file> event_files(const std::filesystem::path& folder, std::string_view suffix);

} // namespace spec_kitty
