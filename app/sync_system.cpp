#include "app/sync_system.hpp"

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

sync_system::sync_system(const context& ctx, const server_url& server,
                         std::function<void(const sync_progress&)> on_progress)
    : config_(2), system_(config_) {
  const std::string ca_file = ctx.config.text("tls.ca_file");
  const run_limits limits = limits_of(ctx.config);

  queue_ = system_.spawn(queue, queue_config{ctx.store_settings()});
  clock_ = system_.spawn(clock, clock_config{ctx.home.path, queue_});
  http_ = system_.spawn(http, http_config{});
  auth_ = system_.spawn(auth,
                        auth_config{ctx.home.path, server, ca_file, limits.timeout, http_, queue_});
  const batch_sync_config transport{
      server, ca_file, limits,         queue_, auth_,
      http_,  clock_,  wall_clock_now, {},     std::move(on_progress)};
  supervisor_config watch;
  watch.start_batch_sync = [transport](caf::local_actor& parent) {
    return parent.spawn(batch_sync, transport);
  };
  supervisor_ = system_.spawn(supervisor, std::move(watch));
}

sync_system::~sync_system() {
  (void)ask<mirror_done>(clock_, mirror_barrier{}); // clock.json is current when the command ends
  const auto end = [](auto& handle) {
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
    handle = nullptr;
  };
  end(supervisor_);
  end(auth_);
  end(http_);
  end(queue_);
  end(clock_);
}

template <class Answer, class Actor, class Question>
result<Answer> sync_system::ask(const Actor& whom, Question question) {
  caf::scoped_actor self(system_);
  result<Answer> out = failure{ec::internal, "no answer", {}};
  self->request(whom, whole_run, std::move(question))
      .receive([&](Answer& answer) { out = std::move(answer); },
               [&](const caf::error& error) { out = to_failure(error); });
  return out;
}

result<sync_report> sync_system::run() {
  return ask<sync_report>(supervisor_, sync_request{});
}

result<login_done> sync_system::login(const login_request& request) {
  return ask<login_done>(auth_, request);
}

} // namespace spec_kitty
