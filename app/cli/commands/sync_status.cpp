// spec-kitty sync status: the state of queue, session, daemon and connection. Reads only.
#include "app/cli/command.hpp"
#include "app/cli/examine.hpp"
#include "app/cli/looks.hpp"
#include "app/daemon/control.hpp"
#include "app/daemon/record.hpp"
#include "app/home/sync_system.hpp"
#include "app/home/taken_back.hpp"
#include "app/workflow/intents/settle.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace spec_kitty {

namespace {

constexpr std::chrono::milliseconds status_patience{500};

/// What a daemon reports, or what is known of the last one.
struct daemon_view {
  bool running = false;
  std::optional<daemon_identity> daemon; ///< answers
  connection_status connection;
  std::optional<drain_progress> drain;
};

/// Why there is no connection without a daemon: the first thing that a person has to change.
std::string reason_to_be_offline(const context& ctx, const snapshot& shot) {
  if (ctx.config.text("sync.server_url").empty())
    return "no server is set";
  if (!shot.session)
    return "not logged in";
  if (shot.session_is == session_state::expired &&
      shot.session->refresh_expires_at <= shot.taken_at / 1000000)
    return "the session has ended";
  return "no daemon is running; send events: spec-kitty sync now";
}

daemon_view daemon_view_of(const context& ctx, const snapshot& shot) {
  daemon_view view;
  auto there = control_client::connect(ctx.home.path, status_patience);
  if (!there) {
    view.running = there.error().code == ec::unhealthy;
    view.connection.reason = view.running ? there.error().message : reason_to_be_offline(ctx, shot);
    if (const auto record = read_record(ctx.home.path); record && !view.running)
      view.connection.since = record->end == daemon_end::none ? record->last_sign : record->since;
    return view;
  }
  view.running = true;
  view.daemon = there->daemon();
  const auto status = there->ask(R"({"op":"status"})", status_patience);
  const auto now = status ? parse_identity(*status) : std::nullopt;
  if (now)
    view.drain = now->drain;
  if (now && now->connection)
    view.connection = *now->connection;
  else
    view.connection.reason = "the daemon is running but not responding";
  return view;
}

void write_drain(json_writer& out, const std::optional<drain_progress>& drain) {
  key(out, "drain");
  if (!drain) {
    out.Null();
    return;
  }
  const auto seconds = drain->seconds_left(); // known together with the rate
  out.StartObject();
  field(out, "left", drain->left);
  write_age(out, "per_second", seconds ? std::optional(drain->per_second) : std::nullopt);
  write_age(out, "left_s", seconds);
  out.EndObject();
}

std::string drain_words(const drain_progress& drain) {
  std::string words = count_of(drain.left, "event") + " left to send";
  if (const auto seconds = drain.seconds_left())
    words += ", " + std::to_string(drain.per_second) + " a second, about " +
             duration_words(std::chrono::seconds(*seconds));
  return words;
}

void write_json(json_writer& out, const context& ctx, const snapshot& shot,
                const daemon_view& daemon) {
  const auto& session = shot.session;
  const auto& queue = shot.queue;
  const std::string& server = ctx.config.text("sync.server_url");
  const auto known = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  field(out, "home", ctx.home.path.string());
  field(out, "server_url", known(server));
  key(out, "auth");
  out.StartObject();
  field(out, "state", to_string(shot.session_is));
  field(out, "username", session ? known(session->username) : std::nullopt);
  field(out, "team_slug", session ? known(session->team_slug) : std::nullopt);
  write_instant(out, "access_expires_at", session ? session->access_expires_at * 1000000 : 0);
  out.EndObject();
  key(out, "queue");
  out.StartObject();
  field(out, "queued", shot.queued);
  field(out, "leased", shot.leased);
  field(out, "held", shot.held);
  field(out, "dead", queue.dead);
  field(out, "max", static_cast<std::uint64_t>(ctx.config.number("sync.max_queue_size")));
  field(out, "dropped_total", queue.dropped);
  field(out, "spilled", shot.spilled);
  field(out, "overflowed", shot.overflowed);
  write_age(out, "oldest_age_s", shot.oldest_age_s);
  field(out, "bytes", queue.bytes);
  out.EndObject();
  key(out, "connection");
  out.StartObject();
  field(out, "state", to_string(daemon.connection.state));
  field(out, "reason", daemon.connection.reason);
  write_instant(out, "since", daemon.connection.since);
  out.EndObject();
  key(out, "daemon");
  out.StartObject();
  field(out, "running", daemon.running);
  if (daemon.daemon)
    field(out, "pid", static_cast<std::uint64_t>(daemon.daemon->process.pid));
  else
    field(out, "pid", std::optional<std::string>{});
  field(out, "version", daemon.daemon ? std::optional(daemon.daemon->version) : std::nullopt);
  write_instant(out, "since", daemon.daemon ? daemon.daemon->since : 0);
  out.EndObject();
  write_drain(out, daemon.drain);
  write_instant(out, "last_ack_at", queue.last_ack_at);
  if (queue.last_error.empty())
    field(out, "last_error", std::optional<std::string>{});
  else
    raw_field(out, "last_error", queue.last_error);
  field(out, "clock", queue.clock);
  key(out, "taken_back");
  out.StartArray();
  for (const taken_back& log : queue.taken_back_logs) {
    out.StartObject();
    field(out, "server", log.origin);
    field(out, "team_slug", log.team_slug);
    field(out, "at", format_timestamp(log.at));
    field(out, "lost_from", log.lost.from);
    field(out, "lost_to", log.lost.to);
    out.EndObject();
  }
  out.EndArray();
}

std::string session_words(const context& ctx, const snapshot& shot) {
  if (!shot.session_problem.empty())
    return shot.session_problem;
  if (!shot.session)
    return "not logged in (no credentials file)";
  const std::string until = shown_time(ctx, shot.session->access_expires_at * 1000000);
  const std::string account = shot.session->username + " in the team " + shot.session->team_slug;
  return shot.session_is == session_state::authenticated
             ? account + ", token valid until " + until
             : account + ", token EXPIRED since " + until;
}

/// When an error happened, as the store keeps it.
std::string time_of(const context& ctx, const json_value& error) {
  const std::string at = text_of(error, "at").value_or("");
  const auto instant = parse_date_time(at);
  return instant ? shown_time(ctx, *instant) : at;
}

void print_words(context& ctx, const snapshot& shot, const daemon_view& daemon) {
  const auto& queue = shot.queue;
  const std::string& server = ctx.config.text("sync.server_url");
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  ctx.out.line("home        " + ctx.home.path.string() +
               (shot.home_exists ? "" : " (nothing recorded yet)"));
  ctx.out.line("server      " +
               (server.empty()
                    ? "none; set one with: spec-kitty sync server URL"
                    : server + " (" + std::string(ctx.config.at("sync.server_url").origin) + ")"));
  ctx.out.line("session     " + session_words(ctx, shot));
  ctx.out.line("queue       " + number(shot.queued) + " queued, " + number(shot.leased) +
               " leased, " + number(shot.held) + " held, " + number(queue.dead) + " dead, of " +
               ctx.config.text("sync.max_queue_size") + " (" + number(queue.bytes) + " bytes)");
  for (const auto& share : queue.teams)
    if (share.live > 0)
      ctx.out.line("            " + number(share.live) + " of team " + share.slug);
  for (const auto& project : queue.projects)
    if (!project.shared)
      ctx.out.line("            " + number(project.live) + " of " + project.name +
                   ", which is opted out: they stay on this machine");
  if (shot.oldest_age_s)
    ctx.out.line("            the oldest has waited for " + number(*shot.oldest_age_s) + " s");
  if (queue.dropped > 0)
    ctx.out.line("            " + count_of(queue.dropped, "event") +
                 " dropped: there was no space for them; reset the count: spec-kitty "
                 "events acknowledge-drops");
  if (shot.spilled > 0)
    ctx.out.line("spilled     " + number(shot.spilled) + " in " +
                 (ctx.home.path / "spill").string() +
                 ", imported by the next command that records events");
  if (shot.overflowed > 0)
    ctx.out.line("overflow    " + number(shot.overflowed) + " in " +
                 (ctx.home.path / "overflow").string() +
                 "; see how to import them: spec-kitty sync doctor");
  ctx.out.line(
      "connection  " + std::string(to_string(daemon.connection.state)) +
      (daemon.connection.reason.empty() ? "" : ": " + daemon.connection.reason) +
      (daemon.connection.since == 0 ? "" : ", since " + shown_time(ctx, daemon.connection.since)));
  if (daemon.daemon)
    ctx.out.line("daemon      process " + number(daemon.daemon->process.pid) + ", version " +
                 daemon.daemon->version + ", since " + shown_time(ctx, daemon.daemon->since));
  else
    ctx.out.line(daemon.running ? "daemon      running but not responding"
                                : "daemon      not running");
  if (daemon.drain)
    ctx.out.line("sending     " + drain_words(*daemon.drain));
  ctx.out.line("last ack    " + (queue.last_ack_at == 0
                                     ? std::string("never: no server has acknowledged an event")
                                     : shown_time(ctx, queue.last_ack_at) + ", " +
                                           duration_words(std::chrono::microseconds(
                                               shot.taken_at - queue.last_ack_at)) +
                                           " ago"));
  for (const taken_back& log : queue.taken_back_logs)
    ctx.out.line("taken back  " + shown_time(ctx, log.at) + ": " + taken_back_words(log));
  if (!queue.last_error.empty())
    if (const auto error = parse_json(queue.last_error))
      ctx.out.line("last error  " + time_of(ctx, *error) + " " +
                   text_of(*error, "message").value_or(""));
  ctx.out.line("clock       " + number(queue.clock) +
               (queue.node_id.empty() ? "" : ", node " + queue.node_id));
}

/// Sends the server one request. The problem, or nothing if it answers.
std::optional<failure> ask_server_for_status(const context& ctx) {
  const auto server = configured_server(ctx.config);
  if (!server)
    return server.error();
  evidence seen = examine(ctx);
  for (const auto& found : judge(seen))
    if (found.level == severity::error && (is_of_server(found.id) || is_of_session(found.id)))
      return failure{is_of_server(found.id) ? ec::transport : ec::login_required, found.message,
                     found.remedy};
  return std::nullopt;
}

exit_status sync_status_command(context& ctx, bool check) {
  const auto shot = take_snapshot(ctx);
  if (!shot)
    return ctx.fail(shot.error());
  const auto problem = check ? ask_server_for_status(ctx) : std::nullopt;
  const auto daemon = daemon_view_of(ctx, *shot);
  print_words(ctx, *shot, daemon);
  if (const auto repo = workflow::repository::here())
    for (const auto& intent : workflow::open_intents(*repo))
      ctx.out.line("unsettled   " + intent.message + ": " + intent.remedy);
  if (check && !problem)
    ctx.out.line("check       the server answers");
  const auto fields = [&](json_writer& out) {
    write_json(out, ctx, *shot, daemon);
    if (check)
      field(out, "server_answers", !problem);
  };
  if (problem) {
    ctx.out.fail(*problem, fields);
    return status_of(problem->code);
  }
  ctx.out.object(fields);
  return exit_status::done;
}

} // namespace

command_action declare_sync_status(CLI::App& app) {
  auto check = std::make_shared<bool>(false);
  app.add_flag("--check", *check, "Send a request to the server too");
  return [check](context& ctx) { return sync_status_command(ctx, *check); };
}

} // namespace spec_kitty
