// Every event that the dev-server accepted, durable before the reply is sent.
//
// The file is append-only: one event per line, compact JSON exactly as received, in arrival
// order. A batch is one write and one fdatasync. When the file is opened, what
// follows the last newline is cut off: it was never answered with `success`, so the client sends it
// again.
// In memory are only the ids (to know a duplicate), where each team's lines are, and the highest
// Lamport value; all three are read back from the file.
#pragma once

#include "app/dev_server/state_dir.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace spec_kitty::dev_server {

/// One event to be kept; the views stay the caller's.
struct log_entry {
  std::string event_id;
  std::string team_slug;
  std::uint64_t lamport_clock = 0;
  std::string_view line; ///< compact JSON, no newline
};

class event_log {
public:
  /// Opens or makes the file. store_corrupt when a whole line is not an event, store_unusable when
  /// it cannot be read or written.
  static result<event_log> open(const std::filesystem::path& path);

  /// Appends all entries durably, or none: after a failure the file is as it was before.
  /// No entry may be known already.
  result<void> append(const std::vector<log_entry>& entries);

  bool knows(const std::string& event_id) const { return ids_.contains(event_id); }
  std::size_t size() const { return ids_.size(); }

  /// Highest lamport_clock of all kept events; 0 when the log is empty.
  std::uint64_t highest_lamport() const { return highest_lamport_; }

  /// A team's events in arrival order, joined by commas: the inside of a JSON list.
  result<std::string> events_of(const std::string& team_slug) const;

  /// Every kept event in arrival order of its team: the team and the line. Best effort: what cannot
  /// be read is left out.
  void each(const std::function<void(const std::string&, std::string_view)>& visit) const;

private:
  /// Neighbouring lines of one team: where in the file, newline included.
  struct extent {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };

  event_log(std::filesystem::path path, file_descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  result<void> recover();
  void remember(const log_entry& entry);

  std::filesystem::path path_;
  file_descriptor file_;
  std::uint64_t size_bytes_ = 0;
  bool broken_ = false; ///< a failed append could not be cut off again: no append until restart
  std::uint64_t highest_lamport_ = 0;
  std::unordered_set<std::string> ids_;
  std::map<std::string, std::vector<extent>> by_team_;
};

} // namespace spec_kitty::dev_server
