#include "app/daemon/daemon.hpp"

#include "app/daemon/boot_check.hpp"
#include "app/daemon/control.hpp"
#include "app/daemon/control_server.hpp"
#include "app/daemon/engine.hpp"
#include "app/daemon/inputs.hpp"
#include "app/daemon/lock.hpp"
#include "app/daemon/log.hpp"
#include "app/daemon/notices.hpp"
#include "app/daemon/record.hpp"
#include "app/daemon/watch_feed.hpp"
#include "app/home/doorbell.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto wind_down_patience = 4500ms; ///< of the five seconds that a daemon's end may take
constexpr auto look_for_pages = 500ms;      ///< while a watcher catches up

/// False for settings of the loop and of commands: the connection survives a change of them.
bool is_of_actors(std::string_view key) {
  return key != "sync.autostart" && key != "sync.daemon_idle_s";
}

class daemon {
public:
  daemon(const home_view& view, const daemon_options& options, home_lock lock)
      : home_(view.home), config_(view.config), options_(options), lock_(std::move(lock)) {
    record_.process = this_process();
    record_.version = options.version;
    record_.since = wall_clock_now();
  }

  result<void> run();

private:
  result<void> open_sockets();
  void loop();
  bool close_sockets();
  std::string respond(const json_value& request, std::optional<log_reader>& watch);
  void start_engine();
  void retire_engine();
  void destroy_old_engine();
  void on_retired();
  void on_rings();
  void on_signals();
  void on_notices();
  void reload();
  void check_home_and_idle();
  void leave(daemon_end how, std::string why);
  void save_record();
  bool is_idle();
  int timeout_ms() const;

  const home_folder home_;
  settings config_;
  const daemon_options& options_;
  const home_lock lock_;
  daemon_record record_;
  signals signals_;
  notice_queue notices_;
  unique_fd ring_;
  std::optional<control_server> control_;
  std::unique_ptr<daemon_log> log_;
  std::unique_ptr<engine> engine_; ///< null while old_engine_ winds down
  std::unique_ptr<engine> old_engine_;
  std::jthread retiring_;
  unique_fd retired_{
      ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}; ///< signalled by retiring_ at its end
  steady::time_point next_check_ = steady::now() + options_.check_every;
  steady::time_point last_ring_ = steady::now();
  steady::time_point store_check_at_ = steady::now() + boot_check::quiet;
  boot_check store_check_;
  watch_feed watch_feed_;
  bool leaving_ = false;
  std::optional<failure> failed_;
};

result<void> daemon::run() {
  if (auto open = open_sockets(); !open) { // recorded too, for commands that run later
    leave(daemon_end::failed, open.error().message);
    (void)close_sockets();
    return open;
  }
  log_->info("spec-kitty " + options_.version + " runs as process " +
             std::to_string(record_.process.pid) + " on " + home_.path.string());
  start_engine();
  if (options_.on_running)
    options_.on_running();
  do
    loop();
  while (!close_sockets());
  if (engine_)
    retire_engine();
  destroy_old_engine();
  log_->info("stopping: " + record_.why);
  return failed_ ? result<void>(*failed_) : result<void>{};
}

result<void> daemon::open_sockets() {
  auto log = daemon_log::open(home_.path);
  if (!log)
    return log.error();
  log_ = std::move(*log);
  auto listener = bind_in_home(home_.path, control_socket, socket_kind::stream);
  if (!listener)
    return listener.error();
  auto ring = bind_in_home(home_.path, ring_socket, socket_kind::datagram);
  if (!ring)
    return ring.error();
  ring_ = std::move(*ring);
  control_.emplace(std::move(*listener),
                   [this](const json_value& request, std::optional<log_reader>& watch) {
                     return respond(request, watch);
                   });
  record_.connection = {connection_state::offline, "starting", record_.since, 0};
  save_record();
  return {};
}

void daemon::loop() {
  while (!leaving_) {
    std::vector<pollfd> list = {{ring_.get(), POLLIN, 0},
                                {signals_.get(), POLLIN, 0},
                                {notices_.get(), POLLIN, 0},
                                {retired_.get(), POLLIN, 0}};
    const std::size_t first_client = list.size();
    control_->add_to(list);
    if (::poll(list.data(), list.size(), timeout_ms()) < 0 && errno != EINTR)
      leave(daemon_end::failed, "poll: " + system_failure(errno, "cannot wait for events").message);
    if (list[0].revents != 0)
      on_rings();
    if (list[1].revents != 0)
      on_signals();
    if (list[2].revents != 0)
      on_notices();
    if (list[3].revents != 0)
      on_retired();
    control_->handle(list, first_client);
    control_->drop_overdue();
    watch_feed_.read_pages(*control_, engine_.get(), notices_);
    check_home_and_idle();
  }
}

