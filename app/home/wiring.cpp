#include "app/home/wiring.hpp"

#include "actors/auth/auth.hpp"
#include "actors/http/http.hpp"
#include "actors/http/log_page_reply.hpp"
#include "actors/websocket/websocket.hpp"
#include "config/proxy.hpp"
#include "util/checksum.hpp"

namespace spec_kitty {

namespace {

run_limits limits_of(const settings& config) {
  run_limits limits;
  const auto size = [&](const char* key, std::size_t& now, std::size_t& most) {
    now = static_cast<std::size_t>(config.number(key));
    if (config.at(key).origin != "default")
      most = now;
  };
  size("sync.batch_events", limits.batch_events, limits.batch_events_cap);
  size("sync.batch_bytes", limits.batch_bytes, limits.batch_bytes_cap);
  limits.max_retries = static_cast<std::uint32_t>(config.number("sync.max_retries"));
  limits.timeout = std::chrono::seconds(config.number("sync.timeout_s"));
  return limits;
}

using count = std::shared_ptr<std::atomic<int>>;

template <class Role, class Config>
auto start_role(caf::local_actor& parent, const count& guest, Role role, Config config) {
  return guest ? spawn_counted(parent, guest, role, std::move(config))
               : parent.spawn(role, std::move(config));
}

void read_log_pages(supervisor_config& watch, const log_page_source& pages) {
  watch.log_page_question = [pages](const std::string& access, const log_page_request& asked) {
    return log_page_question(pages, access, asked.log, asked.after, max_log_page_events);
  };
  watch.read_log_page = read_log_page;
}

} // namespace

result<server_url> configured_server(const settings& config) {
  if (config.text("sync.server_url").empty())
    return failure{ec::no_server, "no server is set",
                   "run: spec-kitty sync server https://sync.example.com"};
  return parse_server_url(config.text("sync.server_url"));
}

supervisor_config wire(const home_view& view, const server_url& server, const queue_actor& queue,
                       const clock_actor& clock, sync_mode mode) {
  use_fast_checksums(); // each event that is sent is read twice
  const settings& config = view.config;
  const std::string ca_file = config.text("tls.ca_file");
  const run_limits limits = limits_of(config);
  const count guest = mode.guest;

  supervisor_config watch;
  watch.queue = queue;
  watch.clock = clock;
  watch.background = mode.background;
  watch.interval = std::chrono::seconds(config.number("sync.interval_s"));
  watch.gap = std::chrono::seconds(config.number("sync.batch_gap_s"));
  watch.publish = std::move(mode.publish);

  read_log_pages(watch, {server, ca_file, limits.timeout});
  const std::string proxy = proxy_for(server, config.text("sync.proxy"), environment_text);
  const http_config client{[modules = mode.modules] { return load_http_client(modules); }, proxy};
  watch.start_http = [=](caf::local_actor& parent) {
    return start_role(parent, guest, http, client);
  };

  auth_config session{view.home.path, server, ca_file, limits.timeout, {}, queue};
  watch.start_auth = [=](caf::local_actor& parent, const http_actor& http_handle) mutable {
    session.http = http_handle;
    return start_role(parent, guest, auth, session);
  };

  batch_sync_config batches;
  batches.server = server;
  batches.ca_file = ca_file;
  batches.limits = limits;
  batches.queue = queue;
  batches.clock = clock;
  batches.on_progress = mode.on_progress;
  batches.home = view.home.path;
  watch.start_batch_sync = [=](caf::local_actor& parent, const transports& now) mutable {
    batches.auth = now.auth;
    batches.http = now.http;
    return start_role(parent, guest, batch_sync, batches);
  };

  websocket_config connection;
  connection.server = server;
  connection.home = view.home.path;
  connection.ca_file = ca_file;
  connection.proxy = proxy;
  connection.envelope = config.text("websocket.envelope");
  connection.timeout = limits.timeout;
  connection.max_retries = limits.max_retries;
  connection.on_progress = std::move(mode.on_progress);
  connection.queue = queue;
  connection.open = [modules = mode.modules](link_request request, link_handlers handlers) {
    return open_link(std::move(request), std::move(handlers), modules);
  };
  if (mode.background && config.flag("websocket.enabled"))
    watch.start_websocket = [=](caf::local_actor& parent, const transports& now,
                                const supervisor_actor& supervisor_handle) mutable {
      connection.auth = now.auth;
      connection.http = now.http;
      connection.supervisor = supervisor_handle;
      return start_role(parent, guest, websocket, connection);
    };
  return watch;
}

} // namespace spec_kitty
