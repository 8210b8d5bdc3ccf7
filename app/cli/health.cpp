#include "app/cli/health.hpp"

#include "actors/clock/causality.hpp"
#include "actors/http/transport_failure.hpp"
#include "app/daemon/control.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace spec_kitty {

namespace {

constexpr epoch_us tolerated_skew = epoch_us{300} * 1000000;
constexpr std::uint64_t long_wait_s = 86400;
constexpr std::uint64_t min_spare_clock_values = 1'000'000;

std::string octal(unsigned mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode);
  return text.data();
}

/// The rules, one area after the other.
class examination {
public:
  explicit examination(const evidence& seen) : seen_(seen), queue_(seen.shot.queue) {}

  std::vector<finding> all() && {
    home();
    config();
    store();
    beside_the_store();
    repository();
    queue();
    clock();
    session();
    daemon();
    server();
    std::stable_sort(found_.begin(), found_.end(),
                     [](const auto& a, const auto& b) { return a.level < b.level; });
    return std::move(found_);
  }

private:
  void add(std::string id, severity level, std::string message, std::string remedy = {}) {
    found_.push_back({std::move(id), level, std::move(message), std::move(remedy)});
  }
  std::string run(const std::string& command) const { return seen_.program + " " + command; }
  std::string in_home(const char* name) const { return shell_word((seen_.home / name).string()); }
  bool something_waits() const { return queue_.live + seen_.shot.spilled > 0; }

  void home() {
    if (seen_.home_problem)
      add("home_unusable", severity::error, seen_.home_problem->message, seen_.home_problem->hint);
    else if (!seen_.shot.home_exists && !seen_.store_problem && seen_.shot.spilled == 0)
      add("nothing_recorded", severity::note,
          "nothing has been recorded in " + seen_.home.string() + " yet");
    for (const auto& file : seen_.open_files)
      add("open_permissions", severity::error,
          file.path.string() + " is accessible to other users (mode " + octal(file.mode) + ")",
          "chmod go-rwx " + shell_word(file.path.string()));
    if (seen_.volatile_home)
      add("home_in_memory", severity::warning,
          seen_.home.string() + " is in memory: its events are lost when the machine restarts",
          run("sync now"));
  }

  void config() {
    if (seen_.config_problem)
      add("config_damaged", severity::error, seen_.config_problem->message,
          seen_.config_problem->code != ec::bad_config
              ? seen_.config_problem->hint
              : "mv " + in_home("config.toml") + " " + in_home("config.toml.damaged"));
  }

  void store() {
    if (seen_.store_busy) {
      const auto& holder = seen_.holder;
      const std::string process =
          holder ? holder->name + " (process " + std::to_string(holder->pid) + ")" : "a process";
      const std::string how = holder && holder->stopped ? ", which is stopped," : "";
      const std::string remedy =
          holder ? (holder->stopped ? "kill -CONT " : "kill ") + std::to_string(holder->pid)
                 : "fuser -k " + in_home("queue/lock");
      add("store_busy", severity::error,
          process + how + " holds the store; events recorded meanwhile go to spill files", remedy);
    }
    for (const auto& folder : seen_.repaired)
      add("store_repaired", severity::warning,
          "a damaged store is kept in " + folder.string() +
              "; what was lost of it is named in lost.json there",
          "rm -r " + shell_word(folder.string()) + "  # after you have looked at it");
    if (!seen_.store_problem || seen_.home_problem)
      return;
    const failure& why = *seen_.store_problem;
    if (why.code == ec::store_corrupt)
      add("store_damaged", severity::error, why.message, run("sync repair"));
    else
      add("store_" + std::string(why.code == ec::store_version ? "newer" : "unusable"),
          severity::error, why.message, why.hint);
  }

