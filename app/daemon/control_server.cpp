#include "app/daemon/control_server.hpp"

#include "app/daemon/control.hpp"
#include "util/timestamp.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spec_kitty {

namespace {

constexpr std::chrono::seconds line_patience{5}; ///< for a whole line, from a connection's start
constexpr std::chrono::seconds accept_pause{1};  ///< when no descriptor is left for a new client
constexpr std::size_t max_clients = 256;
/// By a client that does not read: then its reader falls behind; then it is dropped.
constexpr std::size_t behind_bytes = std::size_t{1} << 20;
constexpr std::size_t max_unread_bytes = std::size_t{4} << 20;

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
  list.push_back({accept_paused_until_ ? -1 : listener_.get(), POLLIN, 0});
  for (const auto& client : clients_)
    list.push_back(
        {client.fd.get(), static_cast<short>(client.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
}

void control_server::handle(const std::vector<pollfd>& list, std::size_t first) {
  for (auto& client : clients_) {
    const auto polled =
        std::find_if(list.begin() + static_cast<std::ptrdiff_t>(first), list.end(),
                     [&](const pollfd& entry) { return entry.fd == client.fd.get(); });
    if (polled == list.end() || polled->revents == 0)
      continue;
    if ((polled->revents & POLLOUT) != 0)
      flush(client);
    if ((polled->revents & (POLLIN | POLLHUP | POLLERR)) != 0)
      read_from(client);
  }
  std::erase_if(clients_, [](const client& client) { return client.over; });
  if (list[first].revents != 0)
    accept_all();
}

void control_server::accept_all() {
  for (;;) {
    unique_fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE ||
          errno == ENOMEM) // else poll would report it again at once
        accept_paused_until_ = clock::now() + accept_pause;
      return;
    }
    const auto peer = peer_of(fd.get());
    if (!peer || (peer->uid != ::geteuid() && peer->uid != 0) || clients_.size() >= max_clients)
      continue; // the connection is closed
    clients_.push_back(
        {std::move(fd), {}, {}, ++last_id_, {}, false, clock::now() + line_patience});
  }
}

void control_server::read_from(client& client) {
  std::array<char, 4096> chunk{};
  for (;;) {
    const auto got = ::read(client.fd.get(), chunk.data(), chunk.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      break;
    if (got <= 0) {
      client.over = true;
      return;
    }
    client.in.append(chunk.data(), static_cast<std::size_t>(got));
    if (client.in.size() > max_control_line_bytes) {
      client.over = true;
      return;
    }
  }
  for (std::size_t end = 0; !client.over && (end = client.in.find('\n')) != std::string::npos;) {
    const std::string line = client.in.substr(0, end);
    client.in.erase(0, end + 1);
    answer(client, line);
  }
}

void control_server::answer(client& client, const std::string& line) {
  const auto request = parse_json(line);
  if (!request || !request->IsObject())
    client.out += refusal_line({ec::bad_input, "the request is not a JSON object", {}});
  else
    client.out += answer_(*request, client.watch);
  client.out += '\n';
  client.deadline = clock::now() + line_patience;
  flush(client);
  client.over = client.over || client.out.size() > max_unread_bytes;
}

void control_server::flush(client& client) {
  while (!client.out.empty()) {
    const auto sent = ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent > 0)
      client.out.erase(0, static_cast<std::size_t>(sent));
    else if (errno != EINTR) {
      client.over = client.over || errno != EAGAIN;
      return;
    }
  }
}

bool control_server::has_watchers() const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [](const client& client) { return client.watch.has_value(); });
}

void control_server::notify_watchers(const std::string& line) {
  for (auto& client : clients_) {
    if (!client.watch || (client.watch->is_catching_up() && client.out.size() > behind_bytes))
      continue;
    send_line(client, line);
    client.over = client.over || client.out.size() > max_unread_bytes;
  }
  std::erase_if(clients_, [](const client& client) { return client.over; });
}

void control_server::send_line(client& client, const std::string& line) {
  client.out += line;
  client.out += '\n';
  flush(client);
}

void control_server::notify_event(const event_received& event, const std::string& line) {
  for (auto& client : clients_) {
    const std::uint64_t before = client.watch ? client.watch->place().seq : 0;
    if (!client.watch || !client.watch->takes(event))
      continue;
    if (event.seq > 0 && client.out.size() > behind_bytes) {
      client.watch->fall_behind(before);
      continue;
    }
    send_line(client, line);
    client.over = client.over || (event.seq == 0 && client.out.size() > max_unread_bytes);
  }
  std::erase_if(clients_, [](const client& client) { return client.over; });
}

void control_server::notify_joined(const log_joined& where, const std::string& line,
                                   const line_of_words& remark) {
  for (auto& client : clients_) {
    if (!client.watch)
      continue;
    const auto words = client.watch->joined(where);
    send_line(client, line);
    if (words)
      send_line(client, remark(*words));
  }
}

std::vector<log_page_request> control_server::page_requests() {
  std::vector<log_page_request> requests;
  for (auto& client : clients_) {
    if (!client.watch || !client.out.empty())
      continue; // it reads what it has first
    if (auto request = client.watch->next_request(steady_now())) {
      request->reader = client.id;
      requests.push_back(std::move(*request));
    }
  }
  return requests;
}

void control_server::take_page(const log_page_read& read, const line_of_event& line,
                               const line_of_words& remark) {
  const auto found = std::find_if(clients_.begin(), clients_.end(),
                                  [&](const client& client) { return client.id == read.reader; });
  if (found == clients_.end() || !found->watch)
    return;
  const auto reported = found->watch->take_page(read.page, steady_now());
  if (reported.warning)
    send_line(*found, remark(*reported.warning));
  for (const event_received& event : reported.events)
    found->out.append(line(event)).append(1, '\n');
  flush(*found);
}

void control_server::forget_pages() {
  for (auto& client : clients_)
    if (client.watch)
      client.watch->forget_page();
}

bool control_server::has_readers_behind() const {
  return std::any_of(clients_.begin(), clients_.end(), [](const client& client) {
    return client.watch && client.watch->is_catching_up();
  });
}

std::optional<control_server::clock::time_point> control_server::next_deadline() const {
  std::optional<clock::time_point> next = accept_paused_until_;
  for (const auto& client : clients_)
    if (!client.watch && (!next || client.deadline < *next))
      next = client.deadline;
  return next;
}

void control_server::drop_overdue() {
  const auto now = clock::now();
  if (accept_paused_until_ && *accept_paused_until_ <= now)
    accept_paused_until_.reset();
  std::erase_if(clients_,
                [&](const client& client) { return !client.watch && client.deadline <= now; });
}

} // namespace spec_kitty
