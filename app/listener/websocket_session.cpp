#include "app/listener/websocket_session.hpp"

#include "app/listener/websocket_layer.hpp"
#include "app/listener/websocket_queue.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace spec_kitty::listener {

namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using std::chrono::steady_clock;

/// What Beast's close frame says after this failure of the peer.
std::uint16_t code_of(const beast::error_code& error) {
  if (error == websocket::error::message_too_big)
    return websocket::close_code::too_big;
  if (error == websocket::error::bad_frame_payload)
    return websocket::close_code::bad_payload;
  if (error == websocket::condition::protocol_violation)
    return websocket::close_code::protocol_error;
  return websocket::close_code::abnormal;
}

/// Messages that were handed over and are still held. Outlives the session.
struct intake {
  std::atomic<std::size_t> bytes{0};
};

class websocket_session : public connection,
                          public std::enable_shared_from_this<websocket_session> {
public:
  websocket_session(io_thread& io, std::shared_ptr<stream> bytes, connection_ticket ticket,
                    websocket_events events);
  ~websocket_session() override;

  /// One whose upgrade is being answered is closed as soon as it is open.
  void begin_stop() override {
    if (opened_)
      close(1012, "the server restarts");
  }
  void cut() override;
  void accept(const inbound_request& request, std::function<void(bool)> record);

private:
  template <class Function, class... Arguments>
  void call(const Function& function, Arguments&&... arguments);
  void open();
  void read();
  void on_read(const beast::error_code& error);
  void deliver(std::string text);
  void resume_reading();
  void on_control(websocket::frame_type kind);
  void count_ping();
  void pump();
  void on_written(const beast::error_code& error);
  void handle_overflow(const overflow_report& report);
  void close(std::uint16_t code, std::string reason);
  void send_close();
  void cut_after(std::chrono::milliseconds time);
  void end(std::uint16_t code, std::string reason);
  void end_with(const beast::error_code& error);

  io_thread& io_;
  listener_core& core_;
  connection_ticket ticket_;
  websocket_events events_;
  websocket::stream<websocket_layer, false> socket_; // without permessage-deflate
  beast::flat_buffer message_;
  std::shared_ptr<websocket_queue> queue_;
  std::shared_ptr<intake> intake_ = std::make_shared<intake>();
  std::shared_ptr<const std::string> writing_;
  std::optional<close_request> close_;
  std::unique_ptr<net::steady_timer> hard_stop_;
  steady_clock::time_point ping_window_ = steady_clock::now();
  unsigned pings_ = 0;
  bool opened_ = false;
  bool close_sent_ = false;
  /// Ourselves, while too much of what was received is still held: nothing else waits then.
  std::shared_ptr<websocket_session> paused_;
  bool ended_ = false;
};

websocket_session::websocket_session(io_thread& io, std::shared_ptr<stream> bytes,
                                     connection_ticket ticket, websocket_events events)
    : io_(io), core_(io.core), ticket_(std::move(ticket)), events_(std::move(events)),
      socket_(websocket_layer(std::move(bytes), io.core.limits())),
      message_(io.core.limits().max_websocket_message) {
  io_.connections.insert(this);
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = core_.limits().websocket_close;
  timeout.idle_timeout = core_.limits().websocket_silence;
  timeout.keep_alive_pings = true;
  socket_.set_option(timeout);
  socket_.read_message_max(core_.limits().max_websocket_message);
  socket_.auto_fragment(false);
  socket_.text(true);
}

websocket_session::~websocket_session() {
  try {
    end(1006, "the listener ended");
    io_.connections.erase(this);
  } catch (...) { // the program's function threw; the connection ends all the same
    io_.connections.erase(this);
  }
}

void websocket_session::cut() {
  socket_.next_layer().bytes().close();
  if (const auto self = std::exchange(paused_, nullptr))
    end(1006, "cut");
}

/// Calls a function of the program; one that throws ends the socket.
template <class Function, class... Arguments>
void websocket_session::call(const Function& function, Arguments&&... arguments) {
  if (!function)
    return;
  try {
    function(std::forward<Arguments>(arguments)...);
  } catch (const std::exception&) {
    close(1011, "internal error");
  }
}

