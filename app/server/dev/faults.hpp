// How a server for trying out misbehaves when a test asks it to. Without `--dev` none of it is
// there.
#pragma once

#include "util/json.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace spec_kitty::server::dev {

struct fault_rules {
  unsigned pending_first = 0;         ///< how often each event is answered `pending`
  std::set<std::string> reject_types; ///< event types answered `error`
  std::string note_kept; ///< a file: every event that is kept is appended to it; empty: none

  int refuse_status = 0;           ///< every upgrade is answered with it; 0: none
  bool snapshot = true;            ///< false: no snapshot is sent
  std::size_t snapshot_bytes = 0;  ///< the snapshot is padded to this size
  bool ignore_events = false;      ///< what comes over a WebSocket is passed over
  bool ack = true;                 ///< false: events are kept and never answered
  bool ack_by_echo = false;        ///< the event itself comes back in place of an ack
  bool stall = false;              ///< nothing that comes over a WebSocket is taken
  long cut_every_ms = 0;           ///< a WebSocket is cut after this time; 0: never
  unsigned close_after_events = 0; ///< a WebSocket is closed after this many; 0: never
  std::uint16_t close_code = 1001;

  /// Whether events have to be looked at one by one.
  bool looks_at_events() const {
    return pending_first > 0 || !reject_types.empty() || !note_kept.empty();
  }
};

/// An event that does not get to the server.
struct held_event {
  std::string status;  ///< `pending` or `error`
  std::string message; ///< of `error`
};

/// What the rules say of single events. From any thread.
class event_faults {
public:
  explicit event_faults(const fault_rules& rules) : rules_(rules) {}

  /// Nothing: the event is passed on to the server.
  std::optional<held_event> judge(const json_value& event);

private:
  static constexpr std::size_t max_pending = 100'000;

  const fault_rules& rules_;
  std::mutex guard_;
  std::map<std::string, unsigned> times_pending_; ///< by event_id, until it is passed on
};

/// A file with every event that was kept, one in a line, as it was when its answer went out.
class kept_file {
public:
  /// Empty: nothing is noted. Throws std::system_error where the file cannot be opened.
  explicit kept_file(const std::string& file);
  ~kept_file();
  kept_file(const kept_file&) = delete;
  kept_file& operator=(const kept_file&) = delete;

  bool is_open() const { return file_ >= 0; }
  /// Lines, each with its line break.
  void note(std::string_view lines);

private:
  int file_ = -1;
  std::mutex guard_;
};

} // namespace spec_kitty::server::dev
