#include "app/server/admin/admin_socket.hpp"

#include "util/unix_socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

namespace spec_kitty::server {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;
using admin_clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds stop_poll{100};
constexpr std::chrono::milliseconds line_patience{5000};
/// A backup or a check of a large store takes its time.
constexpr std::chrono::milliseconds reply_patience{4h};

std::chrono::milliseconds time_until(admin_clock::time_point end) {
  return std::max(0ms,
                  std::chrono::duration_cast<std::chrono::milliseconds>(end - admin_clock::now()));
}

/// A line without its end; nothing when the peer is silent, ends, or sends more.
std::optional<std::string> read_admin_line(int fd, std::size_t limit,
                                           std::chrono::milliseconds patience) {
  const auto end = admin_clock::now() + patience;
  std::string line;
  std::array<char, 65536> chunk{};
  while (wait_for(fd, false, time_until(end))) {
    const auto got = ::recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (got <= 0)
      return std::nullopt;
    line.append(chunk.data(), static_cast<std::size_t>(got));
    if (line.back() == '\n') {
      line.pop_back();
      return line;
    }
    if (line.size() > limit)
      return std::nullopt;
  }
  return std::nullopt;
}

bool write_admin_line(int fd, std::string_view line) {
  const std::string text = std::string(line) + "\n";
  const auto end = admin_clock::now() + line_patience;
  for (std::size_t at = 0; at < text.size();) {
    const auto sent = ::send(fd, text.data() + at, text.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
      at += static_cast<std::size_t>(sent);
    else if ((sent < 0 && errno != EAGAIN && errno != EINTR) ||
             !wait_for(fd, true, time_until(end)))
      return false;
  }
  return true;
}

} // namespace

admin_listener::admin_listener(fs::path state, unique_fd listening, responder answer)
    : state_(std::move(state)), listening_(std::move(listening)), answer_(std::move(answer)),
      thread_([this] { serve(); }) {}

result<std::unique_ptr<admin_listener>> admin_listener::start(const fs::path& state,
                                                              responder answer) {
  auto listening = bind_in_home(state, admin_socket_name, socket_kind::stream);
  if (!listening)
    return listening.error();
  return std::unique_ptr<admin_listener>(
      new admin_listener(state, std::move(*listening), std::move(answer)));
}

admin_listener::~admin_listener() {
  stopping_ = true;
  ::shutdown(listening_.get(), SHUT_RDWR); // so that nothing is waited for any more
  thread_.join();
  remove_from_home(state_, admin_socket_name);
}

void admin_listener::serve() {
  while (!stopping_)
    if (wait_for(listening_.get(), false, stop_poll))
      answer_next();
}

void admin_listener::answer_next() {
  const unique_fd peer(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!peer && stopping_)
    return;
  if (!peer) {
    std::this_thread::sleep_for(stop_poll); // no descriptor is left, or the peer has gone
    return;
  }
  const auto process = peer_of(peer.get());
  if (!process || (process->uid != ::geteuid() && process->uid != 0))
    return;
  const auto request = read_admin_line(peer.get(), max_admin_request_bytes, line_patience);
  if (request)
    (void)write_admin_line(peer.get(), answer_(*request));
}

result<std::optional<std::string>> ask_running_server(const fs::path& state,
                                                      std::string_view request) {
  auto fd = connect_in_home(state, admin_socket_name);
  if (!fd && fd.error().code == ec::not_found)
    return std::optional<std::string>{};
  if (!fd)
    return fd.error();
  const failure silent{ec::timeout, "the running server does not answer on admin.sock",
                       "look at its log: journalctl -u spec-kitty-server"};
  if (!write_admin_line(fd->get(), request))
    return silent;
  auto reply = read_admin_line(fd->get(), max_admin_reply_bytes, reply_patience);
  return reply ? result<std::optional<std::string>>(std::move(reply)) : silent;
}

} // namespace spec_kitty::server
