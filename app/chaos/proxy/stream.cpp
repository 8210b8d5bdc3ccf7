#include "app/chaos/proxy/stream.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spec_kitty::chaos {

using namespace std::chrono_literals;

stream::stream(int socket) : socket_(socket), ended_(socket < 0) {}

stream::~stream() {
  close_now();
}

void stream::close_now() {
  if (socket_ >= 0 && after_ == ending::rst) {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  if (socket_ >= 0)
    ::close(socket_);
  socket_ = -1;
  ended_ = true;
  out_.clear();
}

void stream::read_some() {
  std::array<char, 65536> buffer;
  while (socket_ >= 0 && !ended_) {
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      in.append(buffer.data(), static_cast<std::size_t>(got));
      continue;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    ended_ = true;
    if (got < 0)
      close_now(); // reset by the other side
  }
}

void stream::put(std::string bytes, std::chrono::milliseconds delay, std::uint64_t bytes_per_ms) {
  if (socket_ < 0 || bytes.empty())
    return;
  auto due = clock::now() + delay;
  if (!out_.empty())
    due = std::max(due, out_.back().due);
  out_.push_back({std::move(bytes), due, bytes_per_ms});
}

void stream::end(ending how) {
  if (how == ending::fin || how == ending::rst)
    after_ = how;
  if (out_.empty())
    write_some(clock::now());
}

void stream::write_some(instant now) {
  while (socket_ >= 0 && !out_.empty() && out_.front().due <= now) {
    piece& first = out_.front();
    std::size_t count = first.bytes.size();
    if (first.bytes_per_ms > 0)
      count = std::min<std::size_t>(count, static_cast<std::size_t>(first.bytes_per_ms));
    const auto sent = ::send(socket_, first.bytes.data(), count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (sent < 0)
      return close_now();
    first.bytes.erase(0, static_cast<std::size_t>(sent));
    if (first.bytes.empty())
      out_.pop_front();
    else if (first.bytes_per_ms > 0)
      first.due = now + 1ms;
  }
  if (out_.empty() && after_ != ending::stay)
    close_now();
}

bool stream::wants_capacity(instant now) const {
  return socket_ >= 0 && !out_.empty() && out_.front().due <= now;
}

std::optional<stream::instant> stream::next_due() const {
  return out_.empty() ? std::nullopt : std::optional(out_.front().due);
}

} // namespace spec_kitty::chaos