void websocket_session::accept(const inbound_request& request, std::function<void(bool)> record) {
  auto head = std::make_shared<beast::http::request<beast::http::empty_body>>();
  head->method(beast::http::verb::get);
  head->target("/");
  head->version(11);
  for (const std::string_view name :
       {"host", "connection", "upgrade", "sec-websocket-key", "sec-websocket-version"}) {
    const auto value = request.header(name);
    head->set(beast::string_view(name.data(), name.size()),
              beast::string_view(value.data(), value.size()));
  }
  socket_.async_accept(*head, [self = shared_from_this(), head,
                               record = std::move(record)](const beast::error_code& error) {
    record(!error);
    if (!error)
      self->open();
  });
}

void websocket_session::open() {
  opened_ = true;
  core_.counters.add(&listener_counters::websockets);
  core_.counters.add(&listener_counters::websockets_opened);
  queue_ = std::make_shared<websocket_queue>(core_.limits().max_unsent,
                                             [mailbox = io_.mailbox](std::function<void()> work) {
                                               mailbox->post_in_turn(std::move(work));
                                             });
  queue_->attach([this] { pump(); }); // detached by end(), at the latest in the destructor
  socket_.control_callback(
      [this](websocket::frame_type kind, beast::string_view /*payload*/) { on_control(kind); });
  call(events_.on_open, queue_);
  if (core_.stopping)
    begin_stop();
  read();
}

void websocket_session::read() {
  socket_.async_read(message_,
                     [self = shared_from_this()](const beast::error_code& error,
                                                 std::size_t /*bytes*/) { self->on_read(error); });
}

void websocket_session::on_read(const beast::error_code& error) {
  if (error) {
    end_with(error);
    return;
  }
  core_.counters.add(&listener_counters::websocket_messages_in);
  const auto bytes = message_.data();
  std::string text(static_cast<const char*>(bytes.data()), bytes.size());
  message_.consume(message_.size());
  message_.shrink_to_fit();
  deliver(std::move(text));
  if (ended_)
    return;
  if (intake_->bytes > core_.limits().max_unhandled_bytes)
    paused_ = shared_from_this();
  else
    read();
}

void websocket_session::deliver(std::string text) {
  if (!events_.on_message || close_)
    return;
  const std::size_t size = text.size();
  intake_->bytes += size;
  websocket_message message;
  message.text = std::move(text);
  message.binary = socket_.got_binary();
  message.hold = std::shared_ptr<const void>(
      nullptr, [mailbox = io_.mailbox, intake = intake_, size,
                max = core_.limits().max_unhandled_bytes, weak = weak_from_this()](const void*) {
        const std::size_t before = intake->bytes.fetch_sub(size);
        if (before > max && before - size <= max)
          mailbox->post([weak] {
            if (const auto self = weak.lock())
              self->resume_reading();
          });
      });
  call(events_.on_message, std::move(message));
}

void websocket_session::resume_reading() {
  if (ended_ || !paused_ || intake_->bytes > core_.limits().max_unhandled_bytes)
    return;
  const auto self = std::exchange(paused_, nullptr);
  read();
}

/// Called while Beast reads a control frame.
void websocket_session::on_control(websocket::frame_type kind) {
  if (kind != websocket::frame_type::close) {
    count_ping();
    return;
  }
  // Beast would echo a code that RFC 6455, 7.4.2 does not define.
  if (socket_.reason().code > 4999 && !writing_) {
    constexpr std::array<char, 4> protocol_error = {'\x88', '\x02', '\x03', '\xea'};
    auto& bytes = socket_.next_layer().bytes();
    bytes.write_now(protocol_error);
    bytes.finish_now();
    bytes.close();
  }
}

void websocket_session::count_ping() {
  const auto now = steady_clock::now();
  if (now - ping_window_ > std::chrono::seconds(1)) {
    ping_window_ = now;
    pings_ = 0;
  }
  if (++pings_ > core_.limits().max_pings_per_second)
    close(1008, "too many pings");
}

