#include "app/dev_server/server.hpp"

#include "app/dev_server/request_head.hpp"
#include "app/dev_server/state_dir.hpp"

#include <libwebsockets.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace spec_kitty::dev_server {

namespace {

constexpr int slow_peer_s = 30; // for headers, between two pieces of a body, and for reading
constexpr int keep_alive_s = 60;
constexpr std::size_t write_chunk = std::size_t{32} * 1024;
constexpr std::size_t max_header_bytes = 2048; // of a response; ours need about 250 bytes

failure cannot_listen(int port, int error) {
  return {ec::bad_config,
          "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " +
              std::generic_category().message(error),
          "choose another --port, or 0 for any free port"};
}

/// Binds the port and lets it go again, because libwebsockets does not say why it could not.
result<void> try_port(int port) {
  const file_descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!probe || ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return cannot_listen(port, errno);
  return {};
}

int callback(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t size) {
  auto* self = static_cast<server*>(lws_context_user(lws_get_context(wsi)));
  try {
    return self == nullptr ? 0 : self->on_event(wsi, reason, static_cast<const char*>(in), size);
  } catch (const std::exception&) {
    return -1; // out of memory while gathering: this connection ends, the server does not
  }
}

const std::array<lws_protocols, 2> protocols = {{
    {"http", callback, 0, 0, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
}};

} // namespace

result<std::unique_ptr<server>> server::listen(int port, handler answer, sender_check is_known,
                                               observer on_response, ws_server& sockets) {
  if (const auto free = try_port(port); !free)
    return free.error();
  lws_set_log_level(0, nullptr);
  std::unique_ptr<server> made(
      new server(std::move(answer), std::move(is_known), std::move(on_response), sockets));
  lws_context_creation_info info{};
  info.port = port;
  info.iface = "127.0.0.1";
  info.protocols = protocols.data();
  info.extensions = nullptr;
  info.user = made.get();
  info.gid = static_cast<decltype(info.gid)>(-1);
  info.uid = static_cast<decltype(info.uid)>(-1);
  info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  info.server_string = "spec-kitty-dev-server";
  info.timeout_secs = slow_peer_s;
  info.timeout_secs_ah_idle = slow_peer_s;
  info.keepalive_timeout = keep_alive_s;
  info.max_http_header_data = 16 * 1024;
  info.max_http_header_pool = max_connections; // nobody waits for another's slow headers
  info.pt_serv_buf_size = 64 * 1024;
  made->context_ = lws_create_context(&info);
  if (made->context_ == nullptr)
    return cannot_listen(port, EADDRINUSE);
  return made;
}

server::~server() {
  if (context_ != nullptr)
    lws_context_destroy(context_);
}

std::string server::url() const {
  const int port = lws_get_vhost_listen_port(lws_get_vhost_by_name(context_, "default"));
  return "http://127.0.0.1:" + std::to_string(port);
}

void server::run() {
  while (!stopping_ && lws_service(context_, 0) >= 0) {
    try {
      sockets_.on_read();
    } catch (const std::exception&) {
      // Out of memory: what was to be kept is not answered, and its senders send it again.
    }
  }
}

void server::stop() {
  stopping_ = true;
  lws_cancel_service(context_);
}

int server::on_event(lws* wsi, int reason, const char* in, std::size_t size) {
  if (reason == LWS_CALLBACK_FILTER_NETWORK_CONNECTION) // a new one, on the listening socket
    return open_.size() < max_connections ? 0 : -1;
  if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED)
    open_.insert(wsi);
  if (reason == LWS_CALLBACK_WSI_DESTROY)
    open_.erase(wsi);
  if (const auto done = sockets_.on_event(wsi, reason, in, size))
    return *done;
  switch (reason) {
  case LWS_CALLBACK_HTTP:
    return begin(wsi);
  case LWS_CALLBACK_HTTP_BODY:
    return take_body(wsi, in, size);
  case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    return complete(wsi);
  case LWS_CALLBACK_HTTP_WRITEABLE:
    return write_some(wsi);
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return in != nullptr && std::string_view(in) == "websocket" ? 0 : -1;
  case LWS_CALLBACK_RAW_ADOPT: // what a CONNECT turns into
  case LWS_CALLBACK_RAW_RX:
    return -1;
  case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
  case LWS_CALLBACK_CLOSED_HTTP:
  case LWS_CALLBACK_WSI_DESTROY:
    exchanges_.erase(wsi);
    return 0;
  default:
    return 0;
  }
}

