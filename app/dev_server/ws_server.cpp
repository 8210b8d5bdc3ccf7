#include "app/dev_server/ws_server.hpp"

#include "app/dev_server/http.hpp"
#include "messages/protocol.hpp"
#include "util/utf8.hpp"

#include <libwebsockets.h>

#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace spec_kitty::dev_server {

namespace {

std::string header(lws* wsi, lws_token_indexes name) {
  const int length = lws_hdr_total_length(wsi, name);
  if (length <= 0)
    return {};
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, value.data(), length + 1, name);
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

constexpr int misdirected = 421; // RFC 9110, 15.5.20

/// Answers an upgrade with a status instead. By hand: this early, lws_return_http_status
/// answers as HTTP/1.0, which strict clients refuse.
int refuse(lws* wsi, int status) {
  const std::string body = R"({"detail":"the upgrade is refused"})";
  const std::string text = "HTTP/1.1 " + std::to_string(status) +
                           " Refused\r\ncontent-type: application/json\r\ncontent-length: " +
                           std::to_string(body.size()) + "\r\nconnection: close\r\n\r\n" + body;
  std::vector<unsigned char> bytes(LWS_PRE);
  bytes.insert(bytes.end(), text.begin(), text.end());
  lws_write(wsi, bytes.data() + LWS_PRE, text.size(), LWS_WRITE_HTTP_HEADERS);
  return -1;
}

constexpr std::size_t max_written = std::size_t{60} * 1024;

/// A whole text frame of a server: not masked (RFC 6455, 5.2).
void append_frame(std::string& to, std::string_view text) {
  constexpr std::size_t max_short = 125;
  const auto append_length = [&](char form, unsigned bytes) {
    to += form;
    for (unsigned left = bytes; left > 0; --left)
      to += static_cast<char>(text.size() >> (8 * (left - 1)) & 0xFF);
  };
  to += '\x81';
  if (text.size() <= max_short)
    append_length(static_cast<char>(text.size()), 0);
  else if (text.size() <= 0xFFFF)
    append_length(126, 2);
  else
    append_length(127, 8);
  to += text;
}

/// Ends the connection without a close frame, as a broken network does.
int cut(lws* wsi) {
  ::shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
  return 0;
}

} // namespace

ws_server::ws_server(ws_hub& hub, admission admit) : hub_(hub), admit_(std::move(admit)) {
  hub_.on_wake([this](ws_hub::id id) {
    const auto found = sockets_.find(id);
    if (found == sockets_.end())
      return;
    if (hub_.waiting_bytes(id) > max_waiting_bytes)
      cut(found->second);
    lws_callback_on_writable(found->second);
  });
}

std::optional<int> ws_server::on_event(lws* wsi, int reason, const char* in, std::size_t size) {
  if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
    return admit(wsi);
  if (reason == LWS_CALLBACK_ESTABLISHED)
    return open(wsi);
  if (reason == LWS_CALLBACK_WSI_DESTROY)
    admitted_.erase(wsi);
  const auto found = connections_.find(wsi);
  if (found == connections_.end())
    return std::nullopt;
  switch (reason) {
  case LWS_CALLBACK_RECEIVE:
    return receive(wsi, found->second, in, size);
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return write(wsi, found->second);
  case LWS_CALLBACK_TIMER:
    return on_timer(wsi, found->second);
  case LWS_CALLBACK_CLOSED:
  case LWS_CALLBACK_WSI_DESTROY: {
    const auto id = found->second.id;
    connections_.erase(found);
    sockets_.erase(id);
    hub_.disconnect(id);
    return 0;
  }
  default:
    return std::nullopt;
  }
}

