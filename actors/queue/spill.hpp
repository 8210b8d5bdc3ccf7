// Spill files: events recorded while the store could not be used. Each burst is one file in the
// home's `spill` folder, written as a whole (temporary name, fsync, rename), one event per line
// behind a checksum. The next opener of the store takes them in.
//
//   <CRC-32 of the JSON, 8 hex digits> <JSON>\n
#pragma once

#include "actors/queue/event_files.hpp"
#include "messages/event.hpp"
#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// An event that waits outside the store. Validated already.
struct spilled_event {
  event_draft draft;
  epoch_us recorded_at = 0;
  std::string event_id; ///< where a commit's outcome is unknown: the id it would have; else empty
};

/// What a spill file holds.
struct spill_content {
  std::vector<spilled_event> events;
  std::uint64_t damaged = 0; ///< lines whose checksum or form is wrong
};

std::string render_spill(std::span<const spilled_event> events);
spill_content parse_spill(std::string_view text);

/// What a spill file holds, read in pieces; nothing while it cannot be read, or is not a file of at
/// most 1 GiB. A line of more than 64 MiB is damaged.
std::optional<spill_content> read_spill(const std::filesystem::path& file);

/// Writes one file, durably: the events are recorded when it succeeds.
result<void> write_spill(const std::filesystem::path& home, std::span<const spilled_event> events,
                         epoch_us now);

/// The files that wait to be taken in, oldest first.
std::vector<event_file> spill_files(const std::filesystem::path& home);

/// Files set aside because some of their lines were damaged.
std::vector<std::filesystem::path> damaged_spill_files(const std::filesystem::path& home);

/// A file whose good lines are in the store: removed, or set aside when lines were damaged.
void retire_spill(const std::filesystem::path& file, bool damaged);

} // namespace spec_kitty
