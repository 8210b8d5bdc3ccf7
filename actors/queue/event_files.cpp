#include "actors/queue/event_files.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace spec_kitty {

namespace {

/// The number in `<id>-<number><suffix>`; 0 for any other name.
std::uint64_t events_in_name(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix))
    return 0;
  name.remove_suffix(suffix.size());
  const auto dash = name.rfind('-');
  std::uint64_t number = 0;
  if (dash != std::string_view::npos)
    std::from_chars(name.data() + dash + 1, name.data() + name.size(), number);
  return number;
}

} // namespace

std::string event_file_name(std::string_view id, std::size_t events, std::string_view suffix) {
  return std::string(id).append("-").append(std::to_string(events)).append(suffix);
}

std::vector<event_file> event_files(const std::filesystem::path& folder, std::string_view suffix) {
  std::vector<event_file> found;
  std::error_code ignored; // of a folder that does not exist
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (const auto events = events_in_name(entry.path().filename().string(), suffix); events > 0)
      found.push_back({entry.path(), events});
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

} // namespace spec_kitty
