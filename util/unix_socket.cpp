#include "util/unix_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace spec_kitty {

namespace {

struct address {
  sockaddr_un name{};
  unique_fd folder; ///< must stay open as long as the name is used

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

result<address> address_of(const std::filesystem::path& home, std::string_view name) {
  address at;
  at.folder = unique_fd(::open(home.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at.folder)
    return failure{errno == ENOENT ? ec::not_found : ec::store_unusable,
                   "cannot open the home " + home.string(),
                   {}};
  std::string path("/proc/self/fd/");
  path.append(std::to_string(at.folder.get())).append("/").append(name);
  at.name.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), at.name.sun_path);
  return at;
}

int type_of(socket_kind kind) {
  return (kind == socket_kind::stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
}

} // namespace

result<unique_fd> bind_in_home(const std::filesystem::path& home, std::string_view name,
                               socket_kind kind) {
  const auto at = address_of(home, name);
  if (!at)
    return at.error();
  unique_fd fd(::socket(AF_UNIX, type_of(kind), 0));
  const mode_t before = ::umask(0177); // no moment in which others could connect
  ::unlinkat(at->folder.get(), std::string(name).c_str(), 0);
  const bool bound = fd && ::bind(fd.get(), at->get(), sizeof at->name) == 0;
  const int error = errno;
  ::umask(before);
  if (!bound || (kind == socket_kind::stream && ::listen(fd.get(), 64) != 0))
    return system_failure(bound ? errno : error,
                          "cannot create the socket " + (home / name).string());
  return fd;
}

void remove_from_home(const std::filesystem::path& home, std::string_view name) {
  ::unlink((home / name).c_str());
}

result<unique_fd> connect_in_home(const std::filesystem::path& home, std::string_view name) {
  const auto at = address_of(home, name);
  if (!at)
    return at.error();
  unique_fd fd(::socket(AF_UNIX, type_of(socket_kind::stream), 0));
  if (!fd || ::connect(fd.get(), at->get(), sizeof at->name) != 0)
    switch (errno) {
    case EAGAIN:
      return failure{
          ec::unhealthy, "the daemon of " + home.string() + " is not accepting connections", {}};
    case ENOENT:
    case ECONNREFUSED:
      return failure{ec::not_found, "no daemon listens on the socket of " + home.string(), {}};
    default:
      return system_failure(errno, "cannot reach " + (home / name).string());
    }
  return fd;
}

delivery send_in_home(const std::filesystem::path& home, std::string_view name, char letter) {
  const auto at = address_of(home, name);
  if (!at)
    return delivery::nobody;
  const unique_fd fd(::socket(AF_UNIX, type_of(socket_kind::datagram), 0));
  if (fd &&
      ::sendto(fd.get(), &letter, 1, MSG_DONTWAIT | MSG_NOSIGNAL, at->get(), sizeof at->name) == 1)
    return delivery::taken;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? delivery::full
                                                                     : delivery::nobody;
}

result<socket_peer> peer_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return system_failure(errno, "cannot identify the process at the other end of a socket");
  return socket_peer{peer.pid, peer.uid};
}

bool wait_for(int fd, bool writable, std::chrono::milliseconds patience) {
  pollfd polled{fd, static_cast<short>(writable ? POLLOUT : POLLIN), 0};
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready > 0)
      return true;
    if (ready == 0 || errno != EINTR)
      return false;
  }
}

} // namespace spec_kitty
