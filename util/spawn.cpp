#include "util/spawn.hpp"

#include "util/files.hpp"
#include "util/signals_blocked.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace spec_kitty {

namespace {

constexpr int limits_refused = 126;
constexpr int not_started = 127;
constexpr rlim_t max_descriptors = rlim_t{1} << 20; ///< the kernel's usual bound

/// All that the new process needs, made ready before fork: between fork and exec only
/// async-signal-safe calls are allowed, because the caller may have threads.
struct prepared_spawn {
  const spawn_request& request;
  const char* program;
  char** argv;
  char** environment;
  std::array<int, 3> streams; ///< for stdin, stdout, stderr
  int report = -1;            ///< takes the errno value of a failure
  pid_t parent = -1;
  const sigset_t& mask;
};

std::vector<char*> null_terminated(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (auto& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

void set_default_signals(const spawn_request& request) {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (!is_ignored(signal))
      ::signal(signal, SIG_DFL);
  }
  for (const int signal : request.default_signals)
    ::signal(signal, SIG_DFL);
}

void leave_group(process_group group) {
  if (group == process_group::own)
    ::setpgid(0, 0);
  else if (group == process_group::own_session)
    ::setsid();
}

/// Exec closes them: the pipe for the report has to stay open until then.
void close_others_at_exec() {
  constexpr unsigned first = STDERR_FILENO + 1;
  if (::close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    return;
  rlimit open_files{}; // for kernels before 5.11
  ::getrlimit(RLIMIT_NOFILE, &open_files);
  for (unsigned fd = first; fd < std::min<rlim_t>(open_files.rlim_cur, max_descriptors); ++fd)
    ::fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);
}

/// A stream's source may itself have one of the numbers 0, 1, 2: it is moved away first.
bool set_streams(std::array<int, 3> streams) {
  for (int& fd : streams)
    if (fd <= STDERR_FILENO && (fd = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) < 0)
      return false;
  return ::dup2(streams[0], STDIN_FILENO) >= 0 && ::dup2(streams[1], STDOUT_FILENO) >= 0 &&
         ::dup2(streams[2], STDERR_FILENO) >= 0;
}

bool set_limits(const std::vector<resource_limit>& limits) {
  for (const auto& limit : limits) {
    const rlimit both{limit.value, limit.value};
    // An int in C, an enumeration in C++ of the GNU library.
    if (::setrlimit(static_cast<__rlimit_resource_t>(limit.resource), &both) != 0)
      return false;
  }
  return true;
}

[[noreturn]] void give_up(const prepared_spawn& prepared, int status) {
  const int error = errno;
  if (prepared.report >= 0)
    (void)!::write(prepared.report, &error, sizeof error);
  ::_exit(status);
}

/// Waits for the byte that lets the program begin.
bool gate_opened(int gate) {
  char byte = 0;
  ssize_t got = 0;
  do
    got = ::read(gate, &byte, 1);
  while (got < 0 && errno == EINTR);
  return got == 1;
}

/// What is blocked in the new process; `before`: what is in the caller.
sigset_t mask_for(const spawn_request& request, const sigset_t& before) {
  sigset_t mask = before;
  if (!request.keep_signal_mask)
    ::sigemptyset(&mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (request.block_ignored && is_ignored(signal))
      ::sigaddset(&mask, signal);
  return mask;
}

/// The new process, until its program begins.
[[noreturn]] void become_program(const prepared_spawn& prepared) {
  const auto& request = prepared.request;
  if (request.gate_writer >= 0)
    ::close(request.gate_writer);
  if (request.parent_death_signal != 0)
    ::prctl(PR_SET_PDEATHSIG, request.parent_death_signal);
  leave_group(request.group);
  set_default_signals(request);
  ::sigprocmask(SIG_SETMASK, &prepared.mask, nullptr);
  errno = ESRCH;
  if (request.parent_death_signal != 0 && ::getppid() != prepared.parent) // it ended before prctl
    give_up(prepared, not_started);
  if (!set_streams(prepared.streams) ||
      (!request.folder.empty() && ::chdir(request.folder.c_str()) != 0))
    give_up(prepared, not_started);
  if (request.close_others)
    close_others_at_exec();
  if (request.kept_open >= 0)
    ::fcntl(request.kept_open, F_SETFD, 0);
  if (!set_limits(request.limits))
    give_up(prepared, limits_refused);
  if (request.gate >= 0 && !gate_opened(request.gate))
    ::_exit(not_started);
  ::execvpe(prepared.program, prepared.argv, prepared.environment);
  give_up(prepared, not_started);
}

/// 0 as soon as the program has begun.
int reported_error(int report) {
  int error = 0;
  ssize_t got = 0;
  do
    got = ::read(report, &error, sizeof error);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

int open_nowhere(unique_fd& held, int flags) {
  if (!held)
    held = unique_fd(::open("/dev/null", flags | O_CLOEXEC));
  return held.get();
}

} // namespace

bool is_ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

spawn_outcome spawn(const spawn_request& request) {
  unique_fd no_input;
  unique_fd no_output;
  const auto output = [&](int fd) { return fd >= 0 ? fd : open_nowhere(no_output, O_WRONLY); };
  const std::array<int, 3> streams = {request.input >= 0 ? request.input
                                                         : open_nowhere(no_input, O_RDONLY),
                                      output(request.output), output(request.error_output)};
  if (*std::min_element(streams.begin(), streams.end()) < 0)
    return {-1, errno};
  unique_fd report;
  unique_fd report_end;
  if (request.on_failure == start_failure::reported) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return {-1, errno};
    report = unique_fd(ends[0]);
    report_end = unique_fd(ends[1]);
    // Not under a number that the streams take.
    if (ends[1] <= STDERR_FILENO)
      report_end = unique_fd(::fcntl(ends[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  auto words = request.argv;
  auto variables = request.environment;
  auto argv = null_terminated(words);
  auto environment = null_terminated(variables);
  pid_t pid = -1;
  {
    const signals_blocked until_begun;
    const sigset_t mask = mask_for(request, until_begun.before());
    const prepared_spawn prepared{
        request,     request.program.empty() ? argv.front() : request.program.c_str(),
        argv.data(), environment.data(),
        streams,     report_end.get(),
        ::getpid(),  mask};
    pid = ::fork();
    if (pid == 0)
      become_program(prepared);
    if (pid < 0)
      return {-1, errno};
  }
  report_end = unique_fd();
  const int error = report ? reported_error(report.get()) : 0;
  if (error == 0)
    return {pid, 0};
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR)
    ;
  return {-1, error};
}

std::vector<std::string> environment_with(const std::vector<std::string_view>& removed,
                                          const std::vector<std::string>& added) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const auto name = variable.substr(0, variable.find('='));
    const auto is_added = [&](std::string_view other) {
      return other.substr(0, other.find('=')) == name;
    };
    if (std::find(removed.begin(), removed.end(), name) == removed.end() &&
        std::find(secret_variables.begin(), secret_variables.end(), name) ==
            secret_variables.end() &&
        std::none_of(added.begin(), added.end(), is_added))
      variables.emplace_back(variable);
  }
  variables.insert(variables.end(), added.begin(), added.end());
  return variables;
}

} // namespace spec_kitty
