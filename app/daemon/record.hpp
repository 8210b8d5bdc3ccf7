// daemon.json: what a home's daemon last said of itself. It is for words only ("Sync stopped 3 days
// ago"): whether a daemon runs is told by its lock and its sockets, and nobody is ever signalled
// because of what stands in a file. JSON both ways is pure.
#pragma once

#include "actors/queue/process_mark.hpp"
#include "messages/connection.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// How a daemon's life ended.
enum class daemon_end {
  none,        ///< it runs, or it was killed without a word
  stopped,     ///< `sync daemon stop`, or Ctrl-C
  handed_over, ///< to a newer version
  idle,        ///< sync.daemon_idle_s
  signalled,   ///< SIGTERM from outside
  failed,
};
std::string_view to_string(daemon_end end);

struct daemon_record {
  process_mark who;
  std::string version;
  epoch_us since = 0; ///< start, or end where it has ended
  daemon_end end = daemon_end::none;
  std::string why;        ///< of an end, in words
  epoch_us last_sign = 0; ///< when the file was last touched: of a killed one, about its end
  connection_status connection;
};

std::string render_record(const daemon_record& record);
/// Nothing where the text is no such record.
std::optional<daemon_record> parse_record(std::string_view json);

/// Nothing where there is none, or one that cannot be read: it is only for words.
std::optional<daemon_record> read_record(const std::filesystem::path& home);
/// Replaced as a whole, mode 0600, not synced: after a power cut an older one is good enough.
result<void> write_record(const std::filesystem::path& home, const daemon_record& record);

/// A sign of life: the file's time becomes now. Best effort.
void touch_record(const std::filesystem::path& home);

/// True when a daemon should run here and, by its record, does not: it has not ended as a person
/// or the settings wanted. Only asked where nobody answers the doorbell.
bool should_run(const daemon_record& record);

} // namespace spec_kitty
