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

http_request clock_question_to(const batch_sync_config& to, const std::string& access) {
  http_request request;
  request.method = "GET";
  request.url = to.server.at(protocol::clock_path);
  request.headers = {"User-Agent: spec-kitty/" + std::string(version)};
  if (!access.empty())
    request.headers.push_back("Authorization: Bearer " + access);
  request.ca_file = to.ca_file;
  request.timeout = to.limits.timeout;
  return request;
}

} // namespace

result<server_url> configured_server(const settings& config) {
  if (config.text("sync.server_url").empty())
    return failure{ec::no_server, "no server is set",
                   "run: spec-kitty sync server https://sync.example.com"};
  return parse_server_url(config.text("sync.server_url"));
}

sync_system::sync_system(const context& ctx, const server_url& server,
                         std::function<void(const sync_progress&)> on_progress)
    : local_(ctx.store_settings(), 2) {
  const std::string ca_file = ctx.config.text("tls.ca_file");
  const run_limits limits = limits_of(ctx.config);
  auto& system = local_.system();

  http_ = system.spawn(http, http_config{});
  auth_ = system.spawn(auth, auth_config{ctx.home.path, server, ca_file, limits.timeout, http_,
                                         local_.queue_handle()});
  batch_sync_config& transport = transport_;
  transport.server = server;
  transport.ca_file = ca_file;
  transport.limits = limits;
  transport.queue = local_.queue_handle();
  transport.auth = auth_;
  transport.http = http_;
  transport.clock = local_.clock_handle();
  transport.on_progress = std::move(on_progress);
  supervisor_config watch;
  watch.start_batch_sync = [transport = transport_](caf::local_actor& parent) {
    return parent.spawn(batch_sync, transport);
  };
  supervisor_ = system.spawn(supervisor, std::move(watch));
}

sync_system::~sync_system() {
  const auto end = [](auto& handle) {
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
    handle = nullptr;
  };
  end(supervisor_);
  end(auth_);
  end(http_);
  transport_ = {}; // it holds handles too
}

result<sync_report> sync_system::run() {
  return local_.ask<sync_report>(supervisor_, whole_run, sync_request{});
}

result<login_done> sync_system::login(const login_request& request) {
  return local_.ask<login_done>(auth_, whole_run, request);
}

result<logout_done> sync_system::logout() {
  return local_.ask<logout_done>(auth_, whole_run, logout_request{});
}

server_answer sync_system::probe(bool with_session) {
  server_answer answer;
  std::string access;
  if (with_session) {
    const auto token = local_.ask<access_token>(auth_, whole_run, token_request{});
    if (token)
      access = token->access;
    else
      answer.no_token = token.error();
  }
  answer.with_token = !access.empty();
  const auto reply =
      local_.ask<http_reply>(http_, whole_run, clock_question_to(transport_, access));
  if (reply)
    answer.reply = *reply;
  else
    answer.reply.error = reply.error().message;
  return answer;
}

result<restamp_done> sync_system::reconcile() {
  std::string failed_access;
  for (const bool last_try : {false, true}) {
    const auto token = local_.ask<access_token>(auth_, whole_run, token_request{failed_access});
    if (!token)
      return token.error();
    const auto reply =
        local_.ask<http_reply>(http_, whole_run, clock_question_to(transport_, token->access));
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
    failed_access = token->access;
  }
  return failure{ec::internal, "no answer", {}};
}

} // namespace spec_kitty
