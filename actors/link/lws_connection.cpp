#include "actors/link/lws_connection.hpp"

#include "config/version.hpp"
#include "messages/utf8.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace spec_kitty::link_detail {

namespace {

using namespace std::chrono_literals;

constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr auto close_patience = 1s; ///< for the peer's answer to a close frame
constexpr std::size_t most_reason = 123;

int callback(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t size) {
  auto* self = static_cast<connection*>(lws_context_user(lws_get_context(wsi)));
  return self == nullptr ? 0 : self->on_event(wsi, reason, in, size);
}

const std::array<lws_protocols, 2> protocols = {{
    {"spec-kitty", callback, 0, 65536, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
}};

/// What a peer said, fit for a log: printable, short.
std::string printable(const char* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < std::min(size, most_reason); ++i)
    out += bytes[i] >= 0x20 && bytes[i] < 0x7F ? bytes[i] : '?';
  return out;
}

} // namespace

// ── The thread ───────────────────────────────────────────────────────────────────────────────────

void connection::run() {
  if (open())
    while (!done_ && lws_service(context_, 0) >= 0) {
    }
  finish(ending_.value_or(link_ended{link_end::lost, 0, 0, {}}));
  lws_context* context = nullptr;
  {
    const std::lock_guard hold(guard_);
    context = std::exchange(context_, nullptr);
  }
  if (context != nullptr)
    lws_context_destroy(context);
  const std::lock_guard hold(end_guard_);
  thread_over_ = true;
  end_reached_.notify_all();
}

std::optional<std::string> connection::ca_file(std::string& problem) const {
  const std::string file = request_.ca_file.empty() ? system_bundle : request_.ca_file;
  if (::access(file.c_str(), R_OK) == 0)
    return file;
  problem = "the CA bundle " + file + " cannot be read";
  return std::nullopt;
}

bool connection::open() {
  lws_set_log_level(0, nullptr);
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = protocols.data();
  info.extensions = nullptr;
  info.user = this;
  info.gid = static_cast<decltype(info.gid)>(-1);
  info.uid = static_cast<decltype(info.uid)>(-1);
  info.pt_serv_buf_size = 32 * 1024;
  info.http_proxy_address = ""; // else it would take http_proxy from the environment
  std::string bundle;
  if (request_.tls) {
    std::string problem;
    const auto file = ca_file(problem);
    if (!file) {
      ending_ = link_ended{link_end::tls_refused, 0, 0, problem};
      return false;
    }
    bundle = *file;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    info.client_ssl_ca_filepath = bundle.c_str();
  }
  lws_context* const made = lws_create_context(&info);
  if (made == nullptr) {
    ending_ = link_ended{request_.tls ? link_end::tls_refused : link_end::unreachable, 0, 0,
                         request_.tls ? "the CA bundle " + bundle + " cannot be used"
                                      : "no memory or no descriptor is left"};
    return false;
  }
  {
    const std::lock_guard hold(guard_);
    context_ = made;
    if (quit_asked_)
      return false;
  }
  schedule(connect_deadline_, &connection::on_connect_deadline, request_.connect_timeout);

  const bool usual = request_.port == (request_.tls ? 443 : 80);
  const bool v6 = request_.host.find(':') != std::string::npos;
  const std::string host = (v6 ? "[" + request_.host + "]" : request_.host) +
                           (usual ? std::string() : ":" + std::to_string(request_.port));
  lws_client_connect_info to{};
  to.context = made;
  to.address = request_.host.c_str();
  to.port = request_.port;
  to.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (request_.tls ? LCCSCF_USE_SSL : 0);
  to.path = request_.path.c_str();
  to.host = host.c_str();
  to.origin = nullptr;
  to.protocol = nullptr;
  to.local_protocol_name = protocols[0].name;
  to.ietf_version_or_minus_one = -1;
  to.alpn = "http/1.1";
  to.pwsi = &wsi_;
  if (lws_client_connect_via_info(&to) == nullptr && !ending_)
    ending_ = link_ended{link_end::unreachable, 0, 0, {}};
  return !ending_;
}

void connection::schedule(timer& what, void (connection::*fire)(), std::chrono::milliseconds in) {
  what.owner = this;
  what.fire = fire;
  const auto fired = [](lws_sorted_usec_list_t* sul) {
    auto* one = reinterpret_cast<timer*>(sul);
    (one->owner->*one->fire)();
  };
  lws_sul_schedule(context_, 0, &what.sul, fired, std::chrono::microseconds(in).count());
}

void connection::finish(link_ended how) {
  const std::lock_guard hold(calling_);
  if (std::exchange(told_end_, true))
    return;
  handlers_.ended(std::move(how));
}

// ── From other threads ───────────────────────────────────────────────────────────────────────────

/// The caller holds guard_.
void connection::wake() {
  if (context_ != nullptr && !std::exchange(woken_, true))
    lws_cancel_service(context_);
}

