#include "app/daemon/starting.hpp"

#include "app/daemon/lock.hpp"
#include "app/daemon/record.hpp"
#include "util/spawn.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <thread>
#include <vector>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto start_patience = 10s;
constexpr auto stop_patience = 8s;
constexpr auto term_patience = 5s;

/// True as soon as no process holds the daemon's lock; false when patience ends first.
bool is_free(const std::filesystem::path& home, std::chrono::milliseconds patience) {
  const auto lock = home_lock::take(home, patience);
  return lock && lock->has_value();
}

/// True as soon as this process has ended, even if another daemon has already started.
bool has_left(const process_mark& process) {
  const auto until = steady::now() + stop_patience;
  while (is_alive(process)) {
    if (steady::now() >= until)
      return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// Writes the reason for a daemon that was ended by a signal: a person wanted it to stop.
void record_stop(const std::filesystem::path& home, const process_mark& process) {
  const auto lock = home_lock::take(home, 100ms);
  if (!lock || !*lock) // another daemon is there already
    return;
  auto record = read_record(home);
  if (!record || record->process != process)
    return;
  record->end = daemon_end::stopped;
  record->why = "ended by sync daemon stop";
  record->since = wall_clock_now();
  record->connection = {connection_state::offline, "the daemon has ended", record->since, 0};
  (void)write_record(home, *record);
  for (const auto name : {control_socket, ring_socket})
    remove_from_home(home, name);
}

/// The first line that a child writes while it starts.
result<std::string> first_line(int fd) {
  std::string received;
  std::array<char, 1024> chunk{};
  const auto until = steady::now() + start_patience;
  while (received.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now());
    if (left <= 0ms || !wait_for(fd, false, left))
      return failure{ec::unhealthy, "the daemon did not start within 10 s",
                     "see daemon.log in the home"};
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got > 0)
      received.append(chunk.data(), static_cast<std::size_t>(got));
    else if (got == 0)
      return failure{ec::internal, "the daemon ended while starting", "see daemon.log in the home"};
  }
  return received.substr(0, received.find('\n'));
}

ec code_named(std::string_view name) {
  for (int i = 1; i <= static_cast<int>(ec::internal); ++i)
    if (to_string(static_cast<ec>(i)) == name)
      return static_cast<ec>(i);
  return ec::internal;
}

/// A home's daemon, held by a descriptor, so that a signal reaches this process or none.
struct held_daemon {
  process_mark process;
  unique_fd pidfd;
};

std::optional<held_daemon> hold(const process_mark& process) {
  held_daemon held{process, unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)))};
  if (!held.pidfd || !is_alive(process)) // checked while the descriptor holds the process
    return std::nullopt;
  return held;
}

/// The daemon that listens in the home, if the kernel and daemon.json name the same process.
result<held_daemon> find_by_socket(const std::filesystem::path& home) {
  const auto fd = connect_in_home(home, control_socket);
  const auto peer = fd ? peer_of(fd->get()) : result<socket_peer>(fd.error());
  const auto record = read_record(home);
  if (peer && record && static_cast<pid_t>(record->process.pid) == peer->pid)
    if (auto held = hold(record->process))
      return std::move(*held);
  return failure{ec::unhealthy,
                 (peer ? "process " + std::to_string(peer->pid) + " holds " : "a process holds ") +
                     home.string() +
                     " and does not respond, but cannot be identified as its daemon; no signal "
                     "was sent",
                 "see which process it is: fuser -v " + shell_word(daemon_lock(home).string()) +
                     "; end it yourself if it is spec-kitty's"};
}

/// Ends a daemon that answers no request, or does not do what it answered.
result<bool> end_by_signal(const std::filesystem::path& home, const held_daemon& held) {
  const auto send = [&](int signal) {
    ::syscall(SYS_pidfd_send_signal, held.pidfd.get(), signal, nullptr, 0);
  };
  send(SIGTERM);
  send(SIGCONT); // a stopped process handles SIGTERM only when it continues
  bool ended = wait_for(held.pidfd.get(), false, term_patience);
  if (!ended) {
    send(SIGKILL);
    ended = wait_for(held.pidfd.get(), false, 2s);
  }
  if (!ended)
    return failure{
        ec::unhealthy, "process " + std::to_string(held.process.pid) + " cannot be ended",
        "see daemon.log in the home, then end it: kill -KILL " + std::to_string(held.process.pid)};
  record_stop(home, held.process);
  return true;
}

