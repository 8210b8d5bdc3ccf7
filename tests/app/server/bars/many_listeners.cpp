// Many WebSockets of one team in one thread, at so little cost that the times are the server's.
//
//   server_many_listeners PORT COUNT < a line for each access token; then nothing until the end
//
// Prints `ready` when every socket has its snapshot, and `heard` when all of them have one more of
// the events that have `sent_at` (seconds of the monotonic clock). When its input ends it prints,
// as JSON, how long those took, and how much processor time it has used for them itself.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr int opcode_text = 1;
constexpr int opcode_close = 8;
constexpr int opcode_ping = 9;

[[noreturn]] void fail(const std::string& why) {
  throw std::runtime_error(why);
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("cannot connect");
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      fail("cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Reads on until `end` is there; where it begins.
std::size_t read_until(int fd, std::string& into, std::string_view end) {
  std::array<char, piece> bytes{};
  for (;;) {
    if (const auto at = into.find(end); at != std::string::npos)
      return at;
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got <= 0)
      fail("the server ended the connection: " + into);
    into.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

/// A token for one WebSocket, over a connection that stays.
std::string ws_token(int fd, const std::string& access_token) {
  send_all(fd, "POST /api/v1/ws-token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: "
               "Bearer " +
                   access_token + "\r\n\r\n");
  std::string reply;
  const std::size_t head = read_until(fd, reply, "\r\n\r\n");
  read_until(fd, reply, "}");
  constexpr std::string_view member = R"("ws_token":")";
  const auto from = reply.find(member, head);
  if (from == std::string::npos)
    fail("no token: " + reply);
  return reply.substr(from + member.size(),
                      reply.find('"', from + member.size()) - from - member.size());
}

struct listening {
  int fd = -1;
  std::string unread;
  bool ready = false;
};

listening open_socket(std::uint16_t port, const std::string& token) {
  listening out;
  out.fd = connect_to(port);
  send_all(out.fd, "GET /ws/v1/events/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
                   "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                   "dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer " +
                       token + "\r\n\r\n");
  const auto end = read_until(out.fd, out.unread, "\r\n\r\n");
  if (out.unread.find(" 101 ") > end)
    fail("no upgrade: " + out.unread);
  out.unread.erase(0, end + 4);
  return out;
}

struct figures {
  std::size_t ready = 0;
  std::vector<double> delays; ///< seconds
};

void take_frame(listening& from, int opcode, std::string_view text, figures& seen) {
  if (opcode == opcode_close)
    fail("the server closed a WebSocket");
  if (opcode == opcode_ping) {
    std::string pong = {'\x8a', static_cast<char>(0x80U | text.size()), 0, 0, 0, 0};
    send_all(from.fd, pong.append(text));
  }
  if (opcode != opcode_text)
    return;
  if (!from.ready) {
    from.ready = true;
    ++seen.ready;
  }
  constexpr std::string_view member = "\"sent_at\":";
  if (const auto at = text.find(member); at != std::string_view::npos)
    seen.delays.push_back(now() - std::strtod(text.data() + at + member.size(), nullptr));
}

/// Takes the whole frames that came; the server's are not masked.
void take_frames(listening& from, figures& seen) {
  std::string_view rest = from.unread;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
  while (rest.size() >= 2) {
    std::uint64_t size = byte(1) & 0x7fU;
    const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (rest.size() < 2 + extra)
      break;
    if (extra > 0)
      size = 0;
    for (std::size_t at = 2; at < 2 + extra; ++at)
      size = size << 8U | byte(at);
    if (rest.size() - 2 - extra < size)
      break;
    take_frame(from, byte(0) & 0x0fU, rest.substr(2 + extra, size), seen);
    rest.remove_prefix(2 + extra + size);
  }
  from.unread.erase(0, from.unread.size() - rest.size());
}

double percentile(const std::vector<double>& sorted, double share) {
  return sorted.empty()
             ? 0
             : sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(
                                                      share * static_cast<double>(sorted.size())))];
}

void listen_until_input_ends(std::vector<listening>& sockets, figures& seen) {
  const int polled = ::epoll_create1(EPOLL_CLOEXEC);
  const auto add = [&](int fd, std::uint64_t which) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = which;
    if (::epoll_ctl(polled, EPOLL_CTL_ADD, fd, &event) != 0)
      fail("cannot wait for a socket");
  };
  for (std::size_t at = 0; at < sockets.size(); ++at)
    add(sockets[at].fd, at);
  add(STDIN_FILENO, sockets.size());
  std::vector<char> bytes(piece);
  std::array<epoll_event, 512> events{};
  bool was_ready = false;
  std::size_t heard_by_all = 0;
  for (;;) {
    const int count = ::epoll_wait(polled, events.data(), static_cast<int>(events.size()), -1);
    for (int n = 0; n < count; ++n) {
      const auto which = events.at(static_cast<std::size_t>(n)).data.u64;
      if (which == sockets.size())
        return;
      listening& from = sockets[which];
      const ssize_t got = ::recv(from.fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got <= 0)
        fail("the server ended a WebSocket");
      from.unread.append(bytes.data(), static_cast<std::size_t>(got));
      take_frames(from, seen);
    }
    if (seen.ready == sockets.size() && !std::exchange(was_ready, true))
      std::cout << "ready" << std::endl;
    for (; seen.delays.size() >= (heard_by_all + 1) * sockets.size(); ++heard_by_all)
      std::cout << "heard" << std::endl;
  }
}

void run(std::uint16_t port, std::size_t count) {
  std::vector<std::string> tokens;
  std::string line;
  while (std::getline(std::cin, line) && !line.empty()) // an empty line ends them
    tokens.push_back(line);
  if (tokens.empty())
    fail("no token");
  const int asks = connect_to(port);
  std::vector<listening> sockets;
  figures seen;
  for (std::size_t n = 0; n < count; ++n)
    sockets.push_back(open_socket(port, ws_token(asks, tokens[n % tokens.size()])));
  for (auto& each : sockets)
    take_frames(each, seen);
  const double before = processor_seconds();
  listen_until_input_ends(sockets, seen);
  const double used = processor_seconds() - before;
  std::sort(seen.delays.begin(), seen.delays.end());
  std::printf(R"({"heard":%zu,"p50_ms":%.1f,"p99_ms":%.1f,"max_ms":%.1f,"processor_s":%.3f})"
              "\n",
              seen.delays.size(), percentile(seen.delays, 0.5) * 1000,
              percentile(seen.delays, 0.99) * 1000, percentile(seen.delays, 1) * 1000, used);
}

} // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3)
      fail("usage: server_many_listeners PORT COUNT");
    run(static_cast<std::uint16_t>(std::stoul(argv[1])), std::stoul(argv[2]));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "server_many_listeners: %s\n", error.what());
    return 1;
  }
}
