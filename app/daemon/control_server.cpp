#include "app/daemon/control_server.hpp"

#include "app/daemon/control.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spec_kitty {

namespace {

constexpr std::chrono::seconds line_patience{5}; ///< for a whole line, from a connection's start
constexpr std::chrono::seconds rest{1};          ///< where no descriptor is left for a new client
constexpr std::size_t most_clients = 256;
constexpr std::size_t most_unread = std::size_t{1} << 20; ///< by a client that does not read

} // namespace

std::string refusal_line(const failure& why) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ok", false);
  key(out, "error");
  out.StartObject();
  field(out, "code", to_string(why.code));
  field(out, "message", why.message);
  field(out, "hint", why.hint);
  out.EndObject();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

void control_server::add_to(std::vector<pollfd>& list) const {
  list.push_back({resting_until_ ? -1 : listener_.get(), POLLIN, 0});
  for (const auto& one : clients_)
    list.push_back(
        {one.fd.get(), static_cast<short>(one.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
}

void control_server::handle(const std::vector<pollfd>& list, std::size_t first) {
  for (auto& one : clients_) {
    const auto said = std::find_if(list.begin() + static_cast<std::ptrdiff_t>(first), list.end(),
                                   [&](const pollfd& entry) { return entry.fd == one.fd.get(); });
    if (said == list.end() || said->revents == 0)
      continue;
    if ((said->revents & POLLOUT) != 0)
      flush(one);
    if ((said->revents & (POLLIN | POLLHUP | POLLERR)) != 0)
      read_from(one);
  }
  std::erase_if(clients_, [](const client& one) { return one.over; });
  if (list[first].revents != 0)
    accept_all();
}

void control_server::accept_all() {
  for (;;) {
    unique_fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) // it would be called at once again
        resting_until_ = clock::now() + rest;
      return;
    }
    const auto peer = peer_of(fd.get());
    if (!peer || (peer->uid != ::geteuid() && peer->uid != 0) || clients_.size() >= most_clients)
      continue; // hung up on
    clients_.push_back({std::move(fd), {}, {}, false, false, clock::now() + line_patience});
  }
}

void control_server::read_from(client& one) {
  std::array<char, 4096> chunk{};
  for (;;) {
    const auto got = ::read(one.fd.get(), chunk.data(), chunk.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      break;
    if (got <= 0) {
      one.over = true;
      return;
    }
    one.in.append(chunk.data(), static_cast<std::size_t>(got));
    if (one.in.size() > longest_control_line) {
      one.over = true;
      return;
    }
  }
  for (std::size_t end = 0; !one.over && (end = one.in.find('\n')) != std::string::npos;) {
    const std::string line = one.in.substr(0, end);
    one.in.erase(0, end + 1);
    answer(one, line);
  }
}

void control_server::answer(client& one, const std::string& line) {
  const auto request = parse_json(line);
  if (!request || !request->IsObject())
    one.out += refusal_line({ec::bad_input, "the request is not a JSON object", {}});
  else
    one.out += answer_(*request, one.watching);
  one.out += '\n';
  one.deadline = clock::now() + line_patience;
  flush(one);
  one.over = one.over || one.out.size() > most_unread;
}

void control_server::flush(client& one) {
  while (!one.out.empty()) {
    const auto sent = ::send(one.fd.get(), one.out.data(), one.out.size(), MSG_NOSIGNAL);
    if (sent > 0)
      one.out.erase(0, static_cast<std::size_t>(sent));
    else if (errno != EINTR) {
      one.over = one.over || errno != EAGAIN;
      return;
    }
  }
}

void control_server::tell_watchers(const std::string& line) {
  for (auto& one : clients_) {
    if (!one.watching)
      continue;
    one.out += line;
    one.out += '\n';
    flush(one);
    one.over = one.over || one.out.size() > most_unread;
  }
  std::erase_if(clients_, [](const client& one) { return one.over; });
}

std::optional<control_server::clock::time_point> control_server::next_deadline() const {
  std::optional<clock::time_point> next = resting_until_;
  for (const auto& one : clients_)
    if (!one.watching && (!next || one.deadline < *next))
      next = one.deadline;
  return next;
}

void control_server::drop_overdue() {
  const auto now = clock::now();
  if (resting_until_ && *resting_until_ <= now)
    resting_until_.reset();
  std::erase_if(clients_, [&](const client& one) { return !one.watching && one.deadline <= now; });
}

} // namespace spec_kitty