  void beside_the_store() {
    const auto& shot = seen_.shot;
    if (shot.spilled > 0)
      add("spilled", severity::warning,
          count_of(shot.spilled, "event") + " recorded while the store could not be used " +
              (shot.spilled == 1 ? "waits" : "wait") + " in a spill file",
          run("sync now"));
    for (const auto& file : seen_.damaged_spill)
      add("spill_damaged", severity::error,
          file.string() + " has unreadable lines; its valid lines were imported",
          "rm " + shell_word(file.string()) + "  # after you have looked at it");
    if (shot.overflowed > 0)
      add("overflow", severity::warning,
          count_of(shot.overflowed, "event") +
              " moved to the overflow folder because the queue was full",
          "for f in " + in_home("overflow") + "/*.jsonl.gz; do " + run("events import") +
              " \"$f\"; done");
    if (queue_.dropped > 0)
      add("dropped", severity::error,
          count_of(queue_.dropped, "event") +
              " dropped: there was no space for them, or they were lost with a damaged store",
          run("events acknowledge-drops"));
  }

  void repository() {
    for (const auto& intent : seen_.intents)
      add("interrupted_command", severity::warning, intent.message, intent.remedy);
  }

  void queue() {
    if (queue_.dead > 0)
      add("dead_letters", severity::error,
          count_of(queue_.dead, "event") +
              " permanently refused by the server; see why: " + run("events list --state dead"),
          run("events retry --all"));
    if (seen_.max_events > 0 && queue_.live >= seen_.max_events)
      add("queue_full", severity::error,
          "the queue holds " + count_of(queue_.live, "event") + " and is full (maximum " +
              std::to_string(seen_.max_events) + "); new events are refused",
          run("config set sync.max_queue_size " + std::to_string(2 * queue_.live)));
    else if (queue_.live * 5 >= seen_.max_events * 4 && seen_.max_events > 4)
      add("queue_nearly_full", severity::warning,
          "the queue holds " + std::to_string(queue_.live) + " of at most " +
              count_of(seen_.max_events, "event"),
          run("config set sync.max_queue_size " + std::to_string(2 * seen_.max_events)));
    for (const auto& project : queue_.projects)
      if (!project.shared && project.live > 0)
        add("opted_out", severity::note,
            count_of(project.live, "event") + " of " + project.name +
                " stay on this machine: the project is opted out");
    const auto& session = seen_.shot.session;
    for (const auto& team : queue_.teams) {
      if (team.live == team.opted_out)
        continue;
      if (!team.hold_reason.empty())
        add("forbidden", severity::error,
            "the server forbids the team " + team.slug + ": " + team.hold_reason + " (" +
                count_of(team.live, "event") + " held)",
            run("sync now"));
      else if (session && team.slug == local_team)
        add("left_local", severity::warning,
            count_of(team.live, "event") + " recorded under another account",
            run("auth login --adopt-local"));
      else if (session && !session->team_slug.empty() && team.slug != session->team_slug)
        add("other_team", severity::warning,
            count_of(team.live, "event") + " of the team " + team.slug + ", not of this login",
            run("auth login") + "  # as a member of that team");
    }
    if (seen_.shot.queued > 0 && seen_.shot.oldest_age_s.value_or(0) > long_wait_s)
      add("waiting_long", severity::warning,
          "the oldest event has waited for " + count_of(*seen_.shot.oldest_age_s / 3600, "hour"),
          run("sync now"));
  }

  void clock() {
    if (!seen_.shot.home_exists)
      return;
    if (max_lamport - queue_.clock < min_spare_clock_values)
      add("clock_exhausted", severity::error,
          "the Lamport clock is near its maximum: this home can record at most " +
              count_of(max_lamport - queue_.clock, "event"),
          "export SPEC_KITTY_HOME=" + shell_word(seen_.home.string() + "-2"));
    const auto& mirror = seen_.mirror;
    const bool mine = mirror && mirror->node_id == queue_.node_id;
    if (queue_.clock > 0 && (!mirror || (mine && mirror->value != queue_.clock)))
      add("clock_file", severity::warning,
          (seen_.home / "clock.json").string() +
              (mirror ? " has " + std::to_string(mirror->value) + ", the store has " +
                            std::to_string(queue_.clock)
                      : " is missing or damaged; the store has " + std::to_string(queue_.clock)),
          run("sync now"));
    if (seen_.stamps_taken)
      add("stamps_taken", severity::warning,
          "the server has refused clock values of this home, as where a copy of it is in use: the "
          "events got other values",
          run("clock renew"));
    for (const auto& conflict : seen_.clock_conflicts)
      add(conflict.id, severity::note, conflict.message, conflict.remedy);
    if (seen_.newest_event_at > seen_.shot.taken_at + tolerated_skew)
      add("time_went_back", severity::warning,
          "the newest event was recorded at " + seen_.time_words(seen_.newest_event_at) +
              ", which is in the future: this machine's clock was or is wrong",
          "timedatectl set-ntp true");
  }

