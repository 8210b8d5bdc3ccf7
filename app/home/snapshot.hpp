// One look at everything a status shows: session, queue, server. Every surface that reports a
// number takes it from here, so that no two of them disagree. Reads only.
#pragma once

#include "app/home/home_view.hpp"
#include "messages/queue.hpp"
#include "util/json.hpp"

#include <optional>

namespace spec_kitty {

/// How far the session carries right now.
enum class session_state { logged_out, expired, authenticated };
std::string_view to_string(session_state state);

struct snapshot {
  bool home_exists = false;
  epoch_us taken_at = 0;
  std::optional<credentials> session;
  std::string session_problem; ///< why the credentials file cannot be read
  session_state session_is = session_state::logged_out;
  queue_stats queue;
  std::uint64_t queued = 0; ///< due for the session's team, or for any team when logged out
  std::uint64_t leased = 0;
  std::uint64_t held = 0;       ///< `local`, other teams', forbidden by the server, opted out
  std::uint64_t spilled = 0;    ///< recorded beside the store, to be taken in
  std::uint64_t overflowed = 0; ///< moved out to make room, importable
  std::optional<std::uint64_t> oldest_age_s;
};

/// What is known where the store cannot be read: the session, and what lies beside the store.
snapshot snapshot_without_store(const home_view& view);

/// Zeros where the home does not exist; a failure where the store cannot be read.
result<snapshot> take_snapshot(const home_view& view);

/// Writes a number of seconds, or null.
void write_age(json_writer& out, std::string_view name, const std::optional<std::uint64_t>& age);

/// Writes an instant in RFC 3339, or null where it is 0.
void write_instant(json_writer& out, std::string_view name, epoch_us instant);

} // namespace spec_kitty
