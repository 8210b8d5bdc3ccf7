#include "app/listener/transport.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

namespace spec_kitty::listener {

namespace {

constexpr std::size_t max_record = 16 * 1024; // RFC 8446, 5.1

transfer of_system_call(ssize_t returned, transfer_state on_retry) {
  if (returned > 0)
    return {transfer_state::done, static_cast<std::size_t>(returned)};
  if (returned == 0)
    return {transfer_state::ended, 0};
  const bool retry = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {retry ? on_retry : transfer_state::failed, 0};
}

/// The first bytes of all parts as one piece: in place where the first part is enough.
std::span<const char> first_piece(std::span<const iovec> parts, std::span<char> scratch) {
  while (!parts.empty() && parts.front().iov_len == 0)
    parts = parts.subspan(1);
  if (parts.empty())
    return {};
  const iovec& first = parts.front();
  if (parts.size() == 1 || first.iov_len >= scratch.size())
    return {static_cast<const char*>(first.iov_base), first.iov_len};
  std::size_t size = 0;
  for (const iovec& part : parts) {
    const std::size_t taken = std::min(part.iov_len, scratch.size() - size);
    if (taken > 0)
      std::memcpy(scratch.data() + size, part.iov_base, taken);
    size += taken;
  }
  return {scratch.data(), size};
}

} // namespace

transport::transport(int descriptor, SSL_CTX* context) : descriptor_(descriptor) {
  if (context == nullptr)
    return;
  ssl_.reset(SSL_new(context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor) != 1)
    throw std::bad_alloc();
  SSL_set_accept_state(ssl_.get());
}

transfer transport::outcome(int returned) {
  if (returned > 0)
    return {transfer_state::done, static_cast<std::size_t>(returned)};
  switch (SSL_get_error(ssl_.get(), returned)) {
  case SSL_ERROR_WANT_READ:
    return {transfer_state::wait_read, 0};
  case SSL_ERROR_WANT_WRITE:
    return {transfer_state::wait_write, 0};
  case SSL_ERROR_ZERO_RETURN:
    return {transfer_state::ended, 0};
  default:
    broken_ = true;
    return {transfer_state::failed, 0};
  }
}

transfer transport::handshake() {
  if (!ssl_)
    return {transfer_state::done, 0};
  ERR_clear_error();
  const auto shaken = outcome(SSL_do_handshake(ssl_.get()));
  return {shaken.state, 0};
}

transfer transport::read(std::span<char> into) {
  if (into.empty())
    return {transfer_state::done, 0};
  if (!ssl_)
    return of_system_call(::recv(descriptor_, into.data(), into.size(), 0),
                          transfer_state::wait_read);
  ERR_clear_error();
  const std::size_t size = std::min<std::size_t>(into.size(), std::size_t{1} << 20);
  return outcome(SSL_read(ssl_.get(), into.data(), static_cast<int>(size)));
}

transfer transport::write(std::span<const iovec> parts) {
  const bool empty =
      std::all_of(parts.begin(), parts.end(), [](const iovec& part) { return part.iov_len == 0; });
  if (empty)
    return {transfer_state::done, 0};
  if (!ssl_) {
    msghdr message{};
    // sendmsg changes neither the array nor what it points to.
    message.msg_iov =
        const_cast<iovec*>(parts.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    message.msg_iovlen = parts.size();
    return of_system_call(::sendmsg(descriptor_, &message, MSG_NOSIGNAL),
                          transfer_state::wait_write);
  }
  // One for each I/O thread. A write that has to be repeated finds the same bytes here.
  thread_local std::array<char, max_record> scratch;
  const auto piece = first_piece(parts, scratch);
  ERR_clear_error();
  const std::size_t size = std::min<std::size_t>(piece.size(), std::size_t{1} << 20);
  return outcome(SSL_write(ssl_.get(), piece.data(), static_cast<int>(size)));
}

transfer transport::finish() {
  if (ssl_ && !broken_ && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    const int returned = SSL_shutdown(ssl_.get());
    if (returned < 0) {
      const auto attempt = outcome(returned);
      if (attempt.state == transfer_state::wait_read || attempt.state == transfer_state::wait_write)
        return attempt;
    }
  }
  ::shutdown(descriptor_, SHUT_WR);
  return {transfer_state::done, 0};
}

transfer transport::discard(std::span<char> scratch) {
  return of_system_call(::recv(descriptor_, scratch.data(), scratch.size(), 0),
                        transfer_state::wait_read);
}

} // namespace spec_kitty::listener
