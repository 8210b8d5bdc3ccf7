#include "app/server/admin/notify.hpp"

#include "util/files.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace spec_kitty::server {

void notify_service_manager(std::string_view state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr)
    return;
  const std::string_view path(name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool usable = path.size() > 1 && (path.front() == '/' || path.front() == '@');
  if (!usable || path.size() >= sizeof address.sun_path)
    return;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (path.front() == '@') // an abstract name
    address.sun_path[0] = '\0';
  const unique_fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (fd)
    (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), size);
}

} // namespace spec_kitty::server