/// Does what is next: an overflow, a message, a close. One write at a time.
void websocket_session::pump() {
  if (ended_)
    return;
  if (const auto overflow = queue_->take_overflow())
    handle_overflow(*overflow);
  if (const auto asked = queue_->take_close(); asked && !close_) {
    if (asked->code == websocket::close_code::abnormal) {
      cut();
      return;
    }
    close_ = asked;
  }
  if (close_ && !hard_stop_)
    cut_after(core_.limits().websocket_close); // Beast's close waits behind a write that is stuck
  if (writing_)
    return;
  if (close_) {
    send_close();
    return;
  }
  writing_ = queue_->front();
  if (!writing_)
    return;
  socket_.async_write(
      net::buffer(*writing_),
      [self = shared_from_this()](const beast::error_code& error, std::size_t /*bytes*/) {
        self->on_written(error);
      });
}

void websocket_session::on_written(const beast::error_code& error) {
  writing_ = nullptr;
  if (ended_)
    return;
  if (error) {
    end_with(error);
    return;
  }
  core_.counters.add(&listener_counters::websocket_messages_out);
  const bool drained = queue_->written();
  if (drained)
    call(events_.on_drained);
  pump();
}

void websocket_session::handle_overflow(const overflow_report& report) {
  core_.counters.add(&listener_counters::websocket_overflows);
  const auto action = events_.on_overflow ? events_.on_overflow(report) : overflow_action::close;
  if (action == overflow_action::close) {
    cut_after(core_.limits().overflow_close);
    close(1013, "the peer reads too slowly");
  } else if (queue_->unsent() == 0) {
    call(events_.on_drained);
  }
}

void websocket_session::close(std::uint16_t code, std::string reason) {
  if (ended_ || close_)
    return;
  if (!opened_) { // the upgrade is not answered yet
    cut();
    return;
  }
  close_ = close_request{code, std::move(reason)};
  queue_->close(code, {});
}

void websocket_session::send_close() {
  if (std::exchange(close_sent_, true))
    return;
  websocket::close_reason reason(static_cast<websocket::close_code>(close_->code));
  reason.reason = beast::string_view(close_->reason.data(), close_->reason.size());
  socket_.async_close(reason, [self = shared_from_this()](const beast::error_code& /*error*/) {
    self->end(self->close_->code, self->close_->reason);
  });
}

void websocket_session::cut_after(std::chrono::milliseconds time) {
  hard_stop_ = std::make_unique<net::steady_timer>(io_.context, time);
  hard_stop_->async_wait([weak = weak_from_this()](const beast::error_code& error) {
    if (const auto self = weak.lock(); self && !error)
      self->cut();
  });
}

void websocket_session::end_with(const beast::error_code& error) {
  if (error == websocket::error::closed) {
    const auto& reason = socket_.reason();
    const std::string text(reason.reason.data(), reason.reason.size());
    if (close_)
      end(close_->code, close_->reason);
    else
      end(reason.code == websocket::close_code::none ? 1005 : reason.code, text);
    return;
  }
  if (close_)
    end(close_->code, close_->reason);
  else
    end(code_of(error), error.message());
}

void websocket_session::end(std::uint16_t code, std::string reason) {
  if (std::exchange(ended_, true))
    return;
  if (hard_stop_)
    hard_stop_->cancel();
  socket_.next_layer().bytes().close();
  if (!opened_)
    return;
  socket_.control_callback({});
  queue_->detach();
  core_.counters.subtract(&listener_counters::websockets);
  paused_ = nullptr;
  const auto events = std::exchange(events_, {});
  call(events.on_closed, websocket_end{code, std::move(reason)});
}

} // namespace

void start_websocket(io_thread& io, std::shared_ptr<stream> bytes, connection_ticket ticket,
                     const inbound_request& request, websocket_events events,
                     std::function<void(bool)> record) {
  bytes->expires_never();
  const auto session = std::make_shared<websocket_session>(io, std::move(bytes), std::move(ticket),
                                                           std::move(events));
  session->accept(request, std::move(record));
}

} // namespace spec_kitty::listener
