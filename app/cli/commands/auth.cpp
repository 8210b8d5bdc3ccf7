// spec-kitty auth …: the session with the server.
#include "actors/auth/tokens.hpp"
#include "app/cli/command.hpp"
#include "app/cli/commands/auth_browser.hpp"
#include "app/cli/looks.hpp"
#include "app/home/snapshot.hpp"
#include "app/home/sync_system.hpp"
#include "config/older_home.hpp"
#include "util/prompt.hpp"
#include "util/text.hpp"
#include "util/working_line.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace spec_kitty {

namespace {

constexpr const char* how_to_log_in_unasked =
    "give --username, and the password with --password-stdin or in SPEC_KITTY_PASSWORD";

struct login_options {
  std::string username;
  bool password_from_stdin = false;
  bool token_from_stdin = false;
  bool adopt_local = false;
  std::string team;
};

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

result<std::string> find_username(const std::string& given) {
  if (!given.empty())
    return given;
  return prompt("Username: ", true, how_to_log_in_unasked);
}

result<std::string> find_password(const login_options& options) {
  if (options.password_from_stdin)
    return read_secret_from_stdin("password");
  if (const char* secret = std::getenv("SPEC_KITTY_PASSWORD"); secret != nullptr && *secret != '\0')
    return std::string(secret);
  return prompt("Password: ", false, how_to_log_in_unasked);
}

void write_projects(json_writer& out, const std::vector<project_share>& projects) {
  key(out, "waiting");
  out.StartArray();
  for (const auto& project : projects) {
    out.StartObject();
    field(out, "project", project.name);
    field(out, "events", project.live);
    field(out, "shared", project.shared);
    out.EndObject();
  }
  out.EndArray();
}

void print_projects(context& ctx, const std::vector<project_share>& projects) {
  for (const auto& project : projects) {
    if (project.live == 0)
      continue;
    ctx.out.line("  " + count_of(project.live, "event") + " of " + project.name +
                 (project.shared ? " wait for the next sync"
                                 : " stay on this machine: the project is opted out"));
  }
}

void print_login(context& ctx, const login_done& done, const server_url& server) {
  const auto shot = take_snapshot(ctx);
  const auto projects = shot ? shot->queue.projects : std::vector<project_share>{};
  ctx.out.object([&](json_writer& out) {
    field(out, "username", done.username);
    field(out, "team_slug", unless_empty(done.team_slug));
    field(out, "role", unless_empty(done.role));
    field(out, "server", server.origin());
    field(out, "adopted", done.adopted);
    field(out, "left_local", done.left_local);
    key(out, "projects");
    out.StartArray();
    for (const auto& [project, count] : done.projects) {
      out.StartObject();
      field(out, "project", project);
      field(out, "events", count);
      out.EndObject();
    }
    out.EndArray();
    write_projects(out, projects);
  });
  ctx.out.line(
      "Logged in as " + done.username +
      (done.team_slug.empty() ? "; the server named no team" : " in the team " + done.team_slug) +
      (done.role.empty() ? "" : " (" + done.role + ")"));
  if (done.adopted > 0)
    ctx.out.line(count_of(done.adopted, "event") + " recorded before now " +
                 (done.adopted == 1 ? "belongs" : "belong") + " to this team");
  print_projects(ctx, projects);
  if (done.left_local > 0)
    ctx.out.warn(count_of(done.left_local, "event") + " recorded under another account " +
                 (done.left_local == 1 ? "stays" : "stay") +
                 " local; take over with: "
                 "spec-kitty auth login --adopt-local");
}

result<login_request> find_login(const login_options& options) {
  login_request request;
  request.adopt_local = options.adopt_local;
  request.team = options.team;
  if (options.token_from_stdin) {
    auto token = read_secret_from_stdin("token");
    if (!token)
      return token.error();
    request.machine_token = std::move(*token);
    return request;
  }
  auto username = find_username(options.username);
  if (!username)
    return username.error();
  auto password = find_password(options);
  if (!password)
    return password.error();
  request.username = std::move(*username);
  request.password = std::move(*password);
  return request;
}

/// Whether a person sits at a terminal and has given nothing that a login could be made of.
bool may_use_a_browser(const context& ctx, const login_options& options) {
  const char* secret = std::getenv("SPEC_KITTY_PASSWORD");
  return !ctx.out.json() && !ctx.out.quiet() && options.username.empty() &&
         !options.password_from_stdin && !options.token_from_stdin &&
         (secret == nullptr || *secret == '\0') && ::isatty(STDIN_FILENO) != 0 &&
         ::isatty(STDOUT_FILENO) != 0;
}

result<login_done> carry_out_login(context& ctx, const server_url& server,
                                   const login_options& options) {
  if (may_use_a_browser(ctx, options)) {
    login_request asked;
    asked.adopt_local = options.adopt_local;
    asked.team = options.team;
    if (auto done = login_in_browser(ctx, server, std::move(asked)))
      return std::move(*done);
  }
  const auto request = find_login(options);
  if (!request)
    return request.error();
  const working_line line(ctx.out, "logging in");
  sync_system system(ctx, server);
  auto answer = system.login(*request);
  system.close();
  return answer;
}

exit_status login(context& ctx, const login_options& options) {
  const auto server = configured_server(ctx.config);
  if (!server)
    return ctx.fail(server.error());
  const auto done = carry_out_login(ctx, *server, options);
  if (!done)
    return ctx.fail(done.error());
  print_login(ctx, *done, *server);
  return exit_status::done;
}

/// Always clears the session here; revokes it at the server if possible.
result<logout_done> end_session(context& ctx) {
  const auto server = configured_server(ctx.config);
  const auto session = read_credentials(ctx.home.path);
  if (server && session && *session) {
    sync_system system(ctx, *server);
    auto done = system.logout();
    system.close();
    if (done)
      return done;
  }
  const auto was = forget_session(ctx.home.path);
  if (!was)
    return was.error();
  return logout_done{*was, false, *was ? "the server was not asked to end the session" : ""};
}

exit_status logout(context& ctx) {
  const auto done = end_session(ctx);
  if (!done)
    return ctx.fail(done.error());
  ctx.out.object([&](json_writer& out) {
    field(out, "was_logged_in", done->was_logged_in);
    field(out, "cleared", true);
    field(out, "revoked", done->revoked);
    field(out, "not_revoked",
          done->not_revoked.empty() ? std::nullopt : std::optional(done->not_revoked));
  });
  ctx.out.line(done->was_logged_in ? "Logged out. Queued events stay queued."
                                   : "You were not logged in.");
  if (done->revoked)
    ctx.out.line("The session was also ended at the server.");
  else if (done->was_logged_in)
    ctx.out.warn("the session could not be ended at the server: " + done->not_revoked);
  return exit_status::done;
}

/// The session can be used, or renewed by the next sync.
bool session_lasts(const snapshot& shot) {
  return shot.session_is == session_state::authenticated ||
         shot.session->refresh_expires_at > shot.taken_at / 1000000;
}

failure login_missing(const snapshot& shot) {
  if (!shot.session)
    return {ec::login_required, "not logged in; events are recorded and wait",
            "run: spec-kitty auth login"};
  return session_over(*shot.session);
}

void write_session(json_writer& out, const snapshot& shot) {
  const auto& session = shot.session;
  const auto text = [&](std::string credentials::*part) {
    return session ? unless_empty((*session).*part) : std::nullopt;
  };
  const bool expires = session && !session->is_machine_token();
  field(out, "state", to_string(shot.session_is));
  field(out, "username", text(&credentials::username));
  field(out, "team_slug", text(&credentials::team_slug));
  field(out, "role", text(&credentials::role));
  field(out, "server", text(&credentials::server));
  field(out, "machine_token", session && session->is_machine_token());
  write_instant(out, "access_expires_at", expires ? session->access_expires_at * 1000000 : 0);
  write_instant(out, "refresh_expires_at", expires ? session->refresh_expires_at * 1000000 : 0);
}

exit_status show_session_status(context& ctx) {
  const auto shot = take_snapshot(ctx);
  if (!shot)
    return ctx.fail(shot.error());
  if (!shot->session_problem.empty())
    return ctx.fail(
        {ec::bad_config, shot->session_problem, "run: spec-kitty auth logout, then log in again"});
  const auto& session = shot->session;
  const auto server = configured_server(ctx.config);
  if (const auto conflict = session_conflict(ctx.home.path, server ? server->origin() : ""))
    ctx.out.warn(conflict->message + "; " + conflict->remedy);
  const bool usable = session && session_lasts(*shot);
  const auto fields = [&](json_writer& out) { write_session(out, *shot); };
  if (!usable) {
    const failure why = login_missing(*shot);
    ctx.out.fail(why, fields);
    return status_of(why.code);
  }
  ctx.out.object(fields);
  ctx.out.line(session->username + " in the team " + session->team_slug +
               (session->role.empty() ? "" : " (" + session->role + ")") + " at " +
               session->server);
  const std::string until = shown_time(ctx, session->access_expires_at * 1000000);
  if (session->is_machine_token())
    ctx.out.line("authenticated by a token for machines, until an administrator revokes it");
  else if (shot->session_is == session_state::authenticated)
    ctx.out.line("authenticated until " + until);
  else
    ctx.out.line("expired since " + until + "; the next sync renews it");
  return exit_status::done;
}

} // namespace

command_action declare_auth_login(CLI::App& app) {
  auto options = std::make_shared<login_options>();
  auto* user = app.add_option("--username", options->username, "User name");
  auto* password = app.add_flag("--password-stdin", options->password_from_stdin,
                                "Read the password from stdin");
  app.add_flag("--token-stdin", options->token_from_stdin,
               "Read a token for machines from stdin instead")
      ->excludes(user)
      ->excludes(password);
  app.add_option("--team", options->team, "The team, for an account of several");
  app.add_flag("--adopt-local", options->adopt_local,
               "Take over events recorded under another account");
  return [options](context& ctx) { return login(ctx, *options); };
}

command_action declare_auth_logout(CLI::App&) {
  return [](context& ctx) { return logout(ctx); };
}

command_action declare_auth_status(CLI::App&) {
  return [](context& ctx) { return show_session_status(ctx); };
}

} // namespace spec_kitty
