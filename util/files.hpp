// Small files done safely: bounded reads, atomic replacement, advisory locks with a bounded wait.
#pragma once

#include "util/result.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// A file descriptor that is closed once.
class unique_fd {
public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept;
  unique_fd(const unique_fd&) = delete;
  unique_fd& operator=(const unique_fd&) = delete;
  ~unique_fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_ = -1;
};

/// The failure of a file that a person or a repository names, not the home: bad_input, and a hint
/// that does not speak of another home.
failure input_failure(const failure& why);

/// The words for an errno value, with `ENOSPC`, `EROFS`, `EACCES` and the like mapped to the code
/// that carries the right exit status.
failure system_failure(int error, const std::string& what);

/// Whether the last name of a path may be a symbolic link.
enum class last_link { follow, refuse };

/// Opens a file in whose place something else may have been put: the open never waits, as it would
/// for the other end of a FIFO, makes no terminal the controlling one, and is not passed on to a
/// child. What O_CREAT makes is private. A failure for everything but a regular file. Without
/// O_CREAT, an empty descriptor says that the file does not exist.
result<unique_fd> open_regular(const std::filesystem::path& file, int flags,
                               last_link link = last_link::follow);

/// The whole file, which must be a regular one; nothing when it does not exist; a failure when it
/// cannot be read or is longer than `limit` bytes.
result<std::optional<std::string>> read_file(const std::filesystem::path& file,
                                             std::size_t limit = std::size_t{1} << 20);

/// A file that this user alone may change: a failure, with the command for it, when others may
/// write it; also for a symbolic link.
result<std::optional<std::string>> read_private_file(const std::filesystem::path& file,
                                                     std::size_t limit = std::size_t{1} << 20);

/// store_unusable unless the path is a regular file, or nothing.
result<void> check_regular(const std::filesystem::path& file);

/// A file that a person names: a pipe or a terminal may be meant, and is waited for.
result<std::optional<std::string>> read_input(const std::filesystem::path& file, std::size_t limit);

/// Replaces a file as a whole: temporary file beside it, fsync, rename, fsync of the folder. On
/// failure the old file stands as it was.
result<void> replace_file(const std::filesystem::path& file, std::string_view bytes,
                          unsigned mode = 0600);

/// store_full when less than `bytes` are free on the disk of a folder, or of the nearest one above
/// it that exists. Without an answer from the system it succeeds.
result<void> check_free_space(const std::filesystem::path& folder, std::uint64_t bytes);

/// Removes the temporary files of replacements of this file that were interrupted, so that no
/// secret outlives its file. The caller holds the lock under which every replacement is made.
void remove_unfinished(const std::filesystem::path& file);

/// Makes a private folder (0700) and its parents. Existing folders stay as they are.
result<void> make_private_folder(const std::filesystem::path& folder);

/// An advisory lock (flock) on a file of its own. Freed on destruction or death.
class file_lock {
public:
  /// Waits at most `patience`; nothing when another process still holds the lock then.
  /// `mode`: of the file; one of this user's that has less gets it, so that others can lock too.
  static result<std::optional<file_lock>>
  take(const std::filesystem::path& file, std::chrono::milliseconds patience, unsigned mode = 0600);
  /// The same on a file that is open for reading and writing; `file` is its name in messages.
  static result<std::optional<file_lock>> take_open(unique_fd fd, const std::filesystem::path& file,
                                                    std::chrono::milliseconds patience,
                                                    unsigned mode = 0600);

private:
  explicit file_lock(unique_fd fd) : fd_(std::move(fd)) {}
  unique_fd fd_;
};

/// Polls flock(LOCK_EX) on an open descriptor until it is granted or patience ends. The wait
/// between tries grows from 50 µs to 2 ms, so that a short hold costs a short wait.
result<bool> poll_lock(int fd, std::chrono::milliseconds patience);

/// Releases a lock that poll_lock granted at the end of a scope; the descriptor stays open.
class flock_hold {
public:
  explicit flock_hold(int fd) : fd_(fd) {}
  ~flock_hold();
  flock_hold(const flock_hold&) = delete;
  flock_hold& operator=(const flock_hold&) = delete;

private:
  int fd_;
};

} // namespace spec_kitty
