#include "app/sync_system.hpp"

#include "config/version.hpp"
#include "messages/protocol.hpp"

#include <caf/send.hpp>

namespace spec_kitty {

namespace {

/// A run makes strict progress and bounds each of its own waits; this bound only ends the wait for
/// an actor system that hangs.
constexpr std::chrono::minutes whole_run{24 * 60};

run_limits limits_of(const settings& config) {
  run_limits limits;
  limits.batch_events = static_cast<std::size_t>(config.number("sync.batch_events"));
  limits.batch_bytes = static_cast<std::size_t>(config.number("sync.batch_bytes"));
  limits.max_retries = static_cast<std::uint32_t>(config.number("sync.max_retries"));
  limits.timeout = std::chrono::seconds(config.number("sync.timeout_s"));
  return limits;
}

} // namespace

result<server_url> configured_server(const settings& config) {
  if (config.text("sync.server_url").empty())
    return failure{ec::no_server, "no server is set",
                   "run: spec-kitty sync server https://sync.example.com"};
  return parse_server_url(config.text("sync.server_url"));
}

sync_system::sync_system(const context& ctx, const server_url& server, sync_mode mode)
    : local_(ctx.store_settings(), 2), server_(server), ca_file_(ctx.config.text("tls.ca_file")),
      timeout_(limits_of(ctx.config).timeout) {
  const queue_actor queue = local_.queue_handle();
  const clock_actor clock = local_.clock_handle();

  supervisor_config watch;
  watch.queue = queue;
  watch.clock = clock;
  watch.background = mode.background;
  watch.interval = std::chrono::seconds(ctx.config.number("sync.interval_s"));
  watch.tell = std::move(mode.tell);
  watch.start_http = [](caf::local_actor& parent) { return parent.spawn(http, http_config{}); };
  auth_config session{ctx.home.path, server, ca_file_, timeout_, {}, queue};
  watch.start_auth = [session](caf::local_actor& parent, const http_actor& http_handle) mutable {
    session.http = http_handle;
    return parent.spawn(auth, session);
  };
  batch_sync_config batches;
  batches.server = server;
  batches.ca_file = ca_file_;
  batches.limits = limits_of(ctx.config);
  batches.batch_gap = std::chrono::seconds(ctx.config.number("sync.batch_gap_s"));
  batches.queue = queue;
  batches.clock = clock;
  batches.on_progress = std::move(mode.on_progress);
  watch.start_batch_sync = [batches](caf::local_actor& parent, const transports& now) mutable {
    batches.auth = now.auth;
    batches.http = now.http;
    return parent.spawn(batch_sync, batches);
  };
  websocket_config connection;
  connection.server = server;
  connection.ca_file = ca_file_;
  connection.envelope = ctx.config.text("websocket.envelope");
  connection.timeout = timeout_;
  connection.max_retries = batches.limits.max_retries;
  connection.queue = queue;
  connection.clock = clock;
  if (mode.background && ctx.config.flag("websocket.enabled"))
    watch.start_websocket = [connection](caf::local_actor& parent, const transports& now,
                                         const supervisor_actor& supervisor_handle) mutable {
      connection.auth = now.auth;
      connection.http = now.http;
      connection.supervisor = supervisor_handle;
      return parent.spawn(websocket, connection);
    };
  supervisor_ = local_.system().spawn(supervisor, std::move(watch));
}

sync_system::~sync_system() {
  caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
  supervisor_ = nullptr;
}

result<sync_report> sync_system::run() {
  return local_.ask<sync_report>(supervisor_, whole_run, sync_request{});
}

result<transports> sync_system::parts() {
  return local_.ask<transports>(supervisor_, local_.patience(), transports_question{});
}

result<http_reply> sync_system::exchange(http_request request) {
  const auto now = parts();
  if (!now)
    return now.error();
  return local_.ask<http_reply>(now->http, whole_run, std::move(request));
}

result<access_token> sync_system::token(const std::string& failed_access) {
  const auto now = parts();
  if (!now)
    return now.error();
  return local_.ask<access_token>(now->auth, whole_run, token_request{failed_access});
}

result<login_done> sync_system::login(const login_request& request) {
  const auto now = parts();
  return now ? local_.ask<login_done>(now->auth, whole_run, request)
             : result<login_done>(now.error());
}

result<logout_done> sync_system::logout() {
  const auto now = parts();
  return now ? local_.ask<logout_done>(now->auth, whole_run, logout_request{})
             : result<logout_done>(now.error());
}

http_request sync_system::clock_question(const std::string& access) const {
  http_request request;
  request.method = "GET";
  request.url = server_.at(protocol::clock_path);
  request.headers = {"User-Agent: spec-kitty/" + std::string(version)};
  if (!access.empty())
    request.headers.push_back("Authorization: Bearer " + access);
  request.ca_file = ca_file_;
  request.timeout = timeout_;
  return request;
}

server_answer sync_system::probe(bool with_session) {
  server_answer answer;
  std::string access;
  if (with_session) {
    const auto fresh = token({});
    if (fresh)
      access = fresh->access;
    else
      answer.no_token = fresh.error();
  }
  answer.with_token = !access.empty();
  const auto reply = exchange(clock_question(access));
  if (reply)
    answer.reply = *reply;
  else
    answer.reply.error = reply.error().message;
  return answer;
}

result<restamp_done> sync_system::reconcile() {
  std::string failed_access;
  for (const bool last_try : {false, true}) {
    const auto fresh = token(failed_access);
    if (!fresh)
      return fresh.error();
    const auto reply = exchange(clock_question(fresh->access));
    if (!reply)
      return reply.error();
    if (const auto clock = read_clock_reply(*reply))
      return local_.ask<restamp_done>(local_.queue_handle(), local_.patience(),
                                      restamp_request{*clock, 0, {}});
    if (reply->status != 401 || last_try)
      return reply->status == 401
                 ? failure{ec::login_required, "the server does not accept the session",
                           "run: spec-kitty auth login"}
                 : transport_failure(*reply, "server clock");
    failed_access = fresh->access;
  }
  return failure{ec::internal, "no answer", {}};
}

void sync_system::stir(rouse why) {
  caf::anon_send(supervisor_, roused{why});
}

result<due_count> sync_system::due(const std::string& team_slug) {
  return local_.ask<due_count>(local_.queue_handle(), local_.patience(), due_request{team_slug});
}

bool sync_system::wind_down(std::chrono::milliseconds patience) {
  return local_.ask<wound_down>(supervisor_, patience, spec_kitty::wind_down{}).ok();
}

} // namespace spec_kitty
