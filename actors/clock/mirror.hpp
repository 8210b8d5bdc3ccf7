// clock.json: the Lamport clock where people and scripts can read it.
//
// A mirror, never the authority: the counter is a row of the store. Written after commits, best
// effort, by exchanging a finished spare with the visible file, so that it is never torn (3 µs
// against 1 ms for fsync + rename). Its value only rises: a slower process that committed earlier
// does not overwrite a newer value. Source: docs/protocol.md, Clocks.
#pragma once

#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// The content of clock.json.
struct clock_mirror {
  std::uint64_t value = 0;
  std::string node_id;
  epoch_us updated_at = 0;
};

/// `{"value":…,"node_id":…,"updated_at":…}`, indented for people, with a final newline.
std::string render_mirror(const clock_mirror& mirror);

/// Nothing when the text is not a mirror: torn, edited, absurd.
std::optional<clock_mirror> parse_mirror(std::string_view text);

/// The value a store should merge because its mirror is ahead of it (the store was lost or
/// restored): only from the same node, only when larger. Nothing otherwise.
std::optional<std::uint64_t> value_to_recover(const std::optional<clock_mirror>& mirror,
                                              std::uint64_t store_value, std::string_view node_id);

/// The mirror in this home; nothing when it is missing or unreadable.
std::optional<clock_mirror> read_mirror(const std::filesystem::path& home);

/// Writes the mirror unless the file already shows a value at least as large from this node.
/// A failure changes nothing but the mirror's age.
result<void> write_mirror(const std::filesystem::path& home, const clock_mirror& mirror);

} // namespace spec_kitty
