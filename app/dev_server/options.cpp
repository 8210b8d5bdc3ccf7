#include "app/dev_server/options.hpp"

#include "messages/event.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <vector>

namespace spec_kitty::dev_server {

namespace {

constexpr int exit_usage = 2;
constexpr long ten_years_s = 10L * 365 * 24 * 3600;

/// Names are written into headers, shell commands and terminals without quoting.
std::string check_name(const std::string& text) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-";
  if (text.empty() || text.size() > max_team_slug || text.front() == '-' ||
      text.find_first_not_of(allowed) != std::string::npos)
    return "may only hold letters, digits and . _ @ + -, and must not begin with -";
  return {};
}

std::string check_team(const std::string& text) {
  if (text == local_team)
    return "`local` is the team of events without a login; choose another name";
  return check_name(text);
}

/// The text of a file, at most one byte more than a schema may have.
std::optional<std::string> read_schema(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(max_custom_schema + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// Registers the event type of `--accept-type NAME=FILE`.
void accept_type(custom_types& types, const std::string& given) {
  const auto refuse = [](const std::string& why) {
    throw CLI::ValidationError("--accept-type", why);
  };
  const std::size_t sign = given.find('=');
  if (sign == std::string::npos)
    refuse("give NAME=FILE: an event type and the file with the JSON Schema of its payload");
  const auto schema = read_schema(given.substr(sign + 1));
  if (!schema)
    refuse("cannot read " + given.substr(sign + 1));
  if (const auto added = types.add(given.substr(0, sign), *schema); !added)
    refuse(added.error().message + " (" + added.error().hint + ")");
}

void check_types(const batch_rules& rules) {
  for (const auto& type : rules.reject_types)
    if (!is_event_type(type) && !rules.more_types.contains(type))
      throw CLI::ValidationError("--reject-type",
                                 type + " is not an event type, and not one of --accept-type");
}

/// Options whose meaning is turned around, or which are read after the command line is known.
struct raw_options {
  bool no_rotate = false;
  bool no_snapshot = false;
  bool no_ack = false;
  std::vector<std::string> accepted;
};

void add_server_options(CLI::App& app, options& chosen) {
  app.add_option("--port", chosen.port, "port to listen on; 0: any free port (default 0)")
      ->check(CLI::Range(0, 65535));
  app.add_option("--state", chosen.state,
                 "folder that keeps events, login and sessions (default: forget all at exit)");
  app.add_flag("--json", chosen.json, "print JSON lines; the first holds url and login");
  app.add_flag("--quiet", chosen.quiet, "print no line per request");
  app.add_option("--username", chosen.login.username, "the user that may log in (default dev)")
      ->check(check_name);
  app.add_option("--team", chosen.login.team_slug, "the account's team (default dev-team)")
      ->check(check_team);
  app.add_option("--access-lifetime", chosen.tokens.access_lifetime_s,
                 "seconds an access token is valid (default 900)")
      ->check(CLI::Range(1L, ten_years_s));
  app.add_option("--refresh-lifetime", chosen.tokens.refresh_lifetime_s,
                 "seconds a refresh token is valid (default 604800)")
      ->check(CLI::Range(1L, ten_years_s));
}

void add_http_options(CLI::App& app, options& chosen, raw_options& raw) {
  app.add_option("--batch-events", chosen.batches.max_events,
                 "events that one batch may have, as it offers (default 1000)")
      ->check(CLI::Range(1, 100000));
  app.add_flag("--no-rotate", raw.no_rotate,
               "for tests: a refresh token stays valid after its use");
  app.add_option("--pending-first", chosen.batches.pending_first,
                 "for tests: answer `pending` the first N times for each event");
  app.add_option("--reject-type", chosen.batches.reject_types,
                 "for tests: answer `error` for events of this type; repeatable")
      ->allow_extra_args(false);
  app.add_option("--accept-type", raw.accepted,
                 "NAME=FILE: accept events of this type too, their payload validated against the "
                 "JSON Schema in FILE; repeatable")
      ->allow_extra_args(false);
}

void add_websocket_options(CLI::App& app, ws_rules& sockets, raw_options& raw) {
  app.add_option("--ws-ping-s", sockets.ping_s,
                 "seconds between two pings, 0: no pings (default 30)")
      ->check(CLI::Range(0L, 86400L));
  app.add_option("--ws-refuse", sockets.refuse_status,
                 "for tests: answer every WebSocket upgrade with this status")
      ->check(CLI::Range(300, 599));
  app.add_flag("--ws-no-snapshot", raw.no_snapshot, "for tests: never send a snapshot");
  app.add_option("--ws-snapshot-bytes", sockets.snapshot_bytes,
                 "for tests: pad the snapshot to this many bytes");
  app.add_flag("--ws-ignore", sockets.ignore_events, "for tests: neither keep nor answer events");
  app.add_flag("--ws-no-ack", raw.no_ack, "for tests: keep events and never answer them");
  app.add_flag("--ws-ack-by-echo", sockets.ack_by_echo,
               "for tests: send the event itself in place of an ack");
  app.add_flag("--ws-stall", sockets.stall, "for tests: read nothing after the snapshot");
  app.add_option("--ws-cut-every-ms", sockets.cut_every_ms,
                 "for tests: cut every connection after this many milliseconds");
  app.add_option("--ws-close-after-events", sockets.close_after_events,
                 "for tests: close a connection after this many events");
  app.add_option("--ws-close-code", sockets.close_code,
                 "for tests: the code of that close (default 1001)")
      ->check(CLI::Range(1000, 4999));
}

} // namespace

std::variant<options, int> read_options(int argc, char** argv) {
  options chosen;
  raw_options raw;
  CLI::App app(
      "A reference server of the spec-kitty sync protocol on 127.0.0.1, for trying out and "
      "for tests.\nThe password is SPEC_KITTY_DEV_PASSWORD, else the one kept in --state, "
      "else a new one.",
      "spec-kitty-dev-server");
  add_server_options(app, chosen);
  add_http_options(app, chosen, raw);
  add_websocket_options(app, chosen.sockets, raw);
  try {
    app.parse(argc, argv);
    for (const auto& type : raw.accepted)
      accept_type(chosen.batches.more_types, type);
    check_types(chosen.batches);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }
  chosen.tokens.rotate = !raw.no_rotate;
  chosen.sockets.snapshot = !raw.no_snapshot;
  chosen.sockets.ack = !raw.no_ack;
  if (const char* password = std::getenv("SPEC_KITTY_DEV_PASSWORD"); password != nullptr)
    chosen.login.password = password;
  return chosen;
}

} // namespace spec_kitty::dev_server
