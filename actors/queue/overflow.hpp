// The home's `overflow` folder: events evicted in favour of newer ones, kept for `events import`.
// Files: <id of the first event>-<number of events>.jsonl.gz, one event object per line.
#pragma once

#include "actors/queue/event_files.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// Writes one file, durably; the same events again give the same file.
result<void> write_overflow(const std::filesystem::path& home, std::string_view first_id,
                            std::size_t events, std::string_view lines);

/// The files that were not imported yet, oldest first.
std::vector<event_file> overflow_files(const std::filesystem::path& home);

/// Moves a file that was imported as a whole to `overflow/imported`. Other files stay where they
/// are.
result<void> note_imported(const std::filesystem::path& home, const std::filesystem::path& file);

} // namespace spec_kitty
