#include "actors/link/connection.hpp"

#include "actors/link/lws_context.hpp"
#include "messages/protocol.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"
#include "util/version.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace spec_kitty {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds closing_time{1000};
constexpr int no_code = 1005; // RFC 6455, 7.1.5
constexpr std::size_t max_reason_bytes = 123;
constexpr std::size_t max_written = std::size_t{60} << 10; ///< bytes, and the frame that passes it

bool starts(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

/// Whether the answer to an upgrade is JSON by its content type; lws does not give its body.
bool answer_is_json(lws* wsi) {
  constexpr std::string_view json = "application/json";
  std::array<char, 128> value{};
  const int size =
      lws_hdr_copy(wsi, value.data(), static_cast<int>(value.size()), WSI_TOKEN_HTTP_CONTENT_TYPE);
  const std::string type = lower_case({value.data(), static_cast<std::size_t>(std::max(size, 0))});
  return type == json || type.starts_with(std::string(json) + ";");
}

} // namespace

int connection::on_event(lws_callback_reasons reason, void* in, std::size_t size) {
  const std::string_view bytes(static_cast<const char*>(in), in == nullptr ? 0 : size);
  switch (reason) {
  case LWS_CALLBACK_WSI_CREATE:
    connected_ = true;
    lws_sul_cancel(&attempt_timer_.sul);
    return 0;
  case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    asked_upgrade_ = true;
    return add_headers(static_cast<char**>(in), size);
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    on_refused(bytes);
    return 0;
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
    on_open();
    return 0;
  case LWS_CALLBACK_CLIENT_RECEIVE:
    on_part(bytes);
    return 0; // never anything else: lws would write behind its buffer in mid-message
  case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
    lws_sul_cancel(&pong_timer_.sul);
    return 0;
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    return on_writable();
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    on_peer_close(bytes);
    return 0;
  case LWS_CALLBACK_WS_CLIENT_DROP_PROTOCOL:
    on_hang_up();
    return 0;
  case LWS_CALLBACK_CLIENT_CLOSED:
  case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    broken();
    leave_ = true;
    return 0;
  default:
    return 0;
  }
}

// ── The upgrade ──────────────────────────────────────────────────────────────────────────────────

int connection::add_headers(char** at, std::size_t capacity) {
  const std::string lines =
      "User-Agent: spec-kitty/" + std::string(version) + "\r\n" +
      (request_.bearer.empty() ? std::string()
                               : "Authorization: Bearer " + request_.bearer + "\r\n") +
      (request_.extensions.empty()
           ? std::string()
           : std::string(protocol::extensions_header) + ": " + request_.extensions + "\r\n");
  if (lines.size() >= capacity) {
    decide(link_end::unreachable, "the token is too long for a header");
    return -1;
  }
  std::memcpy(*at, lines.data(), lines.size());
  *at += lines.size();
  return 0;
}

/// `why` is one of lws's own texts; those that begin with "HS:" come after a whole answer.
void connection::on_refused(std::string_view why) {
  const std::string text(why.substr(0, why.find('\0')));
  const auto status = static_cast<int>(lws_http_client_http_response(wsi_));
  const bool whole = starts(text, "HS:");
  if (!connected_)
    return attempt_failed(text);
  if (whole && status != 0 && status != 101) {
    decide(link_end::refused, "the server answered " + std::to_string(status), status);
    end_->json = answer_is_json(wsi_);
  } else if (whole)
    decide(link_end::bad_frame, "invalid upgrade response (" + text + ")", status);
  else if (text == "problems parsing header")
    decide(link_end::bad_frame, "the server's answer is not HTTP", status);
  else if (!proxy_.empty() && starts(text, "proxy")) // lws tells no status
    decide(link_end::proxy_failed,
           "the proxy " + proxy_ + " makes no connection to " + host_header(request_));
  else if (!certificate_words_.empty())
    decide(link_end::tls_refused,
           "the certificate of " + host_ + " was not accepted: " + certificate_words_);
  else if (!asked_upgrade_)
    decide(link_end::lost, "no TLS connection to " + host_header(request_));
  else
    decide(link_end::lost, "the connection broke before the upgrade was answered");
  leave_ = true;
}

void connection::on_open() {
  open_ = true;
  lws_sul_cancel(&connect_timer_.sul);
  start(ping_timer_, request_.ping_every, &connection::ping_now);
  call_handler([&] { handlers_.opened(); });
  if (!queue_.empty())
    lws_callback_on_writable(wsi_);
}

// ── Receiving ────────────────────────────────────────────────────────────────────────────────────

void connection::on_part(std::string_view bytes) {
  if (end_)
    return;
  if (lws_frame_is_binary(wsi_) != 0)
    return begin_closing(link_end::bad_frame, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE,
                         "the server sent a binary message");
  // What is left of the frame is known from its header: no need to wait until it is here.
  const std::size_t left = lws_remaining_packet_payload(wsi_);
  const std::size_t capacity =
      request_.max_message_bytes - std::min(request_.max_message_bytes, message_.size());
  if (bytes.size() > capacity || left > capacity - bytes.size())
    return begin_closing(link_end::too_large, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE,
                         "the server sent a message over " +
                             std::to_string(request_.max_message_bytes) + " bytes");
  message_.append(bytes);
  if (lws_is_final_fragment(wsi_) == 0)
    return;
  if (!is_utf8(message_))
    return begin_closing(link_end::bad_frame, LWS_CLOSE_STATUS_INVALID_PAYLOAD,
                         "the server sent text that is not UTF-8");
  unread_ += message_.size();
  if (unread_ > request_.max_unread_bytes && !paused_) {
    paused_ = true;
    lws_rx_flow_control(wsi_, 0);
  }
  received_.push_back(std::exchange(message_, {}));
}

