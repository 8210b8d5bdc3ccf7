// One daemon per home: an flock on `daemon.lock`, held for the daemon's life and freed by the
// kernel however it ends. Only its holder writes or removes the daemon's other files. The time of
// the lock file is the last attempt of an autostart.
#pragma once

#include "util/files.hpp"

#include <string>

namespace spec_kitty {

/// The file whose lock a home's daemon holds.
std::filesystem::path daemon_lock(const std::filesystem::path& home);

class home_lock {
public:
  /// Waits at most `patience`; nothing when another process still holds it then. Creates the file
  /// if it is missing, but not the home.
  static result<std::optional<home_lock>> take(const std::filesystem::path& home,
                                               std::chrono::milliseconds patience);
  /// True while this file is still the home's lock: neither it nor the home was removed, moved away
  /// or replaced, so no other daemon can have started there.
  bool is_current() const;

private:
  home_lock(std::filesystem::path file, unique_fd fd)
      : file_(std::move(file)), fd_(std::move(fd)) {}
  std::filesystem::path file_;
  unique_fd fd_;
};

/// Takes it for a daemon. While it is held and no process listens, the holder is about to end, or a
/// `stop` is only checking the lock: waits for it.
result<std::optional<home_lock>> take_daemon_lock(const std::filesystem::path& home);

/// ` (process 17)`: the process that holds it and listens; empty where that is not known.
std::string daemon_lock_holder(const std::filesystem::path& home);

} // namespace spec_kitty
