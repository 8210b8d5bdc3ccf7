#include "util/files.hpp"

#include "util/file_bytes.hpp"
#include "util/fsync.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace file_detail {

std::string unfinished_name(const std::string& name) {
  return name + "." + std::to_string(::getpid()) + std::string(unfinished);
}

bool is_unfinished_name(std::string_view name, std::string_view of) {
  if (!name.starts_with(of) || !name.ends_with(unfinished) ||
      name.size() < of.size() + 2 + unfinished.size() || name[of.size()] != '.')
    return false;
  const auto owner = name.substr(of.size() + 1, name.size() - of.size() - 1 - unfinished.size());
  return owner.find_first_not_of("0123456789") == std::string_view::npos;
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// What to do about something that is not what belongs in its place.
std::string way_to_move_away(const fs::path& file) {
  const std::string name = file.string();
  for (const char* of_the_system : {"/dev/", "/proc/", "/sys/"})
    if (name.starts_with(of_the_system))
      return "name another file";
  return "move it away: mv " + shell_word(name) + " " + shell_word(name + ".old");
}

failure not_regular(const fs::path& file) {
  return {ec::store_unusable, file.string() + " is not a regular file", way_to_move_away(file)};
}

failure too_long(const fs::path& file, std::size_t limit) {
  return {ec::bad_input, file.string() + " is longer than " + std::to_string(limit) + " bytes",
          "no file of this kind is as large as that; " + way_to_move_away(file)};
}

result<std::optional<std::string>> read_all(int fd, const fs::path& file, std::size_t limit) {
  std::string bytes;
  std::array<char, 16384> chunk; // read() fills it
  for (;;) {
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return system_failure(errno, "cannot read " + file.string());
    if (got == 0)
      return std::optional<std::string>{std::move(bytes)};
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (bytes.size() > limit)
      return too_long(file, limit);
  }
}

result<std::optional<std::string>> read_opened(const result<unique_fd>& fd, const fs::path& file,
                                               std::size_t limit) {
  if (!fd)
    return fd.error();
  if (!*fd)
    return std::optional<std::string>{};
  struct stat found {};
  if (::fstat(fd->get(), &found) == 0 && static_cast<std::uint64_t>(found.st_size) > limit)
    return too_long(file, limit);
  return read_all(fd->get(), file, limit);
}

} // namespace file_detail

using file_detail::not_regular;
using file_detail::read_all;
using file_detail::too_long;
using file_detail::write_all;

int fsync_directory(const fs::path& folder) {
  const unique_fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::fsync(fd.get()) == 0 ? 0 : errno;
}

int fsync_parents(const fs::path& folder) {
  for (fs::path at = folder; at.has_relative_path();) {
    at = at.parent_path();
    const int error = fsync_directory(at.empty() ? "." : at);
    if (error != 0 && error != EACCES && error != EINVAL && error != EROFS && error != ENOTSUP)
      return error;
  }
  return 0;
}

unique_fd& unique_fd::operator=(unique_fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

unique_fd::~unique_fd() {
  if (fd_ >= 0)
    ::close(fd_);
}

failure system_failure(int error, const std::string& what) {
  const std::string text = what + ": " + std::strerror(error);
  switch (error) {
  case ENOSPC:
  case EDQUOT:
    return {ec::store_full, text, "free some disk space, then run the command again"};
  case EFBIG:
    return {ec::store_full, text,
            "raise the limit on file sizes (ulimit -f), then run the command again"};
  case EROFS:
  case EACCES:
  case EPERM:
    return {ec::store_unusable, text,
            "check the permissions and the owner of the path, or choose another folder: --home of "
            "spec-kitty, --state of spec-kitty-server"};
  default:
    return {ec::store_unusable, text,
            "check the path, or choose another folder: --home of spec-kitty, --state of "
            "spec-kitty-server"};
  }
}

failure input_failure(const failure& why) {
  return {ec::bad_input, why.message,
          why.code == ec::bad_input ? why.hint : "check the file and its permissions"};
}

result<unique_fd> open_regular(const fs::path& file, int flags, last_link link) {
  const int more = link == last_link::refuse ? O_NOFOLLOW : 0;
  unique_fd fd(::open(file.c_str(), flags | more | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
  if (!fd) {
    if ((flags & O_CREAT) == 0 && (errno == ENOENT || errno == ENOTDIR))
      return unique_fd{};
    if (errno == ELOOP && link == last_link::refuse)
      return failure{ec::store_unusable,
                     file.string() + " is a symbolic link, which is not followed here",
                     "put the file itself in its place"};
    if (errno != ENXIO && errno != EISDIR) // a FIFO or a socket; a folder
      return system_failure(errno,
                            ((flags & O_ACCMODE) == O_RDONLY ? "cannot read " : "cannot open ") +
                                file.string());
    return not_regular(file);
  }
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0)
    return system_failure(errno, "cannot open " + file.string());
  if (!S_ISREG(found.st_mode))
    return not_regular(file);
  return fd;
}

result<std::optional<std::string>> read_file(const fs::path& file, std::size_t limit) {
  return file_detail::read_opened(open_regular(file, O_RDONLY), file, limit);
}

result<std::optional<std::string>> read_private_file(const fs::path& file, std::size_t limit) {
  const auto fd = open_regular(file, O_RDONLY, last_link::refuse);
  if (!fd)
    return fd.error();
  if (!*fd)
    return std::optional<std::string>{};
  struct stat found {};
  if (::fstat(fd->get(), &found) != 0)
    return system_failure(errno, "cannot read " + file.string());
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return failure{ec::store_unusable,
                   file.string() + " can be changed by other users, so it is not used",
                   "chmod go-w " + shell_word(file.string())};
  return static_cast<std::uint64_t>(found.st_size) > limit ? too_long(file, limit)
                                                           : read_all(fd->get(), file, limit);
}

result<void> check_regular(const fs::path& file) {
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0 || S_ISREG(found.st_mode))
    return {};
  return not_regular(file);
}

result<std::optional<std::string>> read_input(const fs::path& file, std::size_t limit) {
  const unique_fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd && (errno == ENOENT || errno == ENOTDIR))
    return std::optional<std::string>{};
  if (!fd)
    return system_failure(errno, "cannot read " + file.string());
  return read_all(fd.get(), file, limit);
}