result<bool> end_by_socket(const std::filesystem::path& home) {
  const auto held = find_by_socket(home);
  return held ? end_by_signal(home, *held) : held.error();
}

} // namespace

std::filesystem::path this_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

result<pid_t> spawn_daemon(const std::filesystem::path& home, int report_fd) {
  spawn_request request;
  request.program = this_program().string();
  request.argv = {"spec-kitty", "--home", home.string(), "sync", "daemon", "run", "--json"};
  request.environment = environment_with({}, {});
  request.output = report_fd;
  request.close_others = true; // other programs wait for the end of what the caller holds open
  request.group = process_group::own_session;
  request.keep_signal_mask = true;
  request.default_signals = {};
  const auto started = spawn(request);
  if (started.error != 0)
    return system_failure(started.error, "cannot start " + request.program);
  return started.pid;
}

result<daemon_start> start_daemon(const std::filesystem::path& home, const std::string& version) {
  daemon_start done;
  auto there = control_client::connect(home);
  if (!there && there.error().code != ec::not_found)
    return there.error();
  if (there) {
    if (!is_newer_version(version, there->daemon().version)) {
      done.was_running = true;
      done.daemon = there->daemon();
      return done;
    }
    done.replaced = there->daemon().version;
    const auto leaves = there->ask(R"({"op":"hand_over","version":")" + version + "\"}");
    if (!leaves)
      return leaves.error();
    if (!has_left(there->daemon().process))
      return failure{ec::unhealthy, "the daemon of version " + done.replaced + " does not end",
                     "run: spec-kitty sync daemon stop"};
  }
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return system_failure(errno, "cannot create a pipe");
  const unique_fd from(pipe[0]);
  unique_fd to(pipe[1]);
  const auto child = spawn_daemon(home, to.get());
  to = unique_fd();
  if (!child)
    return child.error();
  const auto line = first_line(from.get());
  if (!line) {
    ::waitpid(*child, nullptr, WNOHANG);
    return line.error();
  }
  const auto answer = parse_json(*line);
  const json_value* error = answer ? member(*answer, "error") : nullptr;
  const auto code = error == nullptr ? ec::ok : code_named(text_of(*error, "code").value_or(""));
  if (code != ec::ok)
    ::waitpid(*child, nullptr, 0);                   // it is about to end
  if (code != ec::ok && code != ec::already_running) // another start came first
    return failure{code, text_of(*error, "message").value_or("the daemon could not start"),
                   text_of(*error, "hint").value_or("")};
  const auto until = steady::now() + start_patience;
  for (;;) { // the other daemon may still be starting
    auto up = control_client::connect(home);
    if (up) {
      done.daemon = up->daemon();
      done.was_running = code == ec::already_running;
      return done;
    }
    if (steady::now() > until)
      return up.error();
    std::this_thread::sleep_for(20ms);
  }
}

result<bool> stop_daemon(const std::filesystem::path& home) {
  auto there = control_client::connect(home);
  if (there) {
    const auto held = hold(there->daemon().process);
    if (!held) // it has just ended
      return true;
    if (there->ask(R"({"op":"stop"})") && has_left(held->process))
      return true;
    return end_by_signal(home, *held);
  }
  if (there.error().code == ec::unhealthy)
    return end_by_socket(home);
  if (there.error().code != ec::not_found)
    return there.error();
  std::error_code error;
  if (!std::filesystem::exists(daemon_lock(home), error) || is_free(home, 0ms))
    return false;
  if (is_free(home, stop_patience)) // it was about to end
    return true;
  return end_by_socket(home);
}

} // namespace spec_kitty
