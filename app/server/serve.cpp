#include "app/server/serve.hpp"

#include "app/server/admin/admin_socket.hpp"
#include "app/server/admin/key_file.hpp"
#include "app/server/admin/local_commands.hpp"
#include "app/server/admin/notify.hpp"
#include "app/server/admin/state_folder.hpp"
#include "app/server/running.hpp"
#include "util/process.hpp"
#include "util/temp_folder.hpp"

#include <csignal>
#include <ctime>

#include <memory>

namespace spec_kitty::server {

namespace {

constexpr std::chrono::seconds signal_poll{1};

/// Blocked before any thread starts, so that all inherit it and only this one waits for them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  return set;
}

/// The signal that came within a second; 0 without one.
int next_signal(const sigset_t& set) {
  const timespec wait{signal_poll.count(), 0};
  const int signal = ::sigtimedwait(&set, nullptr, &wait);
  return signal > 0 ? signal : 0;
}

void greet(command_context& ctx, const running_server& server) {
  const std::string& url = server.url();
  const auto& first = server.first();
  if (ctx.out.json()) {
    ctx.out.raw(json_fields([&](json_writer& out) {
      field(out, "url", url);
      if (first) {
        field(out, "username", first->username);
        field(out, "password", first->password);
        field(out, "team_slug", first->team);
      }
      field(out, "version", program_version());
      if (!server.metrics_url().empty())
        field(out, "metrics_url", server.metrics_url());
    }));
  } else {
    ctx.out.line("spec-kitty-server " + program_version() + " listens on " + url);
    if (first)
      ctx.out.lines("This server is for trying out. Log in to the team " + first->team +
                    " with:\n  spec-kitty sync server " + url +
                    "\n  spec-kitty auth login --username " + first->username +
                    "\nPassword: " + first->password);
  }
  ctx.out.flush();
}

} // namespace

int serve(command_context& ctx, const arguments&) {
  hide_memory();
  const sigset_t signals = block_signals();
  std::unique_ptr<temporary_folder> throwaway;
  if (ctx.dev && ctx.settings.at("state").origin == "default")
    throwaway = std::make_unique<temporary_folder>();
  if (ctx.dev)
    if (auto chosen = ctx.settings.for_trying_out(throwaway ? throwaway->path().string() : "");
        !chosen)
      return ctx.fail(chosen.error());
  if (auto ok = check_server_settings(ctx.settings); !ok)
    return ctx.fail(ok.error());
  auto server = running_server::start(ctx.settings, ctx.dev);
  if (!server)
    return ctx.fail(server.error());
  greet(ctx, **server);
  notify_service_manager("READY=1");
  for (int signal = 0; signal != SIGTERM && signal != SIGINT; signal = next_signal(signals)) {
    if (signal == SIGHUP)
      (*server)->reload_certificate();
    (*server)->tick();
  }
  notify_service_manager("STOPPING=1");
  (*server)->stop();
  return 0;
}

} // namespace spec_kitty::server
