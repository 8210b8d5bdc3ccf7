#include "util/process.hpp"

#include "util/files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
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

/// Where a repository's own variables would lead git astray (we may be called from a hook), and a
/// secret that is for `auth login` alone.
constexpr std::array<std::string_view, 9> hidden = {
    "GIT_DIR=",        "GIT_INDEX_FILE=", "GIT_WORK_TREE=",
    "GIT_COMMON_DIR=", "GIT_PREFIX=",     "GIT_OBJECT_DIRECTORY=",
    "GIT_NAMESPACE=",  "GIT_EDITOR=",     "SPEC_KITTY_PASSWORD="};

std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text(*each);
    const auto replaced = [&](std::string_view other) {
      return text.starts_with(other.substr(0, other.find('=') + 1));
    };
    if (std::none_of(hidden.begin(), hidden.end(), replaced) &&
        std::none_of(variables.begin(), variables.end(), replaced))
      all.emplace_back(text);
  }
  all.insert(all.end(), variables.begin(), variables.end());
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (auto& word : words)
    all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

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

/// Takes what is there; false at the end of the stream.
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

struct spawn_setup {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  spawn_setup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~spawn_setup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
};

/// The program with these file actions; SIGPIPE, SIGXFSZ and the signal mask as a fresh process has
/// them: this process ignores and holds back some, and hooks and tests must not inherit that.
result<pid_t> spawn(const program& what, spawn_setup& setup, short flags) {
  if (!what.folder.empty())
    ::posix_spawn_file_actions_addchdir_np(&setup.actions, what.folder.c_str());
  sigset_t usual;
  ::sigemptyset(&usual);
  ::sigaddset(&usual, SIGPIPE);
  ::sigaddset(&usual, SIGXFSZ);
  ::posix_spawnattr_setsigdefault(&setup.attributes, &usual);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&setup.attributes, &none);
  ::posix_spawnattr_setflags(&setup.attributes, static_cast<short>(POSIX_SPAWN_SETSIGDEF |
                                                                   POSIX_SPAWN_SETSIGMASK | flags));
  auto words = what.argv;
  auto variables = environment_with(what.variables);
  const auto argv = pointers(words);
  const auto envp = pointers(variables);
  pid_t pid = -1;
  if (const int error = ::posix_spawnp(&pid, argv[0], &setup.actions, &setup.attributes,
                                       argv.data(), envp.data());
      error != 0)
    return failure{ec::bad_input, "cannot run " + what.argv[0] + ": " + std::strerror(error),
                   "check that " + what.argv[0] + " is installed and in PATH"};
  return pid;
}

result<pid_t> start(const program& what, const output_pipe& out, const output_pipe& err) {
  spawn_setup setup;
  ::posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&setup.actions, out.write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&setup.actions, err.write.get(), STDERR_FILENO);
  return spawn(what, setup, 0);
}

} // namespace

result<program_end> run_program(const program& what) {
  output_pipe out;
  output_pipe err;
  if (!out.open() || !err.open())
    return failure{ec::internal, std::string("cannot make a pipe: ") + std::strerror(errno), {}};
  const auto started = start(what, out, err);
  if (!started)
    return started.error();
  const pid_t pid = *started;
  out.write = unique_fd{};
  err.write = unique_fd{};
  // By number: the header of glibc 2.36 lacks extern "C".
  const unique_fd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  program_end end;
  bool killed = false;
  const auto deadline = steady_clock::now() + what.patience;
  std::array<pollfd, 3> watched = {
      {{ended.get(), POLLIN, 0}, {out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}}};
  // Its end counts, not the end of its output: what it left behind may hold the pipes open.
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
    if ((watched[0].revents & POLLIN) != 0 || !ended)
      break;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  (void)drain(out.read.get(), end.out);
  (void)drain(err.read.get(), end.err);
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (killed)
    return failure{ec::bad_input,
                   what.argv[0] + " took longer than " +
                       std::to_string(what.patience.count() / 1000) + " s and was ended",
                   "see what it waits for, then run the command again"};
  return end;
}

result<pid_t> start_program(const program& what, int input) {
  spawn_setup setup;
  ::posix_spawn_file_actions_adddup2(&setup.actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&setup.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&setup.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  return spawn(what, setup, POSIX_SPAWN_SETPGROUP);
}

} // namespace spec_kitty
