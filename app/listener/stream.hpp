// The stream that sessions read and write: plain or TLS, with one deadline. With Boost; for the
// listener's own sources alone.
#pragma once

#include "app/listener/transport.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace spec_kitty::listener {

namespace net = boost::asio;
using net_error = boost::system::error_code;

/// Used on the thread of its io_context alone. An operation that the deadline ends completes with
/// `timed_out`.
class stream : public std::enable_shared_from_this<stream> {
public:
  using executor_type = net::any_io_executor;

  stream(net::ip::tcp::socket socket, SSL_CTX* context)
      : socket_(std::move(socket)), transport_(socket_.native_handle(), context),
        timer_(socket_.get_executor()) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }
  bool has_tls() const { return transport_.has_tls(); }

  /// One deadline for all that follows, however it drips; it replaces the one before.
  void expires_after(std::chrono::milliseconds time) {
    timed_out_ = false;
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this(), turn = ++turn_](net_error) {
      const auto self = weak.lock();
      if (!self || self->turn_ != turn)
        return;
      self->timed_out_ = true;
      self->cancel();
    });
  }
  void expires_never() {
    ++turn_;
    timed_out_ = false;
    timer_.cancel();
  }

  /// Ends what is waited for; the socket stays open.
  void cancel() {
    net_error ignored;
    socket_.cancel(ignored);
  }
  void close() {
    expires_never();
    net_error ignored;
    socket_.close(ignored);
  }
  bool is_open() const { return socket_.is_open(); }
  /// What goes out at once, without waiting: for the last words before a close.
  void write_now(std::span<const char> bytes) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): an iovec is not const
    const std::array<iovec, 1> part = {{{const_cast<char*>(bytes.data()), bytes.size()}}};
    if (is_open())
      (void)transport_.write(part);
  }
  /// finish() as far as it goes at once.
  void finish_now() {
    if (is_open())
      (void)transport_.finish();
  }

  template <class Token>
  auto async_handshake(Token&& token) {
    return start([](transport& bytes) { return bytes.handshake(); }, std::forward<Token>(token));
  }
  template <class Token>
  auto async_finish(Token&& token) {
    return start([](transport& bytes) { return bytes.finish(); }, std::forward<Token>(token));
  }
  /// Reads and passes over, below TLS.
  template <class Token>
  auto async_discard(std::span<char> scratch, Token&& token) {
    return start([scratch](transport& bytes) { return bytes.discard(scratch); },
                 std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    std::span<char> into;
    for (auto part = net::buffer_sequence_begin(buffers);
         part != net::buffer_sequence_end(buffers) && into.empty(); ++part) {
      const net::mutable_buffer buffer(*part);
      into = {static_cast<char*>(buffer.data()), buffer.size()};
    }
    return start([into](transport& bytes) { return bytes.read(into); }, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    std::array<iovec, max_parts> parts{};
    std::size_t count = 0;
    for (auto part = net::buffer_sequence_begin(buffers);
         part != net::buffer_sequence_end(buffers) && count < max_parts; ++part) {
      const net::const_buffer buffer(*part);
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): an iovec is not const
      parts.at(count++) = {const_cast<void*>(buffer.data()), buffer.size()};
    }
    return start(
        [parts, count](transport& bytes) {
          return bytes.write(std::span<const iovec>(parts.data(), count));
        },
        std::forward<Token>(token));
  }

private:
  static constexpr std::size_t max_parts = 4;

  /// Tries, waits for the socket, and tries again. It never completes within the call that started
  /// it.
  template <class Attempt>
  class operation {
  public:
    operation(stream& on, Attempt attempt) : stream_(&on), attempt_(attempt) {}

    template <class Self>
    void operator()(Self& self, net_error error = {}) {
      if (finished_) {
        self.complete(error_, bytes_);
        return;
      }
      stream& on = *stream_;
      if (on.timed_out_)
        error_ = net::error::timed_out;
      else if (!on.is_open())
        error_ = net::error::operation_aborted;
      else if (error)
        error_ = error;
      else if (const auto wait = attempt(on); wait) {
        waited_ = true;
        on.socket_.async_wait(*wait, std::move(self));
        return;
      }
      finished_ = true;
      if (waited_)
        self.complete(error_, bytes_);
      else
        net::post(on.get_executor(), std::move(self));
    }

  private:
    std::optional<net::socket_base::wait_type> attempt(stream& on) {
      const transfer moved = attempt_(on.transport_);
      switch (moved.state) {
      case transfer_state::done:
        bytes_ = moved.bytes;
        break;
      case transfer_state::wait_read:
        return net::socket_base::wait_read;
      case transfer_state::wait_write:
        return net::socket_base::wait_write;
      case transfer_state::ended:
        error_ = net::error::eof;
        break;
      case transfer_state::failed:
        error_ = net::error::connection_reset;
        break;
      }
      return std::nullopt;
    }

    stream* stream_;
    Attempt attempt_;
    net_error error_;
    std::size_t bytes_ = 0;
    bool finished_ = false;
    bool waited_ = false;
  };

  template <class Attempt, class Token>
  auto start(Attempt attempt, Token&& token) {
    return net::async_compose<Token, void(net_error, std::size_t)>(
        operation<Attempt>(*this, attempt), token, socket_);
  }

  net::ip::tcp::socket socket_;
  transport transport_;
  net::steady_timer timer_;
  unsigned turn_ = 0; ///< of the deadline: one that was replaced does nothing
  bool timed_out_ = false;
};

} // namespace spec_kitty::listener
