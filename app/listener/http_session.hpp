// One HTTP connection, from its first byte to its end or its upgrade.
#pragma once

#include "app/listener/answer_slot.hpp"
#include "app/listener/core.hpp"
#include "app/listener/head_gate.hpp"
#include "app/listener/io_thread.hpp"
#include "app/listener/reply_text.hpp"
#include "app/listener/request_parser.hpp"
#include "app/listener/request_rules.hpp"
#include "app/listener/stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::listener {

class http_session : public connection, public std::enable_shared_from_this<http_session> {
public:
  http_session(io_thread& io, std::shared_ptr<stream> bytes, connection_ticket ticket);
  ~http_session() override;

  void begin_stop() override;
  void cut() override;

  /// Serves requests until the connection ends.
  net::awaitable<void> run();

private:
  /// What follows a request.
  enum class next { request, finish, linger, drop, upgraded };

  net::awaitable<bool> shake_hands();
  net::awaitable<bool> wait_for_request(bool first);
  net::awaitable<next> serve();
  net::awaitable<std::optional<gate_verdict>> read_head();
  bool parse_head(const gate_verdict& head);
  request_framing framing() const;
  net::awaitable<next> answer_request();
  net::awaitable<std::optional<refusal>> read_body();
  net::awaitable<bool> send_continue();
  net::awaitable<next> upgrade();
  template <class Answer, class Handler>
  net::awaitable<Answer> ask(const Handler& handler);
  template <class Answer, class Handler>
  void hand_over(const Handler& handler, const once_callback<Answer>& callback);
  net::awaitable<next> write_reply(outbound_reply reply, bool keep_alive);
  net::awaitable<next> refuse(const refusal& why);
  net::awaitable<void> finish(bool after_refusal);
  void record(int status, std::size_t sent);
  bool is_stopping() const { return core_.stopping; }
  std::string_view unread() const;

  io_thread& io_;
  listener_core& core_;
  std::shared_ptr<stream> stream_;
  std::optional<connection_ticket> ticket_;
  boost::beast::flat_buffer buffer_;
  bool idle_ = false;                    ///< waits for a handshake or the first byte of a request
  net::steady_timer* waiting_ = nullptr; ///< for the program's answer

  // Of the request under way.
  std::unique_ptr<request_parser> parser_;
  inbound_request request_;
  std::string method_; ///< kept for the log line after the request was handed over
  std::string path_;
  std::string peer_;
  std::chrono::steady_clock::time_point started_;
  std::uint64_t received_ = 0;
  bool version_1_0_ = false;
  bool keep_alive_ = false;
  bool head_only_ = false;
};

/// Serves one accepted socket on the thread of `io`.
void start_http_session(io_thread& io, net::ip::tcp::socket socket, connection_ticket ticket);

} // namespace spec_kitty::listener
