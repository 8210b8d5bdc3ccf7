// The home's `overflow` folder: events that made room for newer ones, kept for `events import`.
// Files: <id of the first event>-<number of events>.jsonl.gz, one event object per line.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct overflow_file {
  std::filesystem::path path;
  std::uint64_t events = 0; ///< as its name says
};

/// Writes one file, durably; the same events again give the same file.
result<void> write_overflow(const std::filesystem::path& home, std::string_view first_id,
                            std::size_t events, std::string_view lines);

/// What lies there and was not imported yet, oldest first. Empty where there is no such folder.
std::vector<overflow_file> overflow_files(const std::filesystem::path& home);

/// Moves a file that was imported as a whole to `overflow/imported`. Nothing for other files.
result<void> note_imported(const std::filesystem::path& home, const std::filesystem::path& file);

} // namespace spec_kitty
