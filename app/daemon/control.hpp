// Control of a running daemon: newline JSON over a socket in its home.
//
//   {"op":"hello"}                      identity: pid, start_time, boot, home, version, since
//   {"op":"status"}                     the same, the connection, and how far a run is
//   {"op":"watch"}                      a status, then a line per notice until the client hangs up
//   {"op":"watch","after":n,"log":"…"?} the same; events of others from that number on
//   {"op":"stop"}                       it finishes the batch in flight and ends
//   {"op":"hand_over","version":"…"}    it ends if that version is newer than its own
//
// Every reply is one object with `ok`; a refusal has `error`. Both sides ask
// the kernel for the process at the other end: the daemon serves its own user and root, the client
// trusts a daemon only when the process that listens is the process that answers.
#pragma once

#include "actors/queue/process_mark.hpp"
#include "app/daemon/drain_meter.hpp"
#include "app/home/log_reader.hpp"
#include "messages/connection.hpp"
#include "util/json.hpp"
#include "util/unix_socket.hpp"

#include <optional>
#include <string>

namespace spec_kitty {

/// How long a local answer may take.
inline constexpr std::chrono::milliseconds control_patience{1000};
/// Longest line of the protocol, either way, but for watch.
inline constexpr std::size_t max_control_line_bytes = std::size_t{64} << 10;

/// Identifies a folder by its inode: a path may contain links, or bytes that JSON cannot hold.
struct folder_mark {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  /// All zero if the folder does not exist.
  static folder_mark of(const std::filesystem::path& folder);
  bool operator==(const folder_mark&) const = default;
};

/// What a daemon reports about itself.
struct daemon_identity {
  process_mark process;
  folder_mark home;
  std::string version;
  epoch_us since = 0;
  std::optional<connection_status> connection; ///< in a status
  std::optional<drain_progress> drain;         ///< in a status, while a run is under way
  std::optional<log_place> heard; ///< in the reply to a watch: events from here on follow
};

std::string render_identity(const daemon_identity& daemon);
std::optional<daemon_identity> parse_identity(const json_value& reply);

/// True when version `a` (`1.2.3`) comes after `b`.
bool is_newer_version(std::string_view a, std::string_view b);

/// A connection to the daemon of a home.
class control_client {
public:
  /// not_found when no process listens; unhealthy when no reply comes in time, or one that is not
  /// from this home's daemon.
  static result<control_client> connect(const std::filesystem::path& home,
                                        std::chrono::milliseconds patience = control_patience);

  const daemon_identity& daemon() const { return identity_; }

  /// One request, one reply: the object, or the failure it holds.
  result<json_document> ask(std::string_view request,
                            std::chrono::milliseconds patience = control_patience);
  /// The next line, of a watch; transport when the daemon is gone, not_found when patience ends.
  result<std::string> next_line(std::chrono::milliseconds patience);
  int descriptor() const { return fd_.get(); }

private:
  explicit control_client(unique_fd fd) : fd_(std::move(fd)) {}
  result<void> send(std::string_view line, std::chrono::milliseconds patience);

  unique_fd fd_;
  std::string in_;
  daemon_identity identity_;
};

} // namespace spec_kitty
