// spec-kitty-agent-runner: runs one agent for an orchestration, and ends all that the agent
// started.
//
//   parent pipe (stdin) closes, TERM, or timeout ─▶ TERM to the agent's group, then KILL
//   the agent reads from a terminal ─▶ the same: nobody answers there
//   the agent prints ─▶ pipe ─▶ log, and the end of it into the result
//   the agent ends ─▶ the processes it left behind are ended ─▶ the result is written
//
// One thread. The runner is the subreaper of all processes that the agent starts, so that none
// escapes; the agent itself is killed when the runner ends (parent-death signal).
#include "app/agent_runner/agent_output.hpp"
#include "util/files.hpp"
#include "util/rooted_files.hpp"
#include "util/runner_protocol.hpp"
#include "util/spawn.hpp"
#include "util/start_trouble.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::agent_runner {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds leftovers_grace = 2s;
constexpr milliseconds lock_patience = 30s;
constexpr int max_kills = 30; ///< one a second
constexpr int reads_per_round = 16;
constexpr int max_pipe_reads = 64; ///< a pipe holds at most 1 MiB
constexpr std::string_view asks_words =
    "it asks for input at the terminal, where nobody answers: give its command the option that "
    "asks no questions";

/// Live children of this process; orphaned processes of the agent are among them.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr)
    return found;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{})
      continue;
    const auto text = read_file("/proc/" + std::string(name) + "/stat");
    if (!text || !*text)
      continue;
    const auto name_end = (*text)->rfind(") ");
    if (name_end == std::string::npos || name_end + 4 >= (*text)->size())
      continue;
    const char* at = (*text)->c_str() + name_end + 4; // after the state's letter
    pid_t parent = 0;
    std::from_chars(at, (*text)->c_str() + (*text)->size(), parent);
    if (parent == ::getpid() && (**text)[name_end + 2] != 'Z')
      found.push_back(pid);
  }
  ::closedir(folder);
  return found;
}

class agent_runner {
public:
  explicit agent_runner(agent_runner_job job)
      : job_(std::move(job)), files_(job_.root), output_(files_, job_.log) {
    result_.token = job_.token;
  }