/// Removes the sockets before the last batch is finished, so that no command notifies a daemon that
/// is about to end, and records the reason. False when an event came in before the doorbell of an
/// idle daemon was removed: the daemon continues.
bool daemon::close_sockets() {
  const bool mine = lock_.is_current(); // else the files are another daemon's, or nobody's
  if (mine)
    remove_from_home(home_.path, ring_socket);
  char letter = 0;
  if (mine && record_.end == daemon_end::idle && ::recv(ring_.get(), &letter, 1, MSG_PEEK) == 1)
    if (auto again = bind_in_home(home_.path, ring_socket, socket_kind::datagram); again) {
      on_rings(); // of the socket that was just removed
      ring_ = std::move(*again);
      record_.end = daemon_end::none;
      leaving_ = false;
      return false;
    }
  ring_ = unique_fd();
  if (!mine)
    return true;
  remove_from_home(home_.path, control_socket);
  record_.since = wall_clock_now();
  record_.connection = {connection_state::offline, "the daemon has ended", record_.since, 0};
  save_record();
  return true;
}

/// The batch in flight is finished on another thread: the loop still answers requests meanwhile.
/// Rings wait for the next engine, which looks for all due events at its start. The old engine is
/// destroyed by this thread, which created it: CAF waits for ever for a logger that its creator
/// still holds.
void daemon::retire_engine() {
  old_engine_ = std::move(engine_);
  retiring_ = std::jthread([old = old_engine_.get(), retired_event = retired_.get()] {
    old->wind_down(wind_down_patience);
    const std::uint64_t increment = 1;
    (void)!::write(retired_event, &increment, sizeof increment);
  });
}

void daemon::destroy_old_engine() {
  retiring_.join();
  old_engine_.reset();
  on_notices(); // its last ones
}

void daemon::on_retired() {
  std::uint64_t count = 0;
  (void)!::read(retired_.get(), &count, sizeof count);
  destroy_old_engine();
  control_->forget_pages();
  start_engine();
}

void daemon::start_engine() {
  engine_ = std::make_unique<engine>(home_view{home_, config_},
                                     [this](const notice& what) { notices_.push(what); });
}

std::string daemon::respond(const json_value& request, std::optional<log_reader>& watch) {
  daemon_identity identity{
      record_.process, folder_mark::of(home_.path), record_.version, record_.since, {}, {}, {}};
  const std::string op = text_of(request, "op").value_or("");
  if (op == "hello")
    return render_identity(identity);
  identity.connection = record_.connection;
  identity.drain = engine_ ? engine_->progress() : std::nullopt;
  if (op == "watch") {
    watch = watch_feed_.reader_for(request, engine_.get());
    identity.heard = watch->place();
  }
  if (op == "watch" || op == "status")
    return render_identity(identity);
  if (op == "stop") {
    leave(daemon_end::stopped, "stopped by sync daemon stop");
    return render_identity(identity);
  }
  if (op == "hand_over") {
    const std::string newer = text_of(request, "version").value_or("");
    if (!is_newer_version(newer, record_.version))
      return refusal_line({ec::already_running,
                           "a daemon of version " + record_.version + " is already running here",
                           {}});
    leave(daemon_end::handed_over, "replaced by version " + excerpt(newer));
    return render_identity(identity);
  }
  return refusal_line({ec::bad_input, "unknown operation: " + excerpt(op), {}});
}

void daemon::on_rings() {
  std::array<bool, 3> rung{};
  for (char letter = 0; ::recv(ring_.get(), &letter, 1, 0) >= 0;)
    if (const auto why = wakeup_reason_of(letter))
      rung.at(static_cast<std::size_t>(*why)) = true;
  last_ring_ = steady::now();
  if (rung[static_cast<std::size_t>(wakeup_reason::session)])
    reload();
  for (const wakeup_reason why : {wakeup_reason::drained, wakeup_reason::events})
    if (engine_ && rung[static_cast<std::size_t>(why)])
      engine_->notify(why);
}

void daemon::on_signals() {
  for (int signal = signals_.next(); signal != 0; signal = signals_.next()) {
    if (signal == SIGHUP)
      reload();
    else if (signal == SIGINT)
      leave(daemon_end::stopped, "interrupted (Ctrl-C)");
    else
      leave(daemon_end::signalled, "ended by SIGTERM");
  }
}

