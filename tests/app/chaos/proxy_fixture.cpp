#include "tests/app/chaos/proxy_fixture.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

using instant = std::chrono::steady_clock::time_point;

sockaddr_in loopback(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

bool readable(int socket, std::chrono::milliseconds patience) {
  pollfd polled{socket, POLLIN, 0};
  return ::poll(&polled, 1, static_cast<int>(std::max<long>(0, patience.count()))) > 0;
}

/// Appends what there is; 0 at the end, -1 at a reset.
ssize_t read_some(int socket, std::string& into) {
  std::array<char, 4096> buffer;
  const auto got = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (got > 0)
    into.append(buffer.data(), static_cast<std::size_t>(got));
  return got;
}

void write_all(int socket, const std::string& bytes) {
  [[maybe_unused]] const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

} // namespace

bare_server::bare_server(std::string reply) : reply_(std::move(reply)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the bare server cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

bare_server::~bare_server() {
  stopping_ = true;
  thread_.join();
  for (auto& talk : talks_)
    talk.join();
  ::close(listener_);
}

std::vector<std::string> bare_server::requests() const {
  const std::lock_guard held(mutex_);
  return requests_;
}

std::vector<std::string> bare_server::frames() const {
  const std::lock_guard held(mutex_);
  return frames_;
}

void bare_server::serve() {
  while (!stopping_) {
    if (!readable(listener_, std::chrono::milliseconds(10)))
      continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    talks_.emplace_back([this, socket] { talk(socket); });
  }
}

void bare_server::talk(int socket) {
  std::string in;
  bool answered = false;
  while (!stopping_) {
    if (!readable(socket, std::chrono::milliseconds(10)))
      continue;
    const bool ended = read_some(socket, in) <= 0;
    const std::lock_guard held(mutex_);
    if (!answered && (ended || first_message(in))) {
      requests_.push_back(std::exchange(in, {}));
      write_all(socket, reply_);
      answered = true;
    }
    for (auto frame = first_frame(in); answered && frame; frame = first_frame(in)) {
      in.erase(0, frame->raw.size());
      frames_.push_back(frame->payload);
      write_all(socket, frame_bytes(ws_frame::text, "re:" + frame->payload));
    }
    if (ended)
      break;
  }
  ::close(socket);
}

bare_client::bare_client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto address = loopback(port);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("the bare client cannot connect");
}

bare_client::~bare_client() {
  ::close(socket_);
}

void bare_client::say(const std::string& bytes) {
  write_all(socket_, bytes);
}

std::string bare_client::hear(std::size_t bytes, std::chrono::milliseconds patience) {
  const instant until = std::chrono::steady_clock::now() + patience;
  std::string out = std::exchange(extra_, {});
  while (out.size() < bytes) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !readable(socket_, left) || read_some(socket_, out) <= 0)
      break;
  }
  return out;
}

seen_end bare_client::look(std::chrono::milliseconds patience) {
  const instant until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    if (!readable(socket_, std::chrono::milliseconds(5)))
      continue;
    const auto got = read_some(socket_, extra_);
    if (got == 0)
      return seen_end::closed;
    if (got < 0)
      return errno == ECONNRESET ? seen_end::reset : seen_end::closed;
  }
  return seen_end::open;
}

} // namespace spec_kitty::chaos
