#include "util/process.hpp"

#include "util/files.hpp"
#include "util/spawn.hpp"
#include "util/start_trouble.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace spec_kitty {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Variables of a repository would lead git astray: we may be called from a hook.
const std::vector<std::string_view> hidden_variables = {
    "GIT_DIR",    "GIT_INDEX_FILE",       "GIT_WORK_TREE", "GIT_COMMON_DIR",
    "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_EDITOR"};

constexpr int never_begun = 127; ///< the exit status of a held process that ran no program
constexpr std::chrono::seconds grace_after_signal{5};

/// A pipe of which the child gets the writing end.
struct output_pipe {
  unique_fd read;
  unique_fd write;

  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return false;
    read = unique_fd(ends[0]);
    write = unique_fd(ends[1]);
    return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
  }
};

/// Reads what the pipe holds now; false at the end of the stream.
bool drain(int fd, std::string& into) {
  std::array<char, 16384> chunk{};
  for (;;) {
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got > 0)
      into.append(chunk.data(), static_cast<std::size_t>(got));
    else if (got == 0)
      return false;
    else if (errno != EINTR)
      return errno == EAGAIN;
  }
}

spawn_request request_for(const program& what) {
  spawn_request request;
  request.argv = what.argv;
  request.environment = environment_with(hidden_variables, what.variables);
  request.folder = what.folder;
  return request;
}

result<pid_t> start(const spawn_request& request) {
  const auto started = spawn(request);
  if (started.error == 0)
    return started.pid;
  return start_trouble(request.argv[0], request.folder, started.error);
}

failure no_pipe() {
  return {ec::internal, std::string("cannot create a pipe: ") + std::strerror(errno), {}};
}

/// Starts the process, and its program when the caller agrees.
result<pid_t> start_when_agreed(const program& what, spawn_request& request) {
  if (!what.before_start)
    return start(request);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return no_pipe();
  const unique_fd gate(ends[0]);
  unique_fd writer(ends[1]);
  request.gate = gate.get();
  request.gate_writer = writer.get();
  request.on_failure = start_failure::exit_status;
  const auto started = start(request);
  if (!started)
    return started;
  if (what.before_start(*started) && ::write(writer.get(), "g", 1) == 1)
    return started;
  writer = unique_fd(); // the process exits
  while (::waitpid(*started, nullptr, 0) < 0 && errno == EINTR)
    ;
  return failure{ec::bad_input, what.argv[0] + " was not started", {}};
}

/// Readable while one of these signals is blocked and pending. A signal that this process ignores
/// is pending as well while it is blocked, but is meant for nobody.
class pending_signals {
public:
  explicit pending_signals(bool wanted) {
    ::sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      if (!is_ignored(signal))
        ::sigaddset(&set_, signal);
    if (wanted)
      fd_ = unique_fd(::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  int fd() const { return fd_ ? fd_.get() : -1; }

  /// Sends what is pending to a process, and leaves it pending here.
  void pass_on(pid_t pid) const {
    sigset_t pending;
    ::sigpending(&pending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      if (::sigismember(&pending, signal) == 1 && ::sigismember(&set_, signal) == 1)
        ::kill(pid, signal);
  }

private:
  sigset_t set_{};
  unique_fd fd_;
};

} // namespace

result<program_end> run_program(const program& what) {
  output_pipe out;
  output_pipe err;
  if (!out.open() || !err.open())
    return no_pipe();
  auto request = request_for(what);
  request.output = out.write.get();
  request.error_output = err.write.get();
  request.block_ignored = true;
  const pending_signals signals(what.pass_on_signals);
  const auto started = start_when_agreed(what, request);
  if (!started)
    return started.error();
  const pid_t pid = *started;
  out.write = unique_fd{};
  err.write = unique_fd{};
  // By number: the header of glibc 2.36 lacks extern "C".
  const unique_fd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  program_end end;
  bool killed = false;
  auto deadline = steady_clock::now() + what.patience;
  std::array<pollfd, 4> watched = {{{ended.get(), POLLIN, 0},
                                    {out.read.get(), POLLIN, 0},
                                    {err.read.get(), POLLIN, 0},
                                    {signals.fd(), POLLIN, 0}}};
  bool passed_on = false;
  // Waits for the program, not for the end of its output: processes that it left behind may hold
  // the pipes open.
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0 && !killed) {
      ::kill(pid, SIGKILL);
      killed = true;
    }
    const int slice = killed ? 1000 : static_cast<int>(std::min<long>(left.count() + 1, 60'000));
    if (::poll(watched.data(), watched.size(), slice) < 0 && errno != EINTR)
      break;
    if (!drain(out.read.get(), end.out))
      watched[1].fd = -1;
    if (!drain(err.read.get(), end.err))
      watched[2].fd = -1;
    if (watched[3].fd >= 0 && (watched[3].revents & POLLIN) != 0) {
      signals.pass_on(pid);
      passed_on = true;
      watched[3].fd = -1;
      deadline = std::min(deadline, steady_clock::now() + grace_after_signal);
    }
    if ((watched[0].revents & POLLIN) != 0 || !ended)
      break;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  (void)drain(out.read.get(), end.out);
  (void)drain(err.read.get(), end.err);
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (what.before_start && end.status == never_begun && end.err.empty())
    return start_trouble(what.argv[0], what.folder, ENOENT);
  if (killed && !passed_on)
    return failure{ec::bad_input,
                   what.argv[0] + " took longer than " +
                       std::to_string(what.patience.count() / 1000) + " s and was killed",
                   "find out what it waits for, then run the command again"};
  return end;
}

void hide_memory() {
#ifndef SPEC_KITTY_SANITIZED // a leak check looks into its own process from outside
  (void)::prctl(PR_SET_DUMPABLE, 0);
#endif
}

std::uint64_t raise_open_file_limit() {
  rlimit open_files{};
  (void)::getrlimit(RLIMIT_NOFILE, &open_files);
  open_files.rlim_cur = open_files.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &open_files);
  (void)::getrlimit(RLIMIT_NOFILE, &open_files);
  return open_files.rlim_cur;
}

result<pid_t> start_program(const program& what, int input) {
  auto request = request_for(what);
  request.input = input;
  request.group = process_group::own;
  return start(request);
}

} // namespace spec_kitty
