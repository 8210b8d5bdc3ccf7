#include "actors/link/connection.hpp"

#include "actors/link/lws_context.hpp"
#include "config/proxy.hpp"

#include <openssl/x509_vfy.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iterator>

namespace spec_kitty {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t max_host_header_bytes = 110; // lws cuts the header line off at 128 bytes
constexpr std::size_t max_path_bytes = 1024;
constexpr std::size_t part_of_frame = std::size_t{64} << 10; // handed over at once

/// An IPv6 address without its brackets.
std::string bare_address(const std::string& host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

bool is_header_safe(std::string_view text) {
  for (const char c : text)
    if (c < ' ' || c > '~')
      return false;
  return true;
}

milliseconds until(steady_clock::time_point when) {
  return std::chrono::duration_cast<milliseconds>(when - steady_clock::now());
}

/// This thread is for the network: the process's signals go to the others, and a write to a peer
/// that has gone is an error, not SIGPIPE (OpenSSL writes without MSG_NOSIGNAL).
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) // about this thread itself
    sigdelset(&all, own);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

} // namespace

connection::connection(link_request request, link_handlers handlers)
    : request_(std::move(request)), host_(request_.host), proxy_(shown_proxy(request_.proxy)),
      handlers_(std::move(handlers)) {}

// ── From any thread ──────────────────────────────────────────────────────────────────────────────

void connection::send(std::vector<std::string> texts) {
  if (end_reported_ || close_asked_)
    return;
  std::size_t bytes = 0;
  for (const auto& text : texts)
    bytes += text.size();
  unsent_ += bytes;
  box_->post([&](posted& to) {
    if (to.texts.empty())
      to.texts = std::move(texts);
    else
      std::move(texts.begin(), texts.end(), std::back_inserter(to.texts));
  });
}

void connection::taken(std::size_t bytes) {
  box_->post([&](posted& to) { to.taken += bytes; });
}

void connection::close() {
  close_asked_ = true;
  box_->post([](posted& to) { to.close = true; });
}

void connection::stop() {
  box_->post([](posted& to) { to.stop = true; });
}

void connection::abandon(bool own_thread) {
  std::unique_lock hold(handler_guard_, std::defer_lock);
  // A handler that does not return must not block its link's owner; no handler runs after it.
  const bool quiet = !own_thread && hold.try_lock();
  if (!end_reported_.exchange(true))
    handlers_.ended({link_end::asked, 0, 0, "closed"});
  if (quiet)
    handlers_ = {}; // the thread must not destroy objects of the program
}

// ── The thread ───────────────────────────────────────────────────────────────────────────────────

void connection::run() {
  block_signals();
  deadline_ = steady_clock::now() + request_.connect_timeout;
  connect_and_serve();
  close_context();
  report_end();
  box_->finish();
}

void connection::connect_and_serve() {
  if (!usable())
    return;
  const auto proxy = parse_proxy(request_.proxy);
  const std::string peer = proxy_.empty() ? host_ : bare_address(proxy->host);
  auto found = look_up(peer, box_, deadline_);
  on_posted();
  if (leave_)
    return;
  if (!found)
    return decide(link_end::timed_out, "looking up " + peer + " takes too long");
  if (found->numeric.empty())
    return decide(proxy_.empty() ? link_end::unreachable : link_end::proxy_failed,
                  (proxy_.empty() ? host_ : "the proxy " + proxy_) +
                      " is not known: " + found->error);
  addresses_ = std::move(found->numeric);
  if (!open_context())
    return decide(link_end::unreachable, "out of memory or of file descriptors");
  start(connect_timer_, std::max(until(deadline_), milliseconds(1)), &connection::connect_expired);
  try_next_ = true;
  while (!leave_) {
    if (try_next_)
      next_address();
    on_posted();
    if (leave_)
      return;
    const bool failed = lws_service(context_, 0) < 0;
    hand_over();
    if (failed)
      return decide(link_end::lost, "the event loop failed");
  }
}

/// What could only go wrong inside lws, and worse there.
bool connection::usable() {
  if (host_.empty() || !is_header_safe(host_) || !is_header_safe(request_.path) ||
      host_header(request_).size() > max_host_header_bytes ||
      request_.path.size() > max_path_bytes || request_.path.empty() ||
      request_.path.find(' ') != std::string::npos || request_.port <= 0 || request_.port > 65535) {
    decide(link_end::unreachable, "the address cannot be used");
    return false;
  }
  if (!is_header_safe(request_.bearer)) {
    decide(link_end::unreachable, "the token has characters that a header cannot contain");
    return false;
  }
  if (!proxy_.empty() && !proxy_usable())
    return false;
  if (!request_.tls)
    return true;
  if (host_.find(':') != std::string::npos) {
    decide(link_end::tls_refused, "a certificate cannot be checked against an IPv6 address: "
                                  "use the server's name");
    return false;
  }
  const std::string file = ca_file_of(request_);
  struct stat what {};
  if (::stat(file.c_str(), &what) != 0 || !S_ISREG(what.st_mode) ||
      ::access(file.c_str(), R_OK) != 0) {
    decide(link_end::tls_refused, "cannot read the certificates in " + file);
    return false;
  }
  return true;
}

/// lws writes its request to the proxy into 256 bytes, and the account into 96.
bool connection::proxy_usable() {
  constexpr std::size_t max_host = 80;
  constexpr std::size_t max_account = 90;
  const auto proxy = parse_proxy(request_.proxy);
  if (proxy && proxy->scheme == "http" && host_.size() <= max_host &&
      proxy->user.size() + proxy->password.size() <= max_account)
    return true;
  decide(link_end::proxy_failed, "the proxy " + proxy_ + " cannot be used for the WebSocket");
  return false;
}

