#include "tests/app/listener/raw_client.hpp"

#include "util/text.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace spec_kitty::listener {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr long must_wait = -1;
constexpr long has_failed = -2;

} // namespace

raw_client::raw_client(std::uint16_t port, const client_options& options) {
  std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (options.receive_buffer > 0)
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor_);
    throw std::runtime_error("cannot connect");
  }
  ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
  if (options.kind == transport_kind::tls)
    connected_ = shake_hands(options);
}

raw_client::~raw_client() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

bool raw_client::wait(short events, instant until) const {
  const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
  pollfd waited{descriptor_, events, 0};
  return left.count() >= 0 && ::poll(&waited, 1, static_cast<int>(left.count())) > 0;
}

bool raw_client::shake_hands(const client_options& options) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (options.max_version != 0)
    SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), descriptor_);
  const std::vector<unsigned char> protocols(options.protocols.begin(), options.protocols.end());
  if (!protocols.empty())
    SSL_set_alpn_protos(tls_.get(), protocols.data(), static_cast<unsigned>(protocols.size()));
  if (options.session != nullptr)
    SSL_set_session(tls_.get(), options.session);
  const auto until = steady_clock::now() + client_patience;
  for (;;) {
    ERR_clear_error();
    short events = 0;
    const long done = outcome(SSL_connect(tls_.get()), events);
    if (done > 0)
      return true;
    if (done != must_wait || !wait(events, until))
      return false;
  }
}

long raw_client::outcome(int returned, short& events) const {
  if (returned > 0)
    return returned;
  switch (SSL_get_error(tls_.get(), returned)) {
  case SSL_ERROR_WANT_READ:
    events = POLLIN;
    return must_wait;
  case SSL_ERROR_WANT_WRITE:
    events = POLLOUT;
    return must_wait;
  case SSL_ERROR_ZERO_RETURN:
    return 0;
  default:
    return has_failed;
  }
}

long raw_client::read_some(char* into, std::size_t size, short& events) {
  ERR_clear_error();
  if (tls_)
    return outcome(SSL_read(tls_.get(), into, static_cast<int>(size)), events);
  const ssize_t got = ::recv(descriptor_, into, size, 0);
  if (got >= 0)
    return got;
  events = POLLIN;
  return errno == EAGAIN ? must_wait : has_failed;
}

long raw_client::write_some(std::string_view bytes, short& events) {
  ERR_clear_error();
  if (tls_)
    return outcome(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())), events);
  const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0)
    return sent;
  events = POLLOUT;
  return errno == EAGAIN ? must_wait : has_failed;
}

bool raw_client::send(std::string_view bytes, milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  while (!bytes.empty()) {
    short events = 0;
    const long sent = write_some(bytes, events);
    if (sent > 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (sent != must_wait || !wait(events, until))
      return false;
  }
  return true;
}

void raw_client::finish_sending() {
  if (tls_)
    SSL_shutdown(tls_.get());
  ::shutdown(descriptor_, SHUT_WR);
}

void raw_client::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(descriptor_);
  descriptor_ = -1;
}

std::string raw_client::read(std::size_t bytes, milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  std::array<char, 64 * 1024> piece{};
  while (buffered_.size() < bytes && !ended_) {
    short events = 0;
    const long got = read_some(piece.data(), piece.size(), events);
    if (got > 0) {
      buffered_.append(piece.data(), static_cast<std::size_t>(got));
    } else if (got != must_wait) {
      ended_ = true;
      reset_ = got == has_failed;
    } else if (!wait(events, until)) {
      break;
    }
  }
  const std::string taken = buffered_.substr(0, bytes);
  buffered_.erase(0, taken.size());
  return taken;
}

std::string raw_client::read_all(milliseconds patience) {
  return read(std::string::npos, patience);
}

std::string raw_client::read_reply(bool has_body) {
  std::string reply;
  while (!reply.ends_with("\r\n\r\n")) {
    const auto byte = read(1);
    if (byte.empty())
      return reply;
    reply += byte;
  }
  constexpr std::string_view name = "Content-Length: ";
  const auto at = reply.find(name);
  if (!has_body || at == std::string::npos)
    return reply;
  const auto value = reply.substr(at + name.size());
  return reply + read(whole_number<std::size_t>(value.substr(0, value.find('\r'))).value_or(0));
}

std::string raw_client::server_name() const {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(tls_.get()),
                                                          X509_free);
  std::array<char, 64> name{};
  if (shown)
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name.data(),
                              static_cast<int>(name.size()));
  return name.data();
}

std::vector<int> statuses_in(std::string_view replies) {
  std::vector<int> statuses;
  for (std::size_t at = 0; at < replies.size();) {
    if (!replies.substr(at).starts_with("HTTP/1."))
      return {-1}; // bytes between two replies
    const int status = whole_number<int>(replies.substr(at + 9, 3)).value_or(-1);
    statuses.push_back(status);
    const auto end = replies.find("\r\n\r\n", at);
    if (end == std::string_view::npos)
      return {-1};
    std::size_t length = 0;
    const auto field = replies.find("Content-Length: ", at);
    if (field < end && status >= 200) {
      const auto value = replies.substr(field + 16);
      length = whole_number<std::size_t>(value.substr(0, value.find('\r'))).value_or(0);
    }
    at = end + 4 + length;
  }
  return statuses;
}

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

std::string upgrade_request(std::string_view fields) {
  return get("/ws/v1/events/", "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                               "Sec-WebSocket-Version: 13\r\n" +
                                   std::string(fields));
}

std::string masked_frame(int first_byte, std::string_view payload) {
  constexpr std::array<char, 4> mask = {1, 2, 3, 4};
  std::string frame(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | static_cast<int>(payload.size()));
  } else if (payload.size() < 65'536) {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  } else {
    frame += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      frame += static_cast<char>((payload.size() >> shift) & 0xff);
  }
  frame.append(mask.data(), mask.size());
  for (std::size_t at = 0; at < payload.size(); ++at)
    frame += static_cast<char>(payload[at] ^ mask.at(at % 4));
  return frame;
}

} // namespace spec_kitty::listener
