// daemon.json: what a home's daemon last reported about itself, for messages only ("Sync stopped 3
// days ago"). Whether a daemon runs is decided by its lock and its sockets, and no process gets a
// signal only because a file names it. Rendering and parsing are pure.
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
  none,        ///< it runs, or it was killed
  stopped,     ///< `sync daemon stop`, or Ctrl-C
  handed_over, ///< to a newer version
  idle,        ///< sync.daemon_idle_s
  signalled,   ///< SIGTERM from outside
  failed,
};
std::string_view to_string(daemon_end end);

struct daemon_record {
  process_mark process;
  std::string version;
  epoch_us since = 0; ///< start, or end where it has ended
  daemon_end end = daemon_end::none;
  std::string why;        ///< reason of the end, for a person
  epoch_us last_sign = 0; ///< when the file was last touched; of a killed daemon about its end
  connection_status connection;
};

std::string render_record(const daemon_record& record);
/// Nothing if the text is not such a record.
std::optional<daemon_record> parse_record(std::string_view json);

/// Nothing if the file is missing or cannot be read.
std::optional<daemon_record> read_record(const std::filesystem::path& home);
/// Replaced as a whole, mode 0600, not synced: after a power cut an older record is good enough.
result<void> write_record(const std::filesystem::path& home, const daemon_record& record);

/// A sign of life: the file's time becomes now. Best effort.
void touch_record(const std::filesystem::path& home);

/// True when, by its record, the daemon did not end because a person or the settings wanted it. To
/// be asked only when no process answers the doorbell.
bool should_run(const daemon_record& record);

} // namespace spec_kitty