void connection::send(std::string text) {
  const std::lock_guard hold(guard_);
  unsent_ += text.size();
  outgoing_.push_back(std::move(text));
  wake();
}

void connection::taken(std::size_t bytes) {
  const std::size_t left = unread_ -= bytes;
  const std::lock_guard hold(guard_);
  if (left <= request_.most_unread / 2 && left + bytes > request_.most_unread / 2)
    wake();
}

void connection::close() {
  const std::lock_guard hold(guard_);
  close_asked_ = true;
  wake();
}

void connection::abandon(std::chrono::milliseconds patience) {
  {
    const std::lock_guard hold(guard_);
    quit_asked_ = true;
    wake();
  }
  {
    std::unique_lock hold(end_guard_);
    if (end_reached_.wait_for(hold, patience, [this] { return thread_over_; }))
      return;
  }
  finish({link_end::asked, 0, 0, {}}); // the thread hangs in a name lookup: it is left to itself
}

void connection::carry_out_commands() {
  bool close_now = false;
  {
    const std::lock_guard hold(guard_);
    woken_ = false;
    if (quit_asked_) {
      ending_ = ending_.value_or(link_ended{link_end::asked, 0, 0, {}});
      done_ = true;
      return;
    }
    close_now = close_asked_;
  }
  if (throttled_ && unread_ <= request_.most_unread / 2 && wsi_ != nullptr) {
    throttled_ = false;
    lws_rx_flow_control(wsi_, 1);
  }
  if (close_now && !established_) {
    ending_ = ending_.value_or(link_ended{link_end::asked, 0, 0, {}});
    done_ = true;
  } else if (close_now && !ending_ && close_deadline_.owner == nullptr) {
    schedule(close_deadline_, &connection::on_close_deadline, close_patience);
  }
  if (established_ && wsi_ != nullptr)
    lws_callback_on_writable(wsi_);
}

// ── Events ───────────────────────────────────────────────────────────────────────────────────────

int connection::on_event(lws* wsi, int reason, void* in, std::size_t size) {
  switch (reason) {
  case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
    carry_out_commands();
    return 0;
  case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    return append_headers(wsi, static_cast<unsigned char**>(in), size);
  case LWS_CALLBACK_CLIENT_ESTABLISHED: {
    established_ = true;
    wsi_ = wsi;
    lws_sul_schedule(context_, 0, &connect_deadline_.sul, nullptr, LWS_SET_TIMER_USEC_CANCEL);
    schedule(ping_time_, &connection::on_ping_time, request_.ping_every);
    {
      const std::lock_guard hold(calling_);
      if (!told_end_)
        handlers_.opened();
    }
    carry_out_commands(); // what was asked for before
    return 0;
  }
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    on_connection_error(wsi, static_cast<const char*>(in), size);
    return 0;
  case LWS_CALLBACK_CLIENT_RECEIVE:
    on_life();
    take_text(wsi, static_cast<const char*>(in), size);
    return 0;
  case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
    on_life();
    return 0;
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    return write_next(wsi);
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: {
    const auto* bytes = static_cast<const unsigned char*>(in);
    const int code = size >= 2 ? bytes[0] << 8 | bytes[1] : 1005;
    if (!ending_)
      ending_ = link_ended{link_end::closed, 0, code,
                           size > 2 ? printable(static_cast<const char*>(in) + 2, size - 2)
                                    : std::string()};
    return 0;
  }
  case LWS_CALLBACK_CLIENT_CLOSED:
  case LWS_CALLBACK_WSI_DESTROY:
    if (wsi != wsi_)
      return 0;
    wsi_ = nullptr;
    if (!ending_)
      ending_ = link_ended{link_end::lost, 0, 0, {}};
    done_ = true;
    return 0;
  default:
    return 0;
  }
}

int connection::append_headers(lws* wsi, unsigned char** at, std::size_t size) const {
  unsigned char* const end = *at + size;
  const auto add = [&](lws_token_indexes name, const std::string& value) {
    return lws_add_http_header_by_token(wsi, name,
                                        reinterpret_cast<const unsigned char*>(value.c_str()),
                                        static_cast<int>(value.size()), at, end) != 0;
  };
  return add(WSI_TOKEN_HTTP_AUTHORIZATION, "Bearer " + request_.bearer) ||
                 add(WSI_TOKEN_HTTP_USER_AGENT, "spec-kitty/" + std::string(version))
             ? -1
             : 0;
}

