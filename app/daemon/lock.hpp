// One daemon per home: an flock on `daemon.lock`, held for the daemon's life and freed by the
// kernel however it ends. Whoever holds it owns the daemon's other files; nobody else writes or
// removes one of them. The lock's own time says when an autostart was tried last.
#pragma once

#include "util/files.hpp"

namespace spec_kitty {

/// The file whose lock a home's daemon holds.
std::filesystem::path daemon_lock(const std::filesystem::path& home);

class home_lock {
public:
  /// Waits at most `patience`; nothing when another process still holds it then. Makes the file
  /// where it is missing, not the home.
  static result<std::optional<home_lock>> take(const std::filesystem::path& home,
                                               std::chrono::milliseconds patience);
  /// True as long as the home's lock is this one: neither it nor the home was removed, moved away
  /// or replaced, so that no other daemon can have begun there.
  bool stands() const;

private:
  home_lock(std::filesystem::path file, unique_fd fd)
      : file_(std::move(file)), fd_(std::move(fd)) {}
  std::filesystem::path file_;
  unique_fd fd_;
};

} // namespace spec_kitty
