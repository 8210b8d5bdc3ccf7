#include "app/server/dev/options.hpp"

#include "app/server/core/passwords.hpp"
#include "messages/custom_types.hpp"
#include "messages/event.hpp"
#include "util/files.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace spec_kitty::server::dev {

namespace {

constexpr long ten_years_s = 10L * 365 * 24 * 3600;
constexpr int max_port = 65535;
constexpr int max_batch_events = 100'000;
constexpr long day_s = 86400;

/// Options whose meaning is turned around, or that are read when the whole line is known.
struct raw_options {
  int port = -1;
  int batch_events = 0;
  bool no_rotate = false;
  bool no_snapshot = false;
  bool no_ack = false;
  std::vector<std::string> accepted;
};

std::string words_of(const result<void>& checked) {
  return checked ? std::string() : checked.error().message + " (" + checked.error().hint + ")";
}

/// The event type of `--accept-type NAME=FILE`; `known` has those of before.
store::team_event_type read_type(custom_types& known, const std::string& given) {
  const auto refuse = [](const std::string& why) {
    throw CLI::ValidationError("--accept-type", why);
  };
  const std::size_t sign = given.find('=');
  if (sign == std::string::npos)
    refuse("give NAME=FILE: an event type and the file with the JSON Schema of its payload");
  const std::string name = given.substr(0, sign);
  const std::string file = given.substr(sign + 1);
  const auto schema = read_input(file, max_custom_schema);
  if (!schema || !*schema)
    refuse(schema ? "cannot read " + file + ": there is no such file" : schema.error().message);
  if (const auto added = known.add(name, **schema); !added)
    refuse(words_of(added));
  return {name, **schema};
}

void check_reject_types(const options& chosen, const custom_types& more) {
  for (const auto& type : chosen.faults.reject_types)
    if (!is_event_type(type) && !more.contains(type))
      throw CLI::ValidationError("--reject-type",
                                 type + " is not an event type, and not one of --accept-type");
}

void complete(options& into, const raw_options& raw) {
  custom_types more;
  for (const auto& type : raw.accepted)
    into.types.push_back(read_type(more, type));
  check_reject_types(into, more);
  if (raw.port >= 0)
    into.settings["listen"] = "127.0.0.1:" + std::to_string(raw.port);
  if (raw.batch_events > 0)
    into.settings["limits.batch_events"] = std::to_string(raw.batch_events);
  into.sessions.rotate = !raw.no_rotate;
  into.faults.snapshot = !raw.no_snapshot;
  into.faults.ack = !raw.no_ack;
  const char* password = std::getenv("SPEC_KITTY_DEV_PASSWORD");
  into.account.password = password == nullptr ? "" : password;
  if (!into.account.password.empty())
    if (const auto ok = check_password(into.account.password); !ok)
      throw CLI::ValidationError("SPEC_KITTY_DEV_PASSWORD", words_of(ok));
}

/// Each option that is added to it is refused without --dev.
class dev_group {
public:
  explicit dev_group(CLI::App& run) : run_(run), dev_(run.get_option("--dev")) {}

  template <class T>
  CLI::Option* option(const char* name, T& into, const char* help) {
    return bound(run_.add_option(name, into, help));
  }
  CLI::Option* flag(const char* name, bool& into, const char* help) {
    return bound(run_.add_flag(name, into, help));
  }

private:
  CLI::Option* bound(CLI::Option* added) { return added->needs(dev_)->group("With --dev"); }

  CLI::App& run_;
  CLI::Option* dev_;
};

void add_server_options(dev_group& of, options& into, raw_options& raw) {
  of.option("--port", raw.port, "The port to listen on; 0, the default: any free one")
      ->check(CLI::Range(0, max_port));
  of.option("--username", into.account.username, "The user that may log in (dev)")
      ->check([](const std::string& name) { return words_of(check_username(name)); });
  of.option("--team", into.account.team_slug, "The account's team (dev-team)")
      ->check([](const std::string& slug) { return words_of(check_team_slug(slug)); });
  of.option("--access-lifetime", into.sessions.access_lifetime,
            "Seconds that an access token is good (900)")
      ->check(CLI::Range(1L, ten_years_s));
  of.option("--refresh-lifetime", into.sessions.refresh_lifetime,
            "Seconds that a refresh token is good (604800)")
      ->check(CLI::Range(1L, ten_years_s));
  of.option("--accept-type", raw.accepted,
            "NAME=FILE: take events of this type too, their payload checked against the JSON "
            "Schema in FILE; repeatable")
      ->allow_extra_args(false);
  of.option("--batch-events", raw.batch_events, "Events that one batch may have (1000)")
      ->check(CLI::Range(1, max_batch_events));
  of.option("--ws-ping-s", into.ping_s, "Seconds between two pings (30); 0: none")
      ->check(CLI::Range(0L, day_s));
}

void add_fault_options(dev_group& of, options& into, raw_options& raw) {
  of.flag("--no-rotate", raw.no_rotate, "For tests: a refresh token stays good after its use");
  of.option("--pending-first", into.faults.pending_first,
            "For tests: answer `pending` the first N times for each event");
  of.option("--reject-type", into.faults.reject_types,
            "For tests: answer `error` for events of this type; repeatable")
      ->allow_extra_args(false);
  of.option("--note-kept", into.faults.note_kept,
            "For tests: also write each event that is kept to this file, before its answer");
}

void add_socket_options(dev_group& of, fault_rules& faults, raw_options& raw) {
  of.option("--ws-refuse", faults.refuse_status,
            "For tests: answer every WebSocket upgrade with this status")
      ->check(CLI::Range(300, 599));
  of.flag("--ws-no-snapshot", raw.no_snapshot, "For tests: never send a snapshot");
  of.option("--ws-snapshot-bytes", faults.snapshot_bytes,
            "For tests: pad the snapshot to this many bytes");
  of.flag("--ws-ignore", faults.ignore_events, "For tests: neither keep nor answer events");
  of.flag("--ws-no-ack", raw.no_ack, "For tests: keep events and never answer them");
  of.flag("--ws-ack-by-echo", faults.ack_by_echo,
          "For tests: send the event itself in place of an ack");
  of.flag("--ws-stall", faults.stall, "For tests: take nothing after the snapshot");
  of.option("--ws-cut-every-ms", faults.cut_every_ms,
            "For tests: cut every connection after this many milliseconds")
      ->check(CLI::Range(0L, day_s * 1000));
  of.option("--ws-close-after-events", faults.close_after_events,
            "For tests: close a connection after this many events");
  of.option("--ws-close-code", faults.close_code, "For tests: the code of that close (1001)")
      ->check(CLI::Range(1000, 4999));
}

} // namespace

void declare_options(CLI::App& run, options& into) {
  const auto raw = std::make_shared<raw_options>();
  dev_group group(run);
  add_server_options(group, into, *raw);
  add_fault_options(group, into, *raw);
  add_socket_options(group, into.faults, *raw);
  run.footer("Each key of the configuration is a flag too, such as --state DIR, which keeps "
             "everything: see "
             "spec-kitty-server --help");
  run.final_callback([&into, raw] { complete(into, *raw); });
}

} // namespace spec_kitty::server::dev