result<void> replace_file(const fs::path& file, std::string_view bytes, unsigned mode) {
  const fs::path fresh = file_detail::unfinished_name(file.string());
  ::unlink(fresh.c_str()); // left by a process of this number, or put there
  unique_fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd)
    return system_failure(errno, "cannot write " + file.string());
  int error = write_all(fd.get(), bytes);
  if (error == 0 && ::fsync(fd.get()) != 0)
    error = errno;
  if (error == 0 && ::rename(fresh.c_str(), file.c_str()) != 0)
    error = errno;
  if (error == 0)
    error = fsync_directory(file.parent_path());
  if (error == 0)
    return {};
  ::unlink(fresh.c_str());
  return system_failure(error, "cannot write " + file.string());
}

result<void> check_free_space(const fs::path& folder, std::uint64_t bytes) {
  struct statvfs info {};
  fs::path at = folder;
  while (::statvfs(at.c_str(), &info) != 0) {
    if (errno != ENOENT || !at.has_relative_path())
      return {};
    at = at.parent_path();
  }
  if (static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize >= bytes)
    return {};
  return failure{ec::store_full,
                 "less than " + std::to_string(bytes >> 10) + " KiB are free on the disk of " +
                     folder.string(),
                 "free some disk space, then run the command again"};
}

void remove_unfinished(const fs::path& file) {
  const std::string of = file.filename().string();
  std::error_code error;
  for (fs::directory_iterator at(file.parent_path(), error), end; !error && at != end;
       at.increment(error))
    if (file_detail::is_unfinished_name(at->path().filename().string(), of))
      ::unlink(at->path().c_str());
}

result<void> make_private_folder(const fs::path& folder) {
  struct stat found {};
  if (::stat(folder.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode))
      return {};
    return failure{ec::store_unusable, folder.string() + " exists and is not a folder",
                   file_detail::way_to_move_away(folder)};
  }
  if (const fs::path parent = folder.parent_path(); !parent.empty() && parent != folder)
    if (auto made = make_private_folder(parent); !made)
      return made;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return system_failure(errno, "cannot create the folder " + folder.string());
  // A store is only as durable as the names that lead to it. A parent that cannot be opened for
  // that (no read permission) does not prevent the store.
  if (fsync_directory(folder.has_parent_path() ? folder.parent_path() : ".") == EIO)
    return system_failure(EIO, "cannot create the folder " + folder.string());
  return {};
}

result<bool> poll_lock(int fd, std::chrono::milliseconds patience) {
  using namespace std::chrono;
  const auto deadline = steady_clock::now() + patience;
  auto pause = microseconds(50);
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return system_failure(errno, "cannot lock");
    if (steady_clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, microseconds(2000));
  }
  return true;
}

flock_hold::~flock_hold() {
  ::flock(fd_, LOCK_UN);
}

result<std::optional<file_lock>>
file_lock::take(const fs::path& file, std::chrono::milliseconds patience, unsigned mode) {
  auto fd = open_regular(file, O_RDWR | O_CREAT, last_link::refuse);
  return fd ? take_open(std::move(*fd), file, patience, mode) : fd.error();
}

result<std::optional<file_lock>> file_lock::take_open(unique_fd fd, const fs::path& file,
                                                      std::chrono::milliseconds patience,
                                                      unsigned mode) {
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && (info.st_mode & mode) != mode &&
      info.st_uid == ::geteuid() && info.st_nlink == 1)
    (void)::fchmod(fd.get(), (info.st_mode | mode) & 07777U); // made private, or by an older one
  const auto granted = poll_lock(fd.get(), patience);
  if (!granted)
    return failure{granted.error().code, granted.error().message + " " + file.string(), {}};
  if (!*granted)
    return std::optional<file_lock>{};
  return std::optional<file_lock>{file_lock(std::move(fd))};
}

} // namespace spec_kitty
