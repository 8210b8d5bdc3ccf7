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

/// A name that goes into a header, a shell command and a terminal as it is.
std::string check_name(const std::string& text) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-";
  if (text.empty() || text.size() > max_team_slug || text.front() == '-' ||
      text.find_first_not_of(allowed) != std::string::npos)
    return "must be letters, digits and . _ @ + - only";
  return {};
}

std::string check_team(const std::string& text) {
  if (text == local_team)
    return "`local` is the team of events without a login; choose another name";
  return check_name(text);
}

/// The text of a file that is no larger than a schema can be, by a byte more than that.
std::optional<std::string> read_schema(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(max_custom_schema + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// Registers what `--accept-type NAME=FILE` names.
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
      throw CLI::ValidationError("--reject-type", type +
                                                      " is no event type of the contract, nor of "
                                                      "--accept-type");
}

} // namespace

std::variant<options, int> read_options(int argc, char** argv) {
  options chosen;
  bool no_rotate = false;
  CLI::App app(
      "A reference server of the spec-kitty sync protocol on 127.0.0.1, for trying out and "
      "for tests.\nThe password is SPEC_KITTY_DEV_PASSWORD, else the one kept in --state, "
      "else a new one.",
      "spec-kitty-dev-server");
  app.add_option("--port", chosen.port, "port to listen on; 0 is any free one (default 0)")
      ->check(CLI::Range(0, 65535));
  app.add_option("--state", chosen.state,
                 "folder that keeps events, login and sessions (default: forget all at exit)");
  app.add_flag("--json", chosen.json, "print JSON lines; the first holds url and login");
  app.add_flag("--quiet", chosen.quiet, "no line per request");
  app.add_option("--username", chosen.login.username, "who may log in (default dev)")
      ->check(check_name);
  app.add_option("--team", chosen.login.team_slug, "the account's team (default dev-team)")
      ->check(check_team);
  app.add_option("--access-lifetime", chosen.tokens.access_lifetime_s,
                 "seconds an access token is good for (default 900)")
      ->check(CLI::Range(1L, ten_years_s));
  app.add_option("--refresh-lifetime", chosen.tokens.refresh_lifetime_s,
                 "seconds a refresh token is good for (default 604800)")
      ->check(CLI::Range(1L, ten_years_s));
  app.add_flag("--no-rotate", no_rotate, "test knob: a refresh token stays good after its use");
  app.add_option("--pending-first", chosen.batches.pending_first,
                 "test knob: answer `pending` the first N times for each event");
  app.add_option("--reject-type", chosen.batches.reject_types,
                 "test knob: answer `error` for events of this type; repeatable")
      ->allow_extra_args(false);
  std::vector<std::string> accepted;
  app.add_option("--accept-type", accepted,
                 "NAME=FILE: take events of this type too, their payload held against the JSON "
                 "Schema in FILE; repeatable")
      ->allow_extra_args(false);
  bool no_snapshot = false;
  bool no_ack = false;
  ws_rules& sockets = chosen.sockets;
  app.add_option("--ws-ping-s", sockets.ping_s, "seconds between two pings, 0: none (default 30)")
      ->check(CLI::Range(0L, 86400L));
  app.add_option("--ws-refuse", sockets.refuse_status,
                 "test knob: answer every WebSocket upgrade with this status")
      ->check(CLI::Range(300, 599));
  app.add_flag("--ws-no-snapshot", no_snapshot, "test knob: never send a snapshot");
  app.add_option("--ws-snapshot-bytes", sockets.snapshot_bytes,
                 "test knob: pad the snapshot to so many bytes");
  app.add_flag("--ws-ignore", sockets.ignore_events, "test knob: neither keep nor answer events");
  app.add_flag("--ws-no-ack", no_ack, "test knob: keep events and never answer them");
  app.add_flag("--ws-ack-by-echo", sockets.ack_by_echo,
               "test knob: send the event itself in place of an ack");
  app.add_flag("--ws-stall", sockets.stall, "test knob: read nothing after the snapshot");
  app.add_option("--ws-cut-every-ms", sockets.cut_every_ms,
                 "test knob: cut every connection so long after it was made");
  app.add_option("--ws-close-after-events", sockets.close_after_events,
                 "test knob: close a connection after so many events");
  app.add_option("--ws-close-code", sockets.close_code, "test knob: with this code (default 1001)")
      ->check(CLI::Range(1000, 4999));
  try {
    app.parse(argc, argv);
    for (const auto& given : accepted)
      accept_type(chosen.batches.more_types, given);
    check_types(chosen.batches);
  } catch (const CLI::ParseError& why) {
    return app.exit(why) == 0 ? 0 : exit_usage;
  }
  chosen.tokens.rotate = !no_rotate;
  sockets.snapshot = !no_snapshot;
  sockets.ack = !no_ack;
  if (const char* password = std::getenv("SPEC_KITTY_DEV_PASSWORD"); password != nullptr)
    chosen.login.password = password;
  return chosen;
}

} // namespace spec_kitty::dev_server
