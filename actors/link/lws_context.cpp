#include "actors/link/lws_context.hpp"

#include "config/proxy.hpp"

#include <csignal>
#include <mutex>

namespace spec_kitty {

namespace {

constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr unsigned read_buffer = 32 * 1024;
constexpr unsigned descriptors = 16; // else two tables for the process's limit of them

/// Without this, lws sends pings of its own, which share a buffer with its pongs.
constexpr lws_retry_bo_t no_validity_pings{};

/// lws's making of a context ignores SIGPIPE for the whole process, which is not a module's
/// business; the link's thread blocks the signal for itself.
class sigpipe_restorer {
public:
  sigpipe_restorer() { ::sigaction(SIGPIPE, nullptr, &before_); }
  ~sigpipe_restorer() { ::sigaction(SIGPIPE, &before_, nullptr); }
  sigpipe_restorer(const sigpipe_restorer&) = delete;
  sigpipe_restorer& operator=(const sigpipe_restorer&) = delete;

private:
  struct sigaction before_ {};
};

lws_context_creation_info plain_info() {
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.uid = static_cast<decltype(info.uid)>(-1);
  info.gid = static_cast<decltype(info.gid)>(-1);
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.pt_serv_buf_size = read_buffer;
  info.fd_limit_per_thread = descriptors;
  info.retry_and_idle_policy = &no_validity_pings;
  return info;
}

/// lws registers its OpenSSL data with every context that asks for it, in globals that the
/// handshakes of all other contexts read. So one context does it for all, first.
void prepare_once() {
  static std::once_flag initialised;
  std::call_once(initialised, [] {
    lws_set_log_level(0, nullptr);
    auto info = plain_info();
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    if (lws_context* first = lws_create_context(&info))
      lws_context_destroy(first);
  });
}

} // namespace

std::string ca_file_of(const link_request& request) {
  return request.ca_file.empty() ? system_bundle : request.ca_file;
}

lws_context* make_lws_context(const link_request& request, const lws_protocols* protocols) {
  static std::mutex one_at_a_time;
  const std::lock_guard hold(one_at_a_time);
  const sigpipe_restorer guard;
  prepare_once();
  auto info = plain_info();
  // Every deadline is the link's own; lws's come later.
  const auto seconds = static_cast<unsigned>(request.connect_timeout.count() / 1000) + 10;
  info.timeout_secs = seconds;
  info.connect_timeout_secs = seconds;
  lws_context* const context = lws_create_context(&info);
  if (context == nullptr)
    return nullptr;
  const std::string ca_file = ca_file_of(request);
  info.protocols = protocols;
  info.extensions = nullptr;
  info.http_proxy_address = ""; // nullptr: lws takes the environment's
  if (request.tls) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    info.client_ssl_ca_filepath = ca_file.c_str();
  }
  if (lws_create_vhost(context, &info) == nullptr) {
    lws_context_destroy(context);
    return nullptr;
  }
  return context;
}

namespace {

/// `user:password@address:port`, as lws takes it.
std::string proxy_for_lws(const link_request& request, const std::string& address) {
  const auto proxy = parse_proxy(request.proxy);
  if (!proxy)
    return {};
  std::string text;
  if (!proxy->user.empty() || !proxy->password.empty())
    text = percent_decoded(proxy->user) + ":" + percent_decoded(proxy->password) + "@";
  const bool bare_v6 = address.find(':') != std::string::npos;
  return text + (bare_v6 ? "[" + address + "]" : address) + ":" + std::to_string(proxy->port);
}

} // namespace

std::string host_header(const link_request& request) {
  const bool bare_v6 = request.host.find(':') != std::string::npos;
  std::string host = bare_v6 ? "[" + request.host + "]" : request.host;
  if (request.port != (request.tls ? 443 : 80))
    host += ":" + std::to_string(request.port);
  return host;
}

bool begin_connection(lws_context* context, const link_request& request, const std::string& address,
                      void* owner, lws** wsi) {
  const std::string host = host_header(request);
  lws_client_connect_info info{};
  info.context = context;
  info.address = address.c_str();
  if (!request.proxy.empty()) { // `address` is the proxy's, which looks the server up itself
    lws_vhost* const vhost = lws_get_vhost_by_name(context, "default");
    if (vhost == nullptr || lws_set_proxy(vhost, proxy_for_lws(request, address).c_str()) != 0)
      return false;
    info.vhost = vhost;
    info.address = request.host.c_str();
  }
  info.port = request.port;
  info.local_protocol_name = "spec-kitty"; // binds it; else no DROP_PROTOCOL comes
  info.path = request.path.c_str();
  info.host = host.c_str();
  info.alpn = "http/1.1";
  info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (request.tls ? LCCSCF_USE_SSL : 0);
  info.ietf_version_or_minus_one = -1;
  info.opaque_user_data = owner;
  info.userdata = owner;
  info.retry_and_idle_policy = &no_validity_pings;
  info.pwsi = wsi;
  return lws_client_connect_via_info(&info) != nullptr;
}

} // namespace spec_kitty