  void session() {
    const auto& shot = seen_.shot;
    if (!shot.session_problem.empty()) {
      add("credentials_damaged", severity::error, shot.session_problem, run("auth logout"));
      return;
    }
    if (seen_.server_url.empty()) {
      add("no_server", something_waits() ? severity::warning : severity::note,
          "no server is set: events wait here",
          run("sync server https://sync.example.com") + "  # your team's");
      return;
    }
    const std::string log_in =
        run("auth login") +
        (shot.session ? " --username " + shell_word(shot.session->username) : std::string());
    const severity level = something_waits() ? severity::error : severity::warning;
    if (!shot.session)
      add("logged_out", level, "not logged in: events wait here", log_in);
    else if (shot.session->server != seen_.server_origin)
      add("session_of_another_server", level,
          "the session belongs to " + shot.session->server + ", but the server is " +
              seen_.server_origin,
          log_in);
    else if (shot.session_is == session_state::expired &&
             shot.session->refresh_expires_at <= shot.taken_at / 1000000)
      add("session_over", level,
          "the session ended at " + seen_.time_words(shot.session->refresh_expires_at * 1000000),
          log_in);
  }

  void daemon() {
    const delivery_status& daemon = seen_.daemon;
    if (daemon.answers && daemon.stopped)
      add("daemon_stopped", severity::error,
          "the daemon process " + std::to_string(daemon.daemon->process.pid) +
              " is stopped: it sends nothing",
          "kill -CONT " + std::to_string(daemon.daemon->process.pid));
    else if (!seen_.daemon_problem.empty())
      add("daemon_silent", severity::error, seen_.daemon_problem, run("sync daemon restart"));
    else if (seen_.daemon_version && is_newer_version(seen_.version, *seen_.daemon_version))
      add("daemon_older", severity::warning,
          "the daemon is of version " + *seen_.daemon_version + ", this program of " +
              seen_.version,
          run("sync daemon start") + "  # replaces it");
    else if (!daemon.answers && daemon.daemon && should_run(*daemon.daemon))
      add("daemon_gone", severity::warning,
          "no daemon is running; the last one did not end normally: " +
              (daemon.daemon->end == daemon_end::none ? "it ended unexpectedly"
                                                      : daemon.daemon->why),
          run("sync daemon start"));
    else if (!daemon.answers && seen_.autostart && seen_.shot.queued > 0 && seen_.shot.session)
      add("daemon_not_started", severity::warning,
          "sync.autostart is on, but no daemon is running for the " +
              count_of(seen_.shot.queued, "event") + " that can be sent",
          run("sync daemon start"));
  }

  /// The server's program, the account's role, what is offered. Nothing of a server that says
  /// nothing about itself.
  void identity(const http_reply& reply) {
    const auto offer = read_offer_reply(reply);
    if (!offer || *offer == server_offer{})
      return;
    credentials account = seen_.shot.session.value_or(credentials{});
    if (account.server == seen_.server_origin)
      read_account(reply, account);
    std::string text = seen_.server_url + " is " +
                       (offer->server.empty() ? "a server without a name" : offer->server) +
                       (offer->version.empty() ? "" : " " + offer->version);
    if (!account.role.empty())
      text += "; " + account.username + " has the role " + account.role + " in the team " +
              account.team_slug;
    std::string offered;
    for (const auto& capability : offer->capabilities)
      offered += (offered.empty() ? "" : ", ") + capability;
    add("server_version", severity::note,
        text + "; capabilities: " + (offered.empty() ? "none" : offered), "");
    if (account.role == "reader" && something_waits())
      add("role_reader", severity::warning,
          account.username + " may read the team's events, not send any: events wait here",
          run("sync status") + "  # how many; an admin of the team can give the role member");
  }

