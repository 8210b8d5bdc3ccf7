// spec-kitty sync daemon run | start | stop | restart | status | unit.
#include "app/cli/command.hpp"
#include "app/cli/examine.hpp"
#include "app/cli/looks.hpp"
#include "app/daemon/daemon.hpp"
#include "app/daemon/record.hpp"
#include "app/daemon/starting.hpp"
#include "app/home/snapshot.hpp"
#include "util/utf8.hpp"
#include "util/version.hpp"

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <unistd.h>

namespace spec_kitty {

namespace {

void write_identity(json_writer& out, const daemon_identity& daemon) {
  field(out, "pid", static_cast<std::uint64_t>(daemon.process.pid));
  field(out, "version", daemon.version);
  write_instant(out, "since", daemon.since);
}

exit_status run_daemon_here(context& ctx) {
  daemon_options options;
  options.version = std::string(version);
  bool ran = false;
  options.on_running = [&] {
    ctx.out.line("The daemon is running as process " + std::to_string(::getpid()) +
                 "; its log is " + (ctx.home.path / "daemon.log").string());
    ctx.out.object([](json_writer& out) {
      field(out, "running", true);
      field(out, "pid", static_cast<std::uint64_t>(::getpid()));
      field(out, "version", version);
    });
    ctx.out.flush();
    ran = true;
    // A reader that waits for the end of the pipe must not wait for the daemon's end.
    const int nowhere = ctx.out.json() ? ::open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (nowhere >= 0)
      ::dup2(nowhere, STDOUT_FILENO);
  };
  const auto done = run_daemon(ctx, options);
  if (done)
    return exit_status::done;
  if (ran) { // its JSON object is already printed
    ctx.out.warn("the daemon failed: " + done.error().message);
    return status_of(done.error().code);
  }
  return ctx.fail(done.error());
}

exit_status start_here(context& ctx) {
  if (ctx.config.text("sync.server_url").empty())
    ctx.out.warn("no server is set: the daemon waits for one; set it: spec-kitty sync server URL");
  const auto done = start_daemon(ctx.home.path, std::string(version));
  if (!done)
    return ctx.fail(done.error());
  const std::string identity =
      "process " + std::to_string(done->daemon.process.pid) + ", version " + done->daemon.version;
  ctx.out.line(
      done->was_running
          ? "The daemon is already running: " + identity + "."
          : "The daemon is running: " + identity +
                (done->replaced.empty() ? "." : "; it replaced version " + done->replaced + "."));
  ctx.out.object([&](json_writer& out) {
    field(out, "running", true);
    field(out, "was_running", done->was_running);
    write_identity(out, done->daemon);
  });
  return exit_status::done;
}

exit_status stop(context& ctx) {
  const auto done = stop_daemon(ctx.home.path);
  if (!done)
    return ctx.fail(done.error());
  ctx.out.line(*done ? "Daemon stopped." : "No daemon is running.");
  ctx.out.object([&](json_writer& out) {
    field(out, "running", false);
    field(out, "was_running", *done);
  });
  return exit_status::done;
}

exit_status restart(context& ctx) {
  if (const auto done = stop_daemon(ctx.home.path); !done)
    return ctx.fail(done.error());
  return start_here(ctx);
}

/// How the last daemon ended; empty if that is not known.
std::string last_end(const context& ctx, const std::optional<daemon_record>& record) {
  if (!record)
    return {};
  if (record->end == daemon_end::none)
    return "the last daemon ended unexpectedly, at about " + shown_time(ctx, record->last_sign);
  return "the last daemon ended at " + shown_time(ctx, record->since) + ": " + record->why;
}

/// `Connected, since …`, with the reason if it is not connected.
std::string words_of(const context& ctx, const connection_status& now) {
  return std::string(to_string(now.state)) + (now.reason.empty() ? "" : ": " + now.reason) +
         ", since " + shown_time(ctx, now.since);
}

void write_connection(json_writer& out, const std::optional<connection_status>& now) {
  key(out, "connection");
  if (!now) {
    out.Null();
    return;
  }
  out.StartObject();
  field(out, "state", to_string(now->state));
  field(out, "reason", now->reason);
  write_instant(out, "since", now->since);
  field(out, "attempts", static_cast<std::uint64_t>(now->attempts));
  out.EndObject();
}

exit_status daemon_status(context& ctx) {
  auto there = control_client::connect(ctx.home.path);
  if (!there && there.error().code != ec::unhealthy && there.error().code != ec::not_found)
    return ctx.fail(there.error());
  const bool running = there.ok() || there.error().code == ec::unhealthy;
  const auto record = read_record(ctx.home.path);
  std::optional<daemon_identity> daemon;
  if (there) {
    daemon = there->daemon();
    const auto more = there->ask(R"({"op":"status"})");
    if (const auto now = more ? parse_identity(*more) : std::nullopt)
      daemon->connection = now->connection;
  }
  if (daemon)
    ctx.out.line("The daemon is running: process " + std::to_string(daemon->process.pid) +
                 ", version " + daemon->version + ", since " + shown_time(ctx, daemon->since) +
                 (daemon->connection ? "; " + words_of(ctx, *daemon->connection) : "") + ".");
  else if (running)
    ctx.out.line("A daemon is running but its status is unknown: " + there.error().message + ".");
  else
    ctx.out.line("No daemon is running" + (record ? "; " + last_end(ctx, record) : std::string()) +
                 ".");
  ctx.out.object([&](json_writer& out) {
    field(out, "running", running);
    if (daemon) {
      write_identity(out, *daemon);
    } else {
      for (const char* name : {"pid", "version", "since"})
        field(out, name, std::optional<std::string>{});
    }
    write_connection(out, daemon ? daemon->connection : std::nullopt);
    field(out, "problem", running && !daemon ? std::optional(there.error().message) : std::nullopt);
    field(out, "ended", running || !record ? std::nullopt : std::optional(last_end(ctx, record)));
  });
  return exit_status::done;
}

/// A word of a systemd unit, quoted, its specifiers escaped.
std::string unit_word(const std::string& text) {
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      word += '\\';
    word += c;
    if (c == '%' || c == '$')
      word += c;
  }
  return word + "\"";
}

exit_status unit(context& ctx) {
  for (const auto& path : {this_program().string(), ctx.home.path.string()})
    if (printable(path, path.size()) != path)
      return ctx.fail({ec::bad_input, "a unit file cannot hold the path " + path,
                       "choose a path without control characters"});
  const std::string home =
      ctx.home.is_default ? "" : " --home " + unit_word(ctx.home.path.string());
  const std::string text = "[Unit]\n"
                           "Description=spec-kitty delivers recorded events to the team's server\n"
                           "After=network.target\n"
                           "\n"
                           "[Service]\n"
                           "ExecStart=" +
                           unit_word(this_program().string()) + home +
                           " sync daemon run\n"
                           "Restart=on-failure\n"
                           "RestartSec=5\n"
                           "TimeoutStopSec=10\n"
                           "UMask=0077\n"
                           "NoNewPrivileges=yes\n"
                           "\n"
                           "[Install]\n"
                           "WantedBy=default.target\n";
  ctx.out.lines(text);
  ctx.out.object([&](json_writer& out) { field(out, "unit", text); });
  return exit_status::done;
}

} // namespace

command_action declare_daemon_run(CLI::App&) {
  return run_daemon_here;
}
command_action declare_daemon_start(CLI::App&) {
  return start_here;
}
command_action declare_daemon_stop(CLI::App&) {
  return stop;
}
command_action declare_daemon_restart(CLI::App&) {
  return restart;
}
command_action declare_daemon_status(CLI::App&) {
  return daemon_status;
}
command_action declare_daemon_unit(CLI::App&) {
  return unit;
}

} // namespace spec_kitty
