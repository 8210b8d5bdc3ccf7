#include "app/server/service_settings.hpp"

#include "app/server/core/routes.hpp"
#include "messages/protocol.hpp"

namespace spec_kitty::server {

namespace {

std::size_t size_of(const server_settings& settings, std::string_view key) {
  return static_cast<std::size_t>(settings.number(key));
}

constexpr const char* metrics_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr int not_found_status = 404;

} // namespace

service_limits service_limits_of(const server_settings& settings) {
  service_limits limits;
  limits.batch_events = size_of(settings, "limits.batch_events");
  limits.batch_bytes = size_of(settings, "limits.batch_bytes");
  limits.body_bytes = size_of(settings, "limits.body_bytes");
  limits.compression_ratio = size_of(settings, "limits.compression_ratio");
  limits.message_bytes = size_of(settings, "limits.message_bytes");
  limits.snapshot_bytes = size_of(settings, "limits.snapshot_bytes");
  limits.subscriber_bytes = size_of(settings, "limits.subscriber_bytes");
  limits.waiting_bytes = size_of(settings, "limits.waiting_bytes");
  limits.waiting_batches = size_of(settings, "limits.waiting_batches");
  limits.team_waiting_batches = size_of(settings, "limits.team_waiting_batches");
  limits.password_checks = size_of(settings, "limits.password_checks");
  limits.requests_per_second = size_of(settings, "limits.requests_per_second");
  limits.sockets = size_of(settings, "limits.sockets");
  limits.account_sockets = size_of(settings, "limits.account_sockets");
  limits.session_sockets = size_of(settings, "limits.session_sockets");
  limits.team.members = size_of(settings, "limits.team.members");
  limits.team.bytes = size_of(settings, "limits.team.bytes");
  limits.team.events_per_second = size_of(settings, "limits.team.events_per_second");
  return limits;
}

result<listener::listener_options> listener_options_of(const server_settings& settings) {
  const auto listen = parse_listen_address("listen", settings.text("listen"));
  if (!listen)
    return listen.error();
  auto proxies = listener::trusted_proxies::parse(settings.list("proxy.trusted"));
  if (!proxies)
    return proxies.error();
  listener::listener_options options;
  options.address = listen->address;
  options.port = listen->port;
  options.threads = static_cast<unsigned>(settings.number("limits.threads"));
  options.proxies = std::move(*proxies);
  if (!settings.text("tls.certificate").empty())
    options.tls = {{settings.text("tls.certificate"), settings.text("tls.key")}};
  options.websocket_paths = {std::string(protocol::ws_path), std::string(board_stream_path)};
  options.limits.max_body = size_of(settings, "limits.body_bytes");
  options.limits.max_body_bytes = size_of(settings, "limits.body_budget_bytes");
  options.limits.max_connections = size_of(settings, "limits.connections");
  options.limits.max_connections_per_address = size_of(settings, "limits.connections_per_address");
  options.limits.max_websocket_message = size_of(settings, "limits.message_bytes");
  options.limits.max_unsent = size_of(settings, "limits.subscriber_bytes");
  return options;
}

result<std::unique_ptr<listener::http_listener>>
start_metrics_listener(const server_settings& settings, service& figures) {
  const auto listen = parse_listen_address("metrics.listen", settings.text("metrics.listen"));
  if (!listen)
    return listen.error();
  listener::listener_options options;
  options.address = listen->address;
  options.port = listen->port;
  auto handlers = figures.handlers();
  const auto answer = handlers.on_request;
  handlers.on_upgrade = {};
  handlers.on_head = {}; // it is for the other address, where /metrics is not served
  handlers.on_request = [&figures, answer](listener::inbound_request request,
                                           listener::reply_callback reply) {
    if (request.path == "/healthz" || request.path == "/readyz")
      return answer(std::move(request), std::move(reply));
    if (request.path != "/metrics" || request.method != "GET") {
      reply(listener::error_reply(not_found_status, "not_found", "there is nothing here",
                                  request.id));
      return;
    }
    listener::outbound_reply text;
    text.body = figures.metrics();
    text.content_type = metrics_type;
    reply(std::move(text));
  };
  return listener::http_listener::start(std::move(options), std::move(handlers));
}

} // namespace spec_kitty::server
