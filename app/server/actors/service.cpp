#include "app/server/actors/service.hpp"

#include "app/server/actors/context.hpp"
#include "app/server/actors/head_check.hpp"
#include "app/server/actors/supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace spec_kitty::server {

namespace {

/// Never fewer than two: a long job must not keep the others waiting.
std::size_t scheduler_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 16);
}

std::size_t default_workers() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 8);
}

void log_finished(server_context& context, const listener::finished_request& request) {
  context.metrics.request_seconds.add(static_cast<std::uint64_t>(request.took.count()));
  const request_note note = context.notes.take(request.id);
  const log_settings& log = context.options.log;
  if (log.write)
    log.write(log_line(request, note, format_timestamp(context.wall()), log.json, log.addresses));
}

} // namespace

class service::running {
public:
  running(service_options options, signing_keys keys)
      : context_(std::make_shared<server_context>()), config_(scheduler_threads()),
        system_(std::in_place, config_) {
    context_->options = std::move(options);
    if (context_->options.workers == 0)
      context_->options.workers = default_workers();
    context_->url.set(context_->options.public_url);
    context_->keys.set(std::make_shared<const signing_keys>(std::move(keys)));
    supervisor_ = system_->spawn(service_supervisor, context_);
    await_parts();
    context_->engine().watch([context = context_](const std::vector<store::team_head>& heads) {
      if (const auto hub = context->hub.get())
        caf::anon_send(hub, team_news{heads});
      if (const auto boards = context->boards.get())
        caf::anon_send(boards, team_news{heads});
    });
  }
  ~running() { stop(); }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

  const context_ptr& context() const { return context_; }

  void stop() {
    if (!supervisor_)
      return;
    context_->stopping = true;
    context_->engine().watch({});
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
    supervisor_ = nullptr;
    system_->await_all_actors_done();
  }

private:
  /// From then on every request finds its actor.
  void await_parts() {
    caf::scoped_actor asker(*system_);
    asker->request(supervisor_, std::chrono::seconds(10), parts_question{})
        .receive([](parts_started) {}, [](const caf::error&) {});
  }

  context_ptr context_;
  system_config config_;
  std::optional<caf::actor_system> system_;
  supervisor_actor_handle supervisor_;
};

service::service(std::unique_ptr<running> parts) : parts_(std::move(parts)) {}

service::~service() = default;

result<std::unique_ptr<service>> service::start(service_options options, signing_keys keys) {
  if (options.engine == nullptr || options.public_url.empty())
    return failure{ec::internal, "a service needs a store and its public URL", {}};
  return std::unique_ptr<service>(
      new service(std::make_unique<running>(std::move(options), std::move(keys))));
}

void service::set_url(std::string url) {
  parts_->context()->url.set(std::move(url));
}

listener::listener_handlers service::handlers() {
  listener::listener_handlers handlers;
  const context_ptr context = parts_->context();
  // A callback that is dropped answers 503: that is what happens while ROUTER is being restarted.
  handlers.on_request = [context](listener::inbound_request request,
                                  listener::reply_callback reply) {
    if (const auto router = context->router.get())
      caf::anon_send(router,
                     http_call{std::make_shared<listener::inbound_request>(std::move(request)),
                               std::move(reply)});
  };
  handlers.on_upgrade = [context](listener::inbound_request request,
                                  listener::upgrade_callback answer) {
    if (const auto router = context->router.get())
      caf::anon_send(router,
                     upgrade_call{std::make_shared<listener::inbound_request>(std::move(request)),
                                  std::move(answer)});
  };
  handlers.on_head = [context](const listener::inbound_request& request) {
    return judge_head(*context, request);
  };
  handlers.on_finished = [context](const listener::finished_request& request) {
    log_finished(*context, request);
  };
  return handlers;
}

void service::set_listener_counters(std::function<listener::listener_counters()> counters) {
  parts_->context()->listener_counters.set(std::move(counters));
}

void service::replace_keys(signing_keys keys) {
  parts_->context()->keys.set(std::make_shared<const signing_keys>(std::move(keys)));
  look_up_callers();
}

void service::look_up_callers() {
  parts_->context()->callers.forget_all();
}

void service::texts_were_taken() {
  if (const auto boards = parts_->context()->boards.get())
    caf::anon_send(boards, texts_gone{});
}

std::string service::metrics() const {
  return metrics_of(*parts_->context());
}

void service::begin_stop() {
  parts_->context()->stopping = true;
}

void service::stop() {
  parts_->stop();
}

} // namespace spec_kitty::server
