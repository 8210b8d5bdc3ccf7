// spec-kitty sync watch: follows the connection and the events. Reads only: prints the notices of
// the daemon; without a daemon it reads the store every second. It keeps its place in the team's
// log, so that it misses nothing and hears nothing twice where the daemon is started again.
#include "app/cli/command.hpp"
#include "app/cli/looks.hpp"
#include "app/daemon/control.hpp"
#include "app/daemon/notices.hpp"
#include "app/home/snapshot.hpp"
#include "messages/event.hpp"

#include <CLI/CLI.hpp>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <memory>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 1s;

/// Ctrl-C and SIGTERM as a descriptor to poll, so that a watch ends in order.
unique_fd ending_signals() {
  sigset_t mask;
  ::sigemptyset(&mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    ::sigaddset(&mask, signal);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  return unique_fd(::signalfd(-1, &mask, SFD_CLOEXEC));
}

/// On a terminal the time of this machine's zone is enough, for what is watched is of today.
std::string time_of_line(const context& ctx) {
  const std::string whole = shown_time(ctx, wall_clock_now());
  const auto date_end = whole.find(' ');
  return date_end == std::string::npos ? whole : whole.substr(date_end + 1);
}

class watcher {
public:
  watcher(context& ctx, std::optional<log_place> from) : ctx_(ctx), place_(std::move(from)) {}

  exit_status run() {
    while (!over_) {
      auto there = control_client::connect(ctx_.home.path);
      if (there)
        follow(*there);
      else
        look(there.error());
    }
    return exit_status::done;
  }

private:
  /// Prints the lines of a daemon until it or this command ends.
  void follow(control_client& daemon) {
    const auto status = daemon.ask(question());
    if (!status)
      return pause(look_interval);
    const auto now = parse_identity(*status);
    if (now && now->connection)
      say("daemon", "the daemon is running as process " + std::to_string(now->process.pid),
          [&](json_writer& out) {
            field(out, "running", true);
            field(out, "pid", static_cast<std::uint64_t>(now->process.pid));
          });
    if (now && now->connection)
      show(notice_json(*now->connection, wall_clock_now()));
    if (!place_ && now && now->heard && !now->heard->log.empty())
      begin_at(*now->heard);
    last_daemon_state_.clear();
    while (!over_) {
      const auto line = daemon.next_line(0ms);
      if (line) {
        show(*line);
        continue;
      }
      if (line.error().code == ec::transport)
        return say("daemon", "the daemon has ended",
                   [](json_writer& out) { field(out, "running", false); });
      wait_on(daemon.descriptor(), -1ms);
    }
  }

  /// A program that is killed before it has heard anything needs the place too.
  void begin_at(const log_place& place) {
    place_ = place;
    if (ctx_.out.json())
      say("log", {}, [&](json_writer& out) {
        field(out, "log", place.log);
        field(out, "seq", place.seq);
      });
  }

  std::string question() const {
    if (!place_)
      return R"({"op":"watch"})";
    return R"({"op":"watch","after":)" + std::to_string(place_->seq) +
           (place_->log.empty() ? "" : R"(,"log":")" + place_->log + "\"") + "}";
  }

  /// What a line says about the place in the team's log.
  void note_place(const json_value& line) {
    const auto log = text_of(line, "log");
    const auto seq = whole_number_of(line, "seq");
    const auto kind = text_of(line, "kind");
    if (!log || !seq || *seq < 0)
      return;
    const auto number = static_cast<std::uint64_t>(*seq);
    if (kind == "received" || !place_)
      place_ = log_place{*log, number};
    else if (kind == "log" && text_of(line, "former_log") == place_->log)
      place_ = log_place{*log, std::min(place_->seq, number)};
    else if (kind == "log" && *log == place_->log && member(line, "lost_from") != nullptr)
      place_->seq = std::min(place_->seq, number);
  }

  /// Reads the store once, without a daemon; prints why and what has changed.
  void look(const failure& why) {
    const bool not_running = why.code != ec::unhealthy;
    const std::string daemon_state =
        why.code == ec::not_found ? "no daemon is running" : why.message;
    if (daemon_state != last_daemon_state_) {
      say("daemon", daemon_state + "; reading the store every second", [&](json_writer& out) {
        field(out, "running", !not_running);
        field(out, "problem",
              why.code == ec::not_found ? std::nullopt : std::optional(daemon_state));
      });
      last_daemon_state_ = daemon_state;
      shown_.clear();
    }
    const auto shot = take_snapshot(ctx_);
    const std::string words = shot ? std::to_string(shot->queued) + " queued, " +
                                         std::to_string(shot->leased) + " leased, " +
                                         std::to_string(shot->held) + " held, " +
                                         std::to_string(shot->queue.dead) + " dead"
                                   : shot.error().message;
    if (words != shown_)
      say("queue", words, [&](json_writer& out) {
        if (!shot)
          return field(out, "problem", shot.error().message);
        field(out, "queued", shot->queued);
        field(out, "leased", shot->leased);
        field(out, "held", shot->held);
        field(out, "dead", shot->queue.dead);
      });
    shown_ = words;
    pause(look_interval);
  }

  void say(std::string_view kind, const std::string& words,
           const std::function<void(json_writer&)>& fields) {
    if (!ctx_.out.json()) {
      ctx_.out.line(time_of_line(ctx_) + "  " + words);
    } else {
      json_buffer buffer;
      json_writer out(buffer);
      out.StartObject();
      field(out, "at", format_timestamp(wall_clock_now()));
      field(out, "kind", kind);
      fields(out);
      out.EndObject();
      ctx_.out.raw({buffer.GetString(), buffer.GetSize()});
    }
    flush();
  }

  /// Prints a notice of the daemon: unchanged with --json, else as text.
  void show(const std::string& line) {
    const auto parsed = parse_json(line);
    if (parsed)
      note_place(*parsed);
    if (ctx_.out.json()) {
      ctx_.out.raw(line);
    } else if (const std::string words = parsed ? words_of(*parsed) : line; !words.empty()) {
      ctx_.out.line(time_of_line(ctx_) + "  " + words);
    }
    flush();
  }

  /// ` planned → doing`, of an event that changes a lane.
  static std::string lane_words(const json_value* event) {
    const json_value* payload = event == nullptr ? nullptr : member(*event, "payload");
    const auto lane = [&](const char* name) {
      return payload != nullptr && payload->IsObject() ? text_of(*payload, name).value_or("")
                                                       : std::string();
    };
    const std::string after = lane("new_status");
    return after.empty() ? "" : " " + lane("previous_status") + " -> " + after;
  }

  static std::string words_of(const json_value& notice) {
    const auto text = [&](const char* name) { return text_of(notice, name).value_or(""); };
    const auto number = [&](const char* name) {
      return std::to_string(whole_number_of(notice, name).value_or(0));
    };
    const std::string kind = text("kind");
    if (kind == "connection")
      return text("state") + (text("reason").empty() ? "" : ": " + text("reason"));
    if (kind == "sent")
      return "sent      " + text("event_id");
    if (kind == "refused")
      return "REFUSED   " + text("event_id") + ": " + text("message");
    if (kind == "received") {
      const json_value* event = member(notice, "event");
      const auto part = [&](const char* name) {
        return event == nullptr ? std::string() : text_of(*event, name).value_or("");
      };
      const std::string by = text("by");
      return "received  " + (by.empty() ? "" : number("seq") + " from " + by + ": ") +
             part("event_id") + " " + part("event_type") + " " + part("aggregate_id") +
             lane_words(event);
    }
    if (kind == "log")
      return text("message").empty() ? "" : "TAKEN BACK  " + text("message");
    if (kind == "run")
      return "batch run: " + number("synced") + " delivered, " + number("remaining") + " remain" +
             (text("stopped").empty() ? "" : "; " + text("stopped"));
    return text("message").empty() ? kind : text("message");
  }

  void pause(std::chrono::milliseconds time) { wait_on(-1, time); }

  /// A reader that does not read delays the watch, but not its end: it writes only when poll
  /// allows, and a writable pipe takes PIPE_BUF bytes at once.
  void flush() {
    const std::string text = ctx_.out.take();
    for (std::string_view rest = text; !rest.empty() && !over_;) {
      std::array<pollfd, 2> list = {{{signals_.get(), POLLIN, 0}, {STDOUT_FILENO, POLLOUT, 0}}};
      (void)::poll(list.data(), list.size(), -1);
      over_ = list[0].revents != 0;
      if (over_)
        return;
      const auto written =
          ::write(STDOUT_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (written > 0)
        rest.remove_prefix(static_cast<std::size_t>(written));
      else
        over_ = errno != EINTR && errno != EAGAIN;
    }
  }

  /// Until the descriptor can be read, time is over (negative: never), or a signal ends the watch.
  void wait_on(int fd, std::chrono::milliseconds time) {
    std::array<pollfd, 3> list = {{{signals_.get(), POLLIN, 0},
                                   {fd, POLLIN, 0},
                                   {STDOUT_FILENO, 0, 0}}}; // notices a closed reader
    (void)::poll(list.data(), list.size(), static_cast<int>(time.count()));
    over_ = over_ || list[0].revents != 0 || (list[2].revents & (POLLERR | POLLHUP)) != 0;
  }

  context& ctx_;
  std::optional<log_place> place_; ///< what follows it is wanted; nothing: what comes
  unique_fd signals_ = ending_signals();
  bool over_ = false;
  std::string last_daemon_state_; ///< why no daemon tells, as it was said last
  std::string shown_;
};

} // namespace

command_action declare_sync_watch(CLI::App& app) {
  struct place_options {
    std::int64_t after = -1;
    std::string log;
  };
  auto options = std::make_shared<place_options>();
  auto* after = app.add_option("--after", options->after,
                               "Also events of others after this number of the team's log")
                    ->check(CLI::NonNegativeNumber);
  app.add_option("--log", options->log, "The log that the number is of, as lines of events name it")
      ->needs(after);
  return [options](context& ctx) {
    if (!options->log.empty() && !is_ulid(options->log))
      return ctx.fail({ec::bad_input, "not the id of a log: " + excerpt(options->log),
                       "give the log as it stands in a line of spec-kitty sync watch --json"});
    std::optional<log_place> from;
    if (options->after >= 0)
      from = log_place{options->log, static_cast<std::uint64_t>(options->after)};
    return watcher(ctx, std::move(from)).run();
  };
}

} // namespace spec_kitty
