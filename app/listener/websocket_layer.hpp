// What Beast's WebSocket stands on: the listener's stream, and how it ends. With Boost; for the
// listener's own sources alone.
#pragma once

#include "app/listener/limits.hpp"
#include "app/listener/stream.hpp"

#include <boost/asio/compose.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace spec_kitty::listener {

namespace beast = boost::beast;

/// What Beast's stream stands on: our stream, which it may move and close.
class websocket_layer {
public:
  using executor_type = stream::executor_type;
  websocket_layer(std::shared_ptr<stream> bytes, const listener_limits& limits)
      : stream_(std::move(bytes)), limits_(&limits) {}
  executor_type get_executor() { return stream_->get_executor(); }
  stream& bytes() { return *stream_; }
  const listener_limits& limits() const { return *limits_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return stream_->async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return stream_->async_write_some(buffers, std::forward<Token>(token));
  }

private:
  std::shared_ptr<stream> stream_;
  const listener_limits* limits_;
};

/// Reads on for a while after the last byte was written: a reset, because of bytes that nobody
/// read, would destroy the close frame on its way.
class teardown_operation {
public:
  explicit teardown_operation(websocket_layer& layer)
      : stream_(&layer.bytes()), linger_(layer.limits().linger),
        max_bytes_(layer.limits().max_linger_bytes) {}

  template <class Self>
  void operator()(Self& self, const beast::error_code& error = {}, std::size_t bytes = 0) {
    thread_local std::array<char, 16 * 1024> scratch;
    if (!std::exchange(begun_, true)) {
      stream_->finish_now();
      stream_->expires_after(linger_);
    }
    read_ += bytes;
    if (error || read_ > max_bytes_)
      self.complete(beast::error_code{});
    else
      stream_->async_discard(scratch, std::move(self));
  }

private:
  stream* stream_;
  std::chrono::milliseconds linger_;
  std::size_t max_bytes_;
  std::size_t read_ = 0;
  bool begun_ = false;
};

/// Beast's way to close what a deadline of its own ended.
inline void beast_close_socket(websocket_layer& layer) {
  layer.bytes().close();
}

/// Beast's way to end the stream after the closing frames.
template <class Handler>
void async_teardown(beast::role_type /*role*/, websocket_layer& layer, Handler&& handler) {
  net::async_compose<Handler, void(beast::error_code)>(teardown_operation(layer), handler,
                                                       layer.get_executor());
}

} // namespace spec_kitty::listener
