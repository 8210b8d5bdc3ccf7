// The journal of delivered events, written after the settlement that removed them
// (config/journal.hpp reads it). Best effort: the events are at the server, so nothing waits for
// the journal, and what could not be written is missing from it. Processes of one home write in
// turn.
#pragma once

#include "config/journal.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty {

/// An event that a settlement has removed because the server has it.
struct settled_event {
  std::string json;          ///< as it was sent
  bool known_before = false; ///< the server had it already
};

class journal_writer {
public:
  /// `keep` events at least, and fewer than a file more; 0: the journal is removed. `server`: the
  /// URL of the one that took them.
  journal_writer(std::filesystem::path home, std::uint64_t keep, std::string server);

  /// Adds the events and removes the oldest files that are too many. A failure says why some, or
  /// all of them, are missing.
  result<void> add(const std::vector<settled_event>& events, epoch_us now);

private:
  /// The file that is written next, and what it holds.
  struct place {
    std::uint64_t first = 0;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0; ///< of its lines
    std::uint64_t size = 0;  ///< of the file
  };

  bool is_full(const place& at) const;
  place current() const;
  result<void> append(place& at, const std::string& lines) const;
  void remove_old(std::uint64_t next) const;

  std::filesystem::path home_;
  std::uint64_t keep_;
  std::uint64_t file_events_;
  std::string server_;
  place last_; ///< as this process left it
};

} // namespace spec_kitty
