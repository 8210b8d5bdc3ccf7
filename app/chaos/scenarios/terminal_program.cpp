#include "app/chaos/scenarios/terminal_program.hpp"

#include "util/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace spec_kitty::chaos {

using std::chrono::steady_clock;
using support::milliseconds;

terminal_program::terminal_program(const support::launch& what) {
  terminal_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::array<char, 64> name{};
  if (terminal_ < 0 || ::grantpt(terminal_) != 0 || ::unlockpt(terminal_) != 0 ||
      ::ptsname_r(terminal_, name.data(), name.size()) != 0)
    throw std::runtime_error("there is no terminal");
  const int other_end = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  spawn_request request;
  request.argv = what.argv;
  for (const auto& [variable, value] : what.env)
    request.environment.push_back(variable + "=" + value);
  if (const char* path = std::getenv("PATH"); path != nullptr)
    request.environment.push_back(std::string("PATH=") + path);
  request.environment.emplace_back("TERM=dumb");
  request.folder = what.cwd;
  request.input = request.output = request.error_output = other_end;
  request.group = process_group::own;
  request.parent_death_signal = SIGKILL;
  const auto started = spawn(request);
  ::close(other_end);
  if (started.error != 0)
    throw std::runtime_error("cannot start a process on a terminal");
  pid_ = started.pid;
}

terminal_program::~terminal_program() {
  if (pid_ > 0) {
    send(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(terminal_);
}

bool terminal_program::read_some(milliseconds patience) {
  pollfd fd{terminal_, POLLIN, 0};
  if (::poll(&fd, 1, static_cast<int>(patience.count())) <= 0)
    return false;
  std::array<char, 4096> chunk;
  const auto got = ::read(terminal_, chunk.data(), chunk.size());
  if (got <= 0) // its other end was closed
    return false;
  printed_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

bool terminal_program::prints(std::string_view text, milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  while (printed_.find(text) == std::string::npos) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
    if (left <= milliseconds(0) || !read_some(left))
      return false;
  }
  return true;
}

void terminal_program::send(int signal) const {
  ::kill(pid_, signal);
}

support::finished terminal_program::wait(milliseconds patience) {
  support::finished done;
  const auto until = steady_clock::now() + patience;
  while (read_some(std::max(milliseconds(0),
                            std::chrono::duration_cast<milliseconds>(until - steady_clock::now()))))
    ;
  int how = 0;
  done.timed_out = !support::eventually([&] { return ::waitpid(pid_, &how, WNOHANG) != 0; },
                                        std::chrono::seconds(2));
  if (done.timed_out) {
    send(SIGKILL);
    ::waitpid(pid_, &how, 0);
  }
  pid_ = -1;
  if (WIFEXITED(how))
    done.status = WEXITSTATUS(how);
  else
    done.signal = WTERMSIG(how);
  done.out = printed_;
  return done;
}

} // namespace spec_kitty::chaos
