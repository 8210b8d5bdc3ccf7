// The journal: the events that a server has taken, kept in the home for people. Reading it changes
// nothing and takes no lock.
//
//   journal/000000012000.jsonl.gz    the 12000th event of this home and those behind it, a JSON
//                                    object in each line; gzip, one member for each settlement
//
// It is best effort, written after the settlement (actors/queue/journal_writer.hpp), and holds
// about the last sync.keep_delivered events. A file that is damaged, or not ours, is passed
// over and named. Source: docs/cli.md, The journal.
#pragma once

#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

inline constexpr std::string_view journal_folder = "journal";
inline constexpr std::uint64_t journal_file_events = 1000; ///< a file has no more

/// An event that left the queue.
struct delivered_event {
  epoch_us delivered_at = 0; ///< when the server's answer was settled
  std::string server;        ///< the URL it was sent to
  bool known_before = false; ///< the server answered `duplicate`
  std::string json;          ///< the event as it was sent, an object in one line
};

/// A file of the journal, by its name.
struct journal_file {
  std::filesystem::path path;
  std::uint64_t first = 0; ///< the place of its first event, counted from 1
};

/// The files, oldest first. None where there is no journal.
std::vector<journal_file> journal_files(const std::filesystem::path& home);
/// The path of the file whose first event has that place.
std::filesystem::path journal_path(const std::filesystem::path& home, std::uint64_t first);

/// What one file holds.
struct journal_content {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0; ///< of its lines
  /// Why it cannot be read further, or how many lines were passed over; empty: neither.
  std::string problem;
  bool cut_short = false; ///< that is the problem: the file ends in the middle of an event
  bool stopped = false;   ///< `visit` returned false
};

/// Visits the events of a file until `visit` returns false. At most 256 MiB of text are read.
journal_content read_journal_file(const std::filesystem::path& file,
                                  const std::function<bool(const delivered_event&)>& visit);

/// Visits the delivered events, oldest first, until `visit` returns false. What could not be read:
/// a sentence for each file.
std::vector<std::string> read_journal(const std::filesystem::path& home,
                                      const std::function<bool(const delivered_event&)>& visit);

/// The lines of events that were settled together: all but the event is the same in each.
class journal_lines {
public:
  journal_lines(epoch_us delivered_at, std::string_view server);
  /// Appends an event's line, with its line break; `json` as in delivered_event.
  void append(std::string& to, bool known_before, std::string_view json) const;

private:
  std::string begin_accepted_;
  std::string begin_duplicate_;
};

} // namespace spec_kitty