bool connection::open_context() {
  static const lws_protocols protocols[] = {
      {"spec-kitty", &connection::dispatch, 0, part_of_frame, 0, nullptr, 0},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0}};
  context_ = make_lws_context(request_, protocols);
  if (context_ == nullptr)
    return false;
  box_->set_waker([context = context_] { lws_cancel_service(context); });
  return true;
}

void connection::close_context() {
  box_->set_waker(nullptr);
  leave_ = true; // the callbacks that follow change nothing any more
  if (context_ == nullptr)
    return;
  for (timer* each_timer :
       {&connect_timer_, &attempt_timer_, &ping_timer_, &pong_timer_, &closing_timer_})
    lws_sul_cancel(&each_timer->sul);
  lws_context_destroy(context_);
  context_ = nullptr;
  wsi_ = nullptr;
}

void connection::next_address() {
  try_next_ = false;
  const std::string address = addresses_[tried_++];
  // An address that never answers must leave time for the others.
  const auto left = static_cast<long>(addresses_.size() - tried_) + 1;
  if (left > 1)
    start(attempt_timer_, std::max(until(deadline_) / left, milliseconds(1)),
          &connection::attempt_expired);
  wsi_ = nullptr;
  if (!begin_connection(context_, request_, address, this, &wsi_) && !try_next_)
    attempt_failed("no connection");
}

void connection::attempt_failed(std::string_view why) {
  wsi_ = nullptr;
  lws_sul_cancel(&attempt_timer_.sul);
  if (end_) {
    leave_ = true;
  } else if (tried_ < addresses_.size()) {
    try_next_ = true; // by the loop: lws is still busy with the one that failed
  } else {
    decide(proxy_.empty() ? link_end::unreachable : link_end::proxy_failed,
           "no connection to " + (proxy_.empty() ? host_header(request_) : "the proxy " + proxy_) +
               ": " + std::string(why));
    leave_ = true;
  }
}

void connection::attempt_expired() {
  if (wsi_ != nullptr && !connected_)
    lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

void connection::connect_expired() {
  decide(link_end::timed_out, connected_ ? "no answer from " + host_header(request_)
                                         : "no connection to " + host_header(request_));
  leave_ = true;
}

void connection::on_posted() {
  posted all = box_->take();
  if (all.stop) {
    decide(link_end::asked, "closed");
    leave_ = true;
    return;
  }
  for (auto& text : all.texts)
    queue_.push_back(std::move(text));
  unread_ -= std::min(unread_, all.taken);
  if (paused_ && unread_ <= request_.max_unread_bytes / 2 && wsi_ != nullptr) {
    paused_ = false;
    lws_rx_flow_control(wsi_, 1);
  }
  if (all.close && !end_) {
    if (open_)
      begin_closing(link_end::asked, LWS_CLOSE_STATUS_NORMAL, "closed");
    else {
      decide(link_end::asked, "closed");
      leave_ = true;
    }
  }
  if (open_ && wsi_ != nullptr && !queue_.empty())
    lws_callback_on_writable(wsi_);
}

void connection::decide(link_end how, std::string words, int http_status, int close_code) {
  if (end_)
    return;
  // The server's words may repeat the token.
  if (const auto at = words.find(request_.bearer);
      !request_.bearer.empty() && at != std::string::npos)
    words = "the server's message contains the token";
  end_ = link_ended{how, http_status, close_code, std::move(words)};
}

void connection::report_end() {
  const std::lock_guard hold(handler_guard_);
  if (end_reported_.exchange(true))
    return;
  handlers_.ended(end_.value_or(link_ended{}));
}

void connection::start(timer& which, milliseconds after, void (connection::*expired)()) {
  static_assert(std::is_standard_layout_v<timer>);
  which.owner = this;
  which.expired = expired;
  lws_sul_schedule(
      context_, 0, &which.sul,
      [](lws_sorted_usec_list_t* sul) {
        const auto* expired_timer = reinterpret_cast<timer*>(sul);
        connection& owner = *expired_timer->owner;
        if (owner.leave_)
          return;
        (owner.*expired_timer->expired)();
        if (owner.leave_ || owner.try_next_) // lws calls poll() before it returns to the loop
          lws_cancel_service(owner.context_);
      },
      std::max<lws_usec_t>(after.count(), 0) * LWS_US_PER_MS);
}

int connection::dispatch(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                         std::size_t size) {
  switch (reason) { // only these come for a connection of ours; others may bring no wsi
  case LWS_CALLBACK_WSI_CREATE:
  case LWS_CALLBACK_WSI_DESTROY:
  case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
  case LWS_CALLBACK_CLIENT_RECEIVE:
  case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
  case LWS_CALLBACK_CLIENT_WRITEABLE:
  case LWS_CALLBACK_CLIENT_CLOSED:
  case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
  case LWS_CALLBACK_WS_CLIENT_DROP_PROTOCOL:
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
  case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
    break;
  default:
    return 0;
  }
  auto* const self = static_cast<connection*>(lws_get_opaque_user_data(wsi));
  if (self == nullptr || self->leave_)
    return 0;
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
    // `size` is OpenSSL's verdict, and stays; this only finds the reason.
    if (size == 0)
      self->certificate_words_ = X509_verify_cert_error_string(
          X509_STORE_CTX_get_error(static_cast<X509_STORE_CTX*>(user)));
    return 0;
  }
  if (self->wsi_ != wsi)
    return 0;
  if (reason == LWS_CALLBACK_WSI_DESTROY)
    self->wsi_ = nullptr;
  return self->on_event(reason, in, size);
}

} // namespace spec_kitty