  void server() {
    if (!seen_.server)
      return;
    const auto& [reply, offer, with_token, no_token] = *seen_.server;
    if (no_token) {
      const bool refused = no_token->code == ec::login_required;
      const bool reported = std::any_of(found_.begin(), found_.end(), [](const finding& other) {
        return is_of_session(other.id); // the same cause
      });
      if (!refused || !reported)
        add(refused ? "session_refused" : "server_unreachable", severity::error, no_token->message,
            refused ? run("auth login") : no_token->hint);
      if (!refused)
        return;
    }
    const std::string& url = seen_.server_url;
    const bool json = reply.content_type == "application/json";
    const int status = reply.status;
    if (reply.outcome == http_outcome::proxy_failed) {
      const auto why = transport_failure(reply, "server clock");
      add("proxy", severity::error, why.message,
          run("config set sync.proxy none") + "  # to connect without it; a user name and password "
                                              "for it: docs/cli.md, sync.proxy");
    } else if (reply.outcome == http_outcome::not_tls)
      add("not_tls", severity::error, url + " does not speak https at this port",
          run("sync server " +
              shell_word("http" + url.substr(std::min(url.find(':'), url.size())))) +
              "  # http, for this machine itself only");
    else if (reply.outcome == http_outcome::tls_refused)
      add("certificate", severity::error, url + ": " + reply.error,
          run("config set tls.ca_file FILE") + "  # the authorities that signed it");
    else if (reply.outcome != http_outcome::answered)
      add("server_unreachable", severity::error, url + ": " + reply.error,
          run("sync server") + "  # check the URL; events are kept meanwhile");
    else if (status == 401 && with_token)
      add("session_refused", severity::error, url + " does not accept the session",
          run("auth login"));
    else if (status == 403)
      add("forbidden", severity::error, url + " forbids this account (403)", run("sync now"));
    else if (status == 412)
      add("upgrade_required", severity::error,
          url + " requires another version of spec-kitty (412)",
          run("sync now") + "  # shows which");
    else if (status == 429 || status == 408 || status >= 500)
      add("server_error", severity::error, url + " answers with status " + std::to_string(status),
          run("sync now") + "  # again later; events are kept");
    else if (const bool ok = json && (status == 200 || status == 404 || status == 401 ||
                                      status == 400 || status == 422);
             !ok)
      add("wrong_server", severity::error,
          url + " is not a sync server: status " + std::to_string(status) + ", " +
              (reply.content_type.empty() ? "no content type" : reply.content_type),
          run("sync server https://sync.example.com") + "  # your team's");
    identity(offer);
    if (const auto at = parse_http_date(reply.date))
      if (const epoch_us skew = seen_.shot.taken_at - *at * 1000000;
          skew > tolerated_skew || skew < -tolerated_skew)
        add("time_skew", severity::warning,
            "this machine's clock is " + std::to_string((skew < 0 ? -skew : skew) / 1000000) +
                " s " + (skew > 0 ? "ahead of" : "behind") + " the server's",
            "timedatectl set-ntp true");
  }

  const evidence& seen_;
  const queue_stats& queue_;
  std::vector<finding> found_;
};

} // namespace

std::string_view to_string(severity level) {
  switch (level) {
  case severity::error:
    return "error";
  case severity::warning:
    return "warning";
  case severity::note:
    break;
  }
  return "info";
}

bool is_of_server(std::string_view id) {
  return id == "server_unreachable" || id == "proxy" || id == "not_tls" || id == "certificate" ||
         id == "server_error" || id == "wrong_server" || id == "forbidden" ||
         id == "upgrade_required";
}

bool is_of_session(std::string_view id) {
  return id == "session_refused" || id == "session_over" || id == "logged_out" ||
         id == "session_of_another_server" || id == "credentials_damaged";
}

std::vector<finding> judge(const evidence& seen) {
  return examination(seen).all();
}

} // namespace spec_kitty
