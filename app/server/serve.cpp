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

/// The commands to type in another terminal.
std::string words_for_trying_out(const std::string& url, const dev::login& login,
                                 const std::string& kept_in) {
  return "A team server for trying out, on this machine only. It listens on " + url + "\n(team " +
         login.team_slug + "). " +
         (kept_in.empty() ? "It forgets everything when it ends; --state DIR keeps it."
                          : "It keeps its state in " + kept_in + ".") +
         "\n\nTo use it, in another terminal:\n  spec-kitty sync server " + url +
         "\n  spec-kitty auth login --username " + login.username +
         "\n  password: " + login.password + "\n\nCtrl-C ends it.";
}

void greet(command_context& ctx, const running_server& server, bool forgets) {
  const std::string& url = server.url();
  const auto& login = server.login();
  if (ctx.out.json()) {
    ctx.out.raw(json_fields([&](json_writer& out) {
      field(out, "url", url);
      if (login) {
        field(out, "username", login->username);
        field(out, "password", login->password);
        field(out, "team_slug", login->team_slug);
      }
      field(out, "version", program_version());
      if (!server.metrics_url().empty())
        field(out, "metrics_url", server.metrics_url());
    }));
  } else if (login) {
    ctx.out.lines(words_for_trying_out(url, *login, forgets ? "" : ctx.settings.state().string()));
  } else {
    ctx.out.line("spec-kitty-server " + program_version() + " listens on " + url);
  }
  ctx.out.flush();
}

/// The folder is removed with what it returns; null where the state is to be kept.
result<std::unique_ptr<temporary_folder>> prepare_trying_out(command_context& ctx,
                                                             const dev::options& chosen) {
  std::unique_ptr<temporary_folder> throwaway;
  if (ctx.settings.at("state").origin == "default")
    throwaway = std::make_unique<temporary_folder>("spec-kitty-dev-server-");
  auto given = chosen.settings;
  if (ctx.out.json())
    given["log.format"] = "json";
  if (ctx.out.quiet())
    given["log.requests"] = "false";
  const auto ok =
      ctx.settings.for_trying_out(given, throwaway ? throwaway->path().string() : std::string());
  if (!ok)
    return ok.error();
  return throwaway;
}

} // namespace

int serve(command_context& ctx, const dev::options& trying_out) {
  hide_memory();
  const sigset_t signals = block_signals();
  std::unique_ptr<temporary_folder> throwaway;
  if (ctx.dev) {
    auto prepared = prepare_trying_out(ctx, trying_out);
    if (!prepared)
      return ctx.fail(prepared.error());
    throwaway = std::move(*prepared);
  }
  if (auto ok = check_server_settings(ctx.settings); !ok)
    return ctx.fail(ok.error());
  auto server = running_server::start(ctx.settings, ctx.dev ? &trying_out : nullptr);
  if (!server)
    return ctx.fail(server.error());
  greet(ctx, **server, throwaway != nullptr);
  (*server)->greeted();
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
