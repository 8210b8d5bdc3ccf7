#include "app/daemon/lock.hpp"

#include "util/unix_socket.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds leaving_patience{6}; ///< for a daemon that is about to end

bool is_at(int fd, const fs::path& file) {
  struct stat held {};
  struct stat found {};
  return ::fstat(fd, &held) == 0 && ::stat(file.c_str(), &found) == 0 &&
         held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

} // namespace

fs::path daemon_lock(const fs::path& home) {
  return home / "daemon.lock";
}

result<std::optional<home_lock>> home_lock::take(const fs::path& home,
                                                 std::chrono::milliseconds patience) {
  const fs::path file = daemon_lock(home);
  for (;;) {
    auto fd = open_regular(file, O_RDWR | O_CREAT, last_link::refuse);
    if (!fd)
      return fd.error();
    const auto granted = poll_lock(fd->get(), patience);
    if (!granted)
      return failure{granted.error().code, granted.error().message + " " + file.string(), {}};
    if (!*granted)
      return std::optional<home_lock>{};
    if (is_at(fd->get(), file)) // else the file was replaced during the wait: try the new one
      return std::optional<home_lock>{home_lock(file, std::move(*fd))};
  }
}

bool home_lock::is_current() const {
  return is_at(fd_.get(), file_);
}

std::string daemon_lock_holder(const fs::path& home) {
  const auto socket = connect_in_home(home, control_socket);
  const auto peer = socket ? peer_of(socket->get()) : result<socket_peer>(socket.error());
  return peer ? " (process " + std::to_string(peer->pid) + ")" : "";
}

result<std::optional<home_lock>> take_daemon_lock(const fs::path& home) {
  using steady = std::chrono::steady_clock;
  const auto until = steady::now() + leaving_patience;
  for (;;) {
    auto lock = home_lock::take(home, std::chrono::milliseconds(20));
    if (!lock || *lock || connect_in_home(home, control_socket) || steady::now() >= until)
      return lock;
  }
}

} // namespace spec_kitty