int ws_server::admit(lws* wsi) {
  constexpr std::string_view scheme = "Bearer ";
  int status = hub_.rules().refuse_status;
  if (const std::string host = header(wsi, WSI_TOKEN_HOST);
      status == 0 && !host.empty() && !is_this_machine(host))
    status = misdirected;
  if (status == 0 && header(wsi, WSI_TOKEN_GET_URI) != protocol::ws_path)
    status = HTTP_STATUS_NOT_FOUND;
  if (status == 0) {
    const std::string given = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
    auto owner = given.starts_with(scheme) ? admit_(given.substr(scheme.size())) : std::nullopt;
    if (owner) {
      admitted_[wsi] = std::move(*owner);
      return 0;
    }
    status = HTTP_STATUS_UNAUTHORIZED;
  }
  return refuse(wsi, status);
}

int ws_server::open(lws* wsi) {
  auto node = admitted_.extract(wsi);
  if (node.empty())
    return -1;
  connection& made = connections_[wsi];
  const auto& rules = hub_.rules();
  const auto now = clock::now();
  if (rules.cut_every_ms > 0)
    made.cut_at = now + std::chrono::milliseconds(rules.cut_every_ms);
  if (rules.ping_s > 0)
    made.ping_at = now + std::chrono::seconds(rules.ping_s);
  made.id = hub_.connect(node.mapped());
  sockets_.emplace(made.id, wsi);
  set_timer(wsi, made);
  lws_callback_on_writable(wsi); // the snapshot waits
  if (rules.stall)
    lws_rx_flow_control(wsi, 0);
  return 0;
}

int ws_server::receive(lws* wsi, connection& from, const char* in, std::size_t size) {
  if (from.close_code != 0)
    return 0;
  const auto close_with = [&](int code) {
    from.close_code = code; // not in the middle of a message: at the next write
    lws_callback_on_writable(wsi);
    return 0;
  };
  if (lws_frame_is_binary(wsi) != 0)
    return close_with(LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
  if (from.incoming.size() + size > max_message_bytes)
    return close_with(LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
  from.incoming.append(in, size);
  if (lws_is_final_fragment(wsi) == 0 || lws_remaining_packet_payload(wsi) != 0)
    return 0;
  const std::string whole = std::exchange(from.incoming, {});
  if (!is_utf8(whole))
    return close_with(LWS_CLOSE_STATUS_INVALID_PAYLOAD);
  hub_.receive(from.id, whole);
  if (hub_.wants_commit())
    hub_.commit();
  if (hub_.wants_close(from.id))
    lws_callback_on_writable(wsi);
  return 0;
}

int ws_server::write(lws* wsi, connection& to) {
  if (to.close_code == 0 && !hub_.has_next(to.id) && hub_.wants_close(to.id))
    to.close_code = static_cast<int>(hub_.rules().close_code);
  if (to.close_code != 0) {
    lws_close_reason(wsi, static_cast<lws_close_status>(to.close_code), nullptr, 0);
    return -1;
  }
  frames_.clear();
  while (frames_.size() < max_written && hub_.has_next(to.id))
    append_frame(frames_, *hub_.next(to.id));
  // As it is: libwebsockets would send each frame with a system call of its own.
  if (!frames_.empty() && lws_write(wsi, reinterpret_cast<unsigned char*>(frames_.data()),
                                    frames_.size(), LWS_WRITE_RAW) < 0)
    return -1;
  if (hub_.has_next(to.id) || hub_.wants_close(to.id))
    lws_callback_on_writable(wsi);
  return 0;
}

int ws_server::on_timer(lws* wsi, connection& of) {
  const auto now = clock::now();
  if (now >= of.cut_at)
    return cut(wsi);
  if (now >= of.ping_at) {
    of.ping_at = now + std::chrono::seconds(hub_.rules().ping_s);
    hub_.ping(of.id, static_cast<std::int64_t>(std::time(nullptr)));
  }
  set_timer(wsi, of);
  return 0;
}

void ws_server::set_timer(lws* wsi, const connection& of) {
  const auto next = std::min(of.cut_at, of.ping_at);
  if (next == clock::time_point::max())
    return;
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(next - clock::now());
  lws_set_timer_usecs(wsi, std::max<lws_usec_t>(left.count(), 1000));
}

} // namespace spec_kitty::dev_server