void connection::on_connection_error(lws* wsi, const char* in, std::size_t size) {
  done_ = true;
  wsi_ = nullptr;
  if (ending_)
    return;
  const int status = wsi == nullptr ? 0 : static_cast<int>(lws_http_client_http_response(wsi));
  const std::string words = in == nullptr ? std::string() : printable(in, size);
  std::string lower = words;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto says = [&](const char* word) { return lower.find(word) != std::string::npos; };
  link_ended how{link_end::unreachable, 0, 0, words};
  if (status != 0 && status != 101) {
    how.how = link_end::refused;
    how.http_status = status;
  } else if (request_.tls && (says("tls") || says("ssl") || says("cert"))) {
    how.how = link_end::tls_refused;
  } else if (says("hs:") || status == 101) {
    how.how = link_end::bad_frame;
  } else if (says("closed before established") || says("hangup")) {
    how.how = link_end::lost;
  }
  ending_ = std::move(how);
}

void connection::take_text(lws* wsi, const char* in, std::size_t size) {
  if (ending_)
    return; // being closed: what comes is not looked at
  if (lws_frame_is_binary(wsi) != 0)
    return fail(link_end::bad_frame, 1003, "a binary message");
  if (incoming_.size() + size > request_.most_message)
    return fail(link_end::too_large, 1009, {});
  incoming_.append(in, size);
  if (lws_is_final_fragment(wsi) == 0 || lws_remaining_packet_payload(wsi) != 0)
    return;
  std::string whole = std::exchange(incoming_, {});
  if (!is_utf8(whole))
    return fail(link_end::bad_frame, 1007, "text that is not UTF-8");
  if ((unread_ += whole.size()) > request_.most_unread && !std::exchange(throttled_, true))
    lws_rx_flow_control(wsi, 0);
  const std::lock_guard hold(calling_);
  if (!told_end_)
    handlers_.text(std::move(whole));
}

int connection::write_next(lws* wsi) {
  if (ending_ && ending_->how != link_end::closed) {
    lws_close_reason(wsi, static_cast<lws_close_status>(close_code_), nullptr, 0);
    return -1;
  }
  if (std::exchange(ping_due_, false)) {
    std::array<unsigned char, LWS_PRE + 1> empty{};
    if (lws_write(wsi, empty.data() + LWS_PRE, 0, LWS_WRITE_PING) < 0)
      return -1;
    lws_callback_on_writable(wsi);
    return 0;
  }
  std::string text;
  bool more = false;
  bool close_now = false;
  {
    const std::lock_guard hold(guard_);
    if (!outgoing_.empty()) {
      text = std::move(outgoing_.front());
      outgoing_.pop_front();
    }
    more = !outgoing_.empty();
    close_now = close_asked_ && !more;
  }
  if (!text.empty()) {
    std::vector<unsigned char> bytes(LWS_PRE + text.size());
    std::copy(text.begin(), text.end(), bytes.begin() + LWS_PRE);
    if (lws_write(wsi, bytes.data() + LWS_PRE, text.size(), LWS_WRITE_TEXT) < 0)
      return -1;
    // What libwebsockets could not hand to the kernel it keeps, and calls again when it is gone.
    if ((unsent_ -= text.size()) == 0) {
      const std::lock_guard hold(calling_);
      if (!told_end_)
        handlers_.drained();
    }
    more = true; // once more, for what comes behind: the close
  }
  if (text.empty() && close_now) {
    ending_ = link_ended{link_end::asked, 0, 0, {}};
    lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, nullptr, 0);
    return -1;
  }
  if (more)
    lws_callback_on_writable(wsi);
  return 0;
}

void connection::fail(link_end how, int close_code, std::string words) {
  if (ending_)
    return;
  ending_ = link_ended{how, 0, close_code, std::move(words)};
  close_code_ = close_code;
  schedule(close_deadline_, &connection::on_close_deadline, close_patience);
  if (wsi_ != nullptr)
    lws_callback_on_writable(wsi_);
}

void connection::on_connect_deadline() {
  if (established_)
    return;
  ending_ = link_ended{link_end::timed_out, 0, 0, {}};
  done_ = true;
}

/// Any frame answers a PING; the deadline goes, so that an idle thread sleeps until the next one.
void connection::on_life() {
  if (!std::exchange(awaiting_pong_, false))
    return;
  lws_sul_schedule(context_, 0, &pong_deadline_.sul, nullptr, LWS_SET_TIMER_USEC_CANCEL);
  schedule(ping_time_, &connection::on_ping_time, request_.ping_every);
}

void connection::on_ping_time() {
  awaiting_pong_ = true;
  ping_due_ = true;
  if (wsi_ != nullptr)
    lws_callback_on_writable(wsi_);
  schedule(pong_deadline_, &connection::on_pong_deadline, request_.pong_within);
}

void connection::on_pong_deadline() {
  if (throttled_) // a peer whose messages we do not take cannot be heard
    return schedule(pong_deadline_, &connection::on_pong_deadline, request_.pong_within);
  ending_ = ending_.value_or(link_ended{link_end::silent, 0, 0, {}});
  done_ = true;
}

} // namespace spec_kitty::link_detail
