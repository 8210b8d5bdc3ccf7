#include "tests/support/servers.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace spec_kitty::support {

raw_server::raw_server(std::string reply, int port) : reply_(std::move(reply)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(listener_, where, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, where, &size) != 0)
    throw std::runtime_error("no listening socket");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

raw_server::~raw_server() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

void raw_server::serve() {
  std::vector<int> silent;
  while (!stopping_) {
    pollfd ready{listener_, POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0)
      continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0)
      continue;
    ++connections_;
    if (reply_.empty()) {
      silent.push_back(connection);
      continue;
    }
    answer(connection);
    ::close(connection);
  }
  for (const int connection : silent)
    ::close(connection);
}

void raw_server::answer(int connection) const {
  std::string head;
  std::array<char, 4096> chunk{};
  const auto more = [&](int patience_ms) {
    pollfd ready{connection, POLLIN, 0};
    if (::poll(&ready, 1, patience_ms) <= 0)
      return false;
    const auto got = ::recv(connection, chunk.data(), chunk.size(), 0);
    if (got > 0)
      head.append(chunk.data(), static_cast<std::size_t>(got));
    return got > 0;
  };
  while (head.find("\r\n\r\n") == std::string::npos && more(2000)) {
  }
  ::send(connection, reply_.data(), reply_.size(), MSG_NOSIGNAL);
  ::shutdown(connection, SHUT_WR);
  while (more(2000)) { // until the peer has closed: a reset could overtake the reply
  }
}

std::string http_reply_text(const std::string& status, const std::string& headers,
                            const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

} // namespace spec_kitty::support