  int run() {
    listen();
    if (!take_lock())
      return 1; // the result file belongs to another attempt
    if (start())
      watch();
    end_leftovers();
    drain(max_pipe_reads);
    output_.finish();
    result_.tail = output_.tail();
    return files_.replace(job_.result, encode_result(result_), {0600}) ? 0 : 1;
  }

private:
  void listen() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t mask;
    ::sigemptyset(&mask);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
      ::sigaddset(&mask, signal);
    ::sigprocmask(SIG_BLOCK, &mask, nullptr);
    signals_ = unique_fd(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  /// The agent and all that it starts inherit the lock: it is free when the last of them has ended.
  bool take_lock() {
    if (auto lock = files_.open(job_.lock, O_RDWR | O_CREAT))
      lock_ = std::move(*lock);
    const auto until = steady_clock::now() + lock_patience;
    while (lock_ && steady_clock::now() < until) {
      pollfd owner{STDIN_FILENO, POLLIN, 0};
      if (::poll(&owner, 1, 0) > 0) // the orchestrator is gone: do not start the agent
        return false;
      const auto taken = poll_lock(lock_.get(), 200ms);
      if (!taken)
        return false;
      if (*taken)
        return ::poll(&owner, 1, 0) == 0;
    }
    return false;
  }

  bool fail(const std::string& what) {
    result_.error = what + ": " + std::strerror(errno);
    return false;
  }

  bool start() {
    const auto prompt_file = files_.open(job_.prompt, O_RDONLY);
    const auto worktree = rooted_files(job_.worktree_root).open_folder(job_.worktree);
    for (const auto* each : {&prompt_file, &worktree})
      if (!*each) {
        result_.error = each->error().message;
        return false;
      }
    const unique_fd& prompt = *prompt_file;
    errno = ENOENT;
    if (!prompt || !*worktree)
      return fail("cannot read " + (prompt ? job_.worktree : job_.prompt).string());
    if (const auto opened = output_.open("=== " + job_.title + "\n"); !opened) {
      result_.error = opened.error().message;
      return false;
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return fail("cannot create a pipe");
    pipe_ = unique_fd(ends[0]);
    const unique_fd agents_end(ends[1]);
    ::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
    spawn_request request;
    request.argv = job_.command;
    request.environment = environment_with({}, {});
    // The folder that was opened, whatever its name stands for by now.
    request.folder = "/proc/self/fd/" + std::to_string(worktree->get());
    request.input = prompt.get();
    request.output = agents_end.get();
    request.error_output = agents_end.get();
    request.kept_open = lock_.get();
    request.group = process_group::own;
    request.parent_death_signal = SIGKILL;
    const auto started = spawn(request);
    agent_ = started.pid;
    errno = started.error;
    if (started.error == 0)
      return true;
    const auto why =
        start_trouble(job_.command.front(), job_.worktree_root / job_.worktree, started.error);
    result_.error = why.message + "; " + why.hint;
    return false;
  }

  /// Takes what is in the pipe, in at most `reads` portions.
  void drain(int reads) {
    for (; reads > 0 && pipe_; --reads) {
      const auto got = ::read(pipe_.get(), portion_.data(), portion_.size());
      if (got > 0)
        output_.take({portion_.data(), static_cast<std::size_t>(got)});
      else if (got == 0)
        pipe_ = unique_fd{}; // the last writer has ended
      else if (errno != EINTR)
        return;
    }
  }

  /// Returns when the agent has ended.
  void watch() {
    const auto deadline = steady_clock::now() + job_.timeout;
    std::optional<steady_clock::time_point> kill_at;
    int kills = 0;
    bool owned = true;
    const auto stop = [&](bool& why) {
      if (kill_at)
        return;
      why = true;
      signal_all(SIGTERM);
      signal_all(SIGCONT); // a stopped process gets it then
      kill_at = steady_clock::now() + stop_grace;
    };
    for (;;) {
      const auto now = steady_clock::now();
      if (kill_at && now >= *kill_at) {
        if (++kills > max_kills) {
          result_.error = "it is still running after SIGKILL";
          return;
        }
        signal_all(SIGKILL);
        kill_at = now + 1s;
      }
      const auto next = kill_at.value_or(deadline) - now;
      const auto wait = std::clamp<milliseconds>(
          std::chrono::duration_cast<milliseconds>(next) + 1ms, 0ms, 60'000ms);
      std::array<pollfd, 3> list = {{{signals_.get(), POLLIN, 0},
                                     {owned ? STDIN_FILENO : -1, POLLIN, 0},
                                     {pipe_ ? pipe_.get() : -1, POLLIN, 0}}};
      (void)::poll(list.data(), list.size(), static_cast<int>(wait.count()));
      signalfd_siginfo signal_info{};
      while (::read(signals_.get(), &signal_info, sizeof signal_info) ==
             static_cast<ssize_t>(sizeof signal_info))
        if (signal_info.ssi_signo != SIGCHLD)
          stop(result_.stopped);
      if (list[2].revents != 0)
        drain(reads_per_round);
      if (reap())
        return;
      if (bool asks = false; asks_at_terminal_ && !kill_at) {
        result_.error = std::string(asks_words);
        stop(asks);
      }
      if (list[1].revents != 0) { // nothing is ever written to it: the orchestrator closed it
        owned = false;
        stop(result_.stopped);
      }
      if (!kill_at && steady_clock::now() >= deadline)
        stop(result_.timed_out);
    }
  }

  /// True when the agent itself has ended.
  bool reap() {
    bool over = false;
    int how = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &how, WNOHANG | WUNTRACED)) > 0;)
      if (WIFSTOPPED(how)) {
        asks_at_terminal_ =
            asks_at_terminal_ || WSTOPSIG(how) == SIGTTIN || WSTOPSIG(how) == SIGTTOU;
      } else if (pid == agent_) {
        over = true;
        result_.status = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
        result_.signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
      }
    return over;
  }

  /// Signals the agent's group, and the processes that left the group.
  void signal_all(int signal) const {
    ::kill(-agent_, signal);
    for (const pid_t pid : children())
      ::kill(pid, signal);
  }

  /// Ends what the agent left running: it could still write into the worktree.
  void end_leftovers() {
    auto kill_at = steady_clock::now() + leftovers_grace;
    auto left = children();
    result_.left = left.size();
    for (int signal = SIGTERM; !left.empty(); left = children()) {
      for (const pid_t pid : left)
        ::kill(pid, signal);
      ::poll(nullptr, 0, 10);
      while (::waitpid(-1, nullptr, WNOHANG) > 0)
        ;
      if (steady_clock::now() >= kill_at)
        signal = SIGKILL;
      if (steady_clock::now() >= kill_at + 10s)
        return; // even KILL did not end it
    }
    while (::waitpid(-1, nullptr, WNOHANG) > 0)
      ;
  }

  agent_runner_job job_;
  rooted_files files_;
  attempt_result result_;
  unique_fd signals_;
  unique_fd lock_;
  agent_output output_;
  unique_fd pipe_; ///< what the agent prints; empty: no writer is left
  std::array<char, std::size_t{64} << 10> portion_{};
  pid_t agent_ = -1;
  bool asks_at_terminal_ = false; ///< the terminal stopped it
};

} // namespace

} // namespace spec_kitty::agent_runner

int main(int argc, char** argv) {
  try {
    auto job = spec_kitty::agent_runner_job_of({argv + 1, argv + argc});
    if (!job.command.empty())
      return spec_kitty::agent_runner::agent_runner(std::move(job)).run();
    (void)!::write(STDERR_FILENO, "this program is started by spec-kitty\n", 38);
    return 2;
  } catch (...) { // out of memory: the agent dies with this process
    return 1;
  }
}