void daemon::on_notices() {
  for (const auto& what : notices_.take()) {
    const bool read = is_logged(what) || control_->has_watchers(); // not so: one for each event
    const std::string words = read ? notice_words(what) : std::string();
    if (is_logged(what) && !words.empty())
      std::holds_alternative<remark>(what) || std::holds_alternative<log_joined>(what) ||
              std::holds_alternative<actors_failed>(what)
          ? log_->warn(words)
          : log_->info(words);
    watch_feed_.publish(*control_, what);
    if (!words.empty() && !is_heard(what))
      control_->notify_watchers(notice_json(what, wall_clock_now()));
    if (const auto* now = std::get_if<connection_status>(&what)) {
      record_.connection = *now;
      if (!leaving_)
        save_record();
    }
    if (const auto* failed = std::get_if<actors_failed>(&what)) {
      failed_ = failed->why;
      leave(daemon_end::failed, failed->why.message);
    }
  }
}

/// Changed settings replace the actors; anything else they notice themselves.
void daemon::reload() {
  auto fresh = settings::load(home_.path);
  if (!fresh)
    log_->warn("config.toml could not be read again: " + fresh.error().message);
  const settings& wanted = fresh ? *fresh : config_;
  const bool same =
      std::all_of(setting_keys().begin(), setting_keys().end(), [&](const setting_key& key) {
        return !is_of_actors(key.name) || wanted.text(key.name) == config_.text(key.name);
      });
  if (fresh)
    config_ = std::move(*fresh);
  if (!same)
    log_->info("the settings have changed; reconnecting");
  if (!engine_)
    return; // the next one begins with them
  if (same)
    engine_->notify(wakeup_reason::session);
  else
    retire_engine();
}

void daemon::check_home_and_idle() {
  const auto now = steady::now();
  if (now >= next_check_) {
    next_check_ = now + options_.check_every;
    if (lock_.is_current())
      touch_record(home_.path);
    else
      leave(daemon_end::stopped, "the home folder no longer exists");
  }
  if (!leaving_ && !store_check_.has_begun() && now >= store_check_at_) {
    store_check_at_ = last_ring_ + boot_check::quiet;
    if (now >= store_check_at_)
      store_check_.begin({home_, config_}, [this](const notice& what) { notices_.push(what); });
  }
  if (!leaving_ && is_idle())
    leave(daemon_end::idle, "idle for sync.daemon_idle_s");
}

bool daemon::is_idle() {
  const std::chrono::seconds max_idle(config_.number("sync.daemon_idle_s"));
  if (max_idle == 0s || steady::now() - last_ring_ < max_idle)
    return false;
  if (engine_ && engine_->waiting() == 0)
    return true;
  last_ring_ = steady::now(); // events wait: check again after the same time
  return false;
}

void daemon::leave(daemon_end how, std::string why) {
  if (std::exchange(leaving_, true))
    return;
  record_.end = how;
  record_.why = std::move(why);
}

void daemon::save_record() {
  if (!lock_.is_current())
    return;
  if (const auto written = write_record(home_.path, record_); !written && log_)
    log_->warn(written.error().message); // only commands read it: events are sent all the same
}

int daemon::timeout_ms() const {
  auto next = next_check_;
  if (const auto deadline = control_->next_deadline())
    next = std::min(next, *deadline);
  if (const std::chrono::seconds idle(config_.number("sync.daemon_idle_s")); idle > 0s)
    next = std::min(next, last_ring_ + idle);
  if (!store_check_.has_begun())
    next = std::min(next, store_check_at_);
  if (control_->has_readers_behind())
    next = std::min(next, steady::now() + look_for_pages);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60000));
}

} // namespace

result<void> run_daemon(const home_view& view, const daemon_options& options) {
  const auto& home = view.home.path;
  ::umask(077);
  if (auto made = make_private_folder(home); !made)
    return made;
  auto lock = take_daemon_lock(home);
  if (!lock)
    return lock.error();
  if (!*lock)
    return failure{ec::already_running,
                   "a daemon is already running on " + home.string() + daemon_lock_holder(home),
                   "see: spec-kitty sync daemon status"};
  if (::chdir("/") != 0) // its folder may be removed while it runs
    return system_failure(errno, "cannot leave the current folder");
  return daemon(view, options, std::move(**lock)).run();
}

} // namespace spec_kitty