/// All that a read has brought, in one call.
void connection::hand_over() {
  if (!received_.empty())
    call_handler([&] { handlers_.texts(std::exchange(received_, {})); });
}

void connection::on_peer_close(std::string_view payload) {
  int code = no_code;
  std::string reason;
  if (payload.size() >= 2) {
    code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    reason = printable(payload.substr(2), max_reason_bytes);
  }
  decide(link_end::closed, reason, 0, code);
  start(closing_timer_, closing_time, &connection::closing_expired);
}

bool connection::peer_hung_up() const {
  if (ssl_st* const tls = lws_get_ssl(wsi_); tls != nullptr && SSL_get_shutdown(tls) != 0)
    return true;
  char byte = 0;
  const auto got = ::recv(lws_get_socket_fd(wsi_), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

/// lws is about to hang up; given a reason here, it sends it to the peer first.
void connection::on_hang_up() {
  if (end_ || !open_ || peer_hung_up())
    return;
  decide(link_end::bad_frame, "the server sent a frame that breaks the protocol");
  lws_close_reason(wsi_, LWS_CLOSE_STATUS_PROTOCOL_ERR, nullptr, 0);
  start(closing_timer_, closing_time, &connection::closing_expired);
}

// ── Sending ──────────────────────────────────────────────────────────────────────────────────────

/// lws asks to be written to only when it holds nothing any more.
void connection::give_back_written() {
  if (in_lws_ == 0)
    return;
  const std::size_t before = unsent_.fetch_sub(in_lws_);
  const bool all = before == in_lws_;
  in_lws_ = 0;
  if (all)
    call_handler([&] { handlers_.drained(); });
}

int connection::broken() {
  decide(link_end::lost, "the connection broke");
  return -1;
}

int connection::on_writable() {
  give_back_written();
  if (closing_ && (queue_.empty() || end_->how != link_end::asked)) {
    lws_close_reason(wsi_, close_with_, nullptr, 0);
    return -1;
  }
  if (end_ && !closing_)
    return 0;
  if (ping_due_) {
    ping_due_ = false;
    unsigned char buffer[LWS_PRE + 1];
    if (lws_write(wsi_, buffer + LWS_PRE, 0, LWS_WRITE_PING) < 0)
      return broken();
  }
  while (!queue_.empty() && lws_send_pipe_choked(wsi_) == 0) {
    frames_.clear();
    do {
      if (!frames_.append_text(queue_.front()))
        return broken();
      in_lws_ += queue_.front().size();
      queue_.pop_front();
    } while (!queue_.empty() && frames_.size() < max_written);
    if (lws_write(wsi_, frames_.data(), frames_.size(), LWS_WRITE_RAW) < 0)
      return broken();
  }
  if (in_lws_ > 0 || !queue_.empty() || closing_)
    lws_callback_on_writable(wsi_); // to notice when it is sent
  return 0;
}

void connection::begin_closing(link_end how, lws_close_status code, std::string words) {
  decide(how, std::move(words));
  closing_ = true;
  close_with_ = code;
  message_ = {};
  if (paused_) { // else the peer's answer to the close is never read
    paused_ = false;
    lws_rx_flow_control(wsi_, 1);
  }
  start(closing_timer_, closing_time, &connection::closing_expired);
  lws_callback_on_writable(wsi_);
}

// ── Signs of life ────────────────────────────────────────────────────────────────────────────────

/// Any byte counts as life, not only whole frames: a large message on a slow line takes longer than
/// a PONG may. lws itself reports nothing about PINGs from the server, nor of a frame's beginning.
connection::counted connection::counters() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(lws_get_socket_fd(wsi_), IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    return {};
  return {info.tcpi_bytes_received, info.tcpi_bytes_acked};
}

void connection::ping_now() {
  if (end_ || wsi_ == nullptr)
    return;
  start(ping_timer_, request_.ping_every, &connection::ping_now);
  if (pong_timer_.sul.list.owner != nullptr)
    return; // one at a time: a new one would move the mark that the last is judged by
  ping_due_ = true;
  at_ping_ = counters();
  start(pong_timer_, request_.pong_within, &connection::pong_missing);
  lws_callback_on_writable(wsi_);
}

void connection::pong_missing() {
  if (end_ || wsi_ == nullptr)
    return;
  const counted now = counters();
  if (now.received != at_ping_.received)
    return;
  // We do not read, or the PING waits behind what the peer still takes: silence proves nothing.
  if (paused_ || (ping_due_ && now.acknowledged != at_ping_.acknowledged)) {
    at_ping_ = now;
    return start(pong_timer_, request_.pong_within, &connection::pong_missing);
  }
  decide(link_end::silent, "the server stopped responding");
  leave_ = true;
}

} // namespace spec_kitty