int server::begin(lws* wsi) {
  exchange& current = exchanges_[wsi] = {};
  current.deadline = std::chrono::steady_clock::now() + body_deadline;
  request_head head = read_head(wsi);
  if (head.request.method.empty())
    return -1;
  current.request = std::move(head.request);
  current.close_after = true; // until the end of this request's body is known
  if (!is_this_machine(header_of(current.request, "host").value_or("127.0.0.1")))
    return respond(wsi, current,
                   refuse(421, "this server answers to 127.0.0.1 and localhost alone"));
  if (head.chunked)
    return respond(wsi, current, refuse(411, "send the body with a Content-Length"));
  if (!head.length_readable)
    return respond(wsi, current, refuse(400, "Content-Length is not a number"));
  current.max_body = is_known_(current.request) ? max_body_bytes : max_unknown_body_bytes;
  if (head.length.value_or(0) > current.max_body)
    return respond(wsi, current,
                   refuse(413, current.max_body == max_body_bytes
                                   ? "the request is larger than 16 MiB"
                                   : "without a login, a request is at most 64 KiB"));
  // libwebsockets waits for a body of any size after a POST, PUT or PATCH that announces none.
  current.close_after = !head.length && current.request.method.front() == 'P';
  return head.length.value_or(0) == 0 ? answer(wsi, current) : 0;
}

int server::take_body(lws* wsi, const char* in, std::size_t size) {
  const auto found = exchanges_.find(wsi);
  if (found == exchanges_.end())
    return -1;
  exchange& current = found->second;
  if (current.answered)
    return 0; // refused because of its headers; the rest is not read
  if (current.request.body.size() + size > current.max_body ||
      std::chrono::steady_clock::now() > current.deadline)
    return -1;
  current.request.body.append(in, size);
  return 0;
}

int server::complete(lws* wsi) {
  const auto found = exchanges_.find(wsi);
  if (found == exchanges_.end())
    return -1;
  // A second call means that bytes of another request wait before this one is answered.
  // libwebsockets would call again and again, and serve no other connection.
  if (std::exchange(found->second.received, true))
    return -1;
  return found->second.answered ? 0 : answer(wsi, found->second);
}

int server::answer(lws* wsi, exchange& current) {
  try {
    return respond(wsi, current, answer_(current.request));
  } catch (const std::exception& defect) {
    return respond(wsi, current, refuse(500, defect.what()));
  }
}

int server::respond(lws* wsi, exchange& current, http_response response) {
  current.response = std::move(response);
  current.answered = true;
  on_response_(current.request, current.response);
  current.request.body = {};
  lws_callback_on_writable(wsi);
  return 0;
}

int server::write_some(lws* wsi) {
  const auto found = exchanges_.find(wsi);
  if (found == exchanges_.end() || !found->second.answered)
    return 0;
  exchange& current = found->second;
  const http_response& response = current.response;
  std::array<unsigned char, LWS_PRE + write_chunk> buffer{};
  unsigned char* const start = buffer.data() + LWS_PRE;
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, slow_peer_s);

  if (!current.headers_written) {
    unsigned char* at = start;
    unsigned char* const end = start + max_header_bytes;
    if (lws_add_http_common_headers(wsi, static_cast<unsigned>(response.status), "application/json",
                                    response.body.size(), &at, end) != 0)
      return -1;
    auto extra = response.headers;
    if (current.close_after)
      extra.emplace_back("Connection", "close");
    for (const auto& [name, value] : extra) {
      const std::string with_colon = name + ":";
      if (lws_add_http_header_by_name(wsi,
                                      reinterpret_cast<const unsigned char*>(with_colon.c_str()),
                                      reinterpret_cast<const unsigned char*>(value.c_str()),
                                      static_cast<int>(value.size()), &at, end) != 0)
        return -1;
    }
    if (lws_finalize_write_http_header(wsi, start, &at, end) != 0)
      return -1;
    current.headers_written = true;
    if (current.request.method == "HEAD")
      current.written = response.body.size(); // announced, never sent (RFC 9110, 9.3.2)
  } else if (current.written < response.body.size()) {
    const std::size_t count = std::min(write_chunk, response.body.size() - current.written);
    std::copy_n(response.body.data() + current.written, count, start);
    current.written += count;
    const bool last = current.written == response.body.size();
    if (lws_write(wsi, start, count, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
      return -1;
  }
  if (current.written < response.body.size()) {
    lws_callback_on_writable(wsi);
    return 0;
  }
  const bool close = current.close_after;
  exchanges_.erase(found);
  return close || lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

} // namespace spec_kitty::dev_server
