// What the configuration means to the actors and to the listener.
#pragma once

#include "app/listener/listener.hpp"
#include "app/server/actors/service.hpp"
#include "app/server/admin/server_settings.hpp"

#include <memory>

namespace spec_kitty::server {

service_limits service_limits_of(const server_settings& settings);

/// bad_config for an address or a proxy that is not one.
result<listener::listener_options> listener_options_of(const server_settings& settings);

/// `metrics.listen`: /metrics, /healthz and /readyz on an address of their own.
result<std::unique_ptr<listener::http_listener>>
start_metrics_listener(const server_settings& settings, service& figures);

} // namespace spec_kitty::server
