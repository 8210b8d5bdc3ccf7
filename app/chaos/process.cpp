#include "app/chaos/process.hpp"

#include "util/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace spec_kitty::support {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error(std::string("cannot create a pipe: ") + std::strerror(errno));
  return {ends[0], ends[1]};
}

void close_once(int& fd) {
  if (fd >= 0)
    ::close(fd);
  fd = -1;
}

std::vector<std::string> environment_of(const launch& what) {
  std::map<std::string, std::string> all;
  for (const char* name : {"PATH", "TMPDIR", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"})
    if (const char* value = std::getenv(name); value != nullptr)
      all[name] = value;
  for (const auto& [name, value] : what.env)
    all[name] = value;
  std::vector<std::string> variables;
  for (const auto& [name, value] : all)
    variables.emplace_back(name).append("=").append(value);
  return variables;
}

spawn_request request_for(const launch& what) {
  spawn_request request;
  request.argv = what.argv;
  request.environment = environment_of(what);
  request.folder = what.cwd;
  request.group = what.own_group ? process_group::own : process_group::same;
  request.keep_signal_mask = true;
  request.default_signals = {SIGPIPE}; // ignored by every starter
  request.parent_death_signal = SIGKILL;
  request.limits = what.limits;
  request.on_failure = start_failure::exit_status;
  return request;
}

/// Reads what the pipe holds now; closes it at the end of the stream.
void take(int& fd, std::string& into) {
  std::array<char, 65536> chunk{};
  const auto got = ::read(fd, chunk.data(), chunk.size());
  if (got > 0)
    into.append(chunk.data(), static_cast<std::size_t>(got));
  else if (got == 0 || (errno != EINTR && errno != EAGAIN))
    close_once(fd);
}

} // namespace

child::child(const launch& what) : began_(steady_clock::now()) {
  std::signal(SIGPIPE, SIG_IGN);
  const pipe_ends in = make_pipe();
  const pipe_ends out = make_pipe();
  const pipe_ends err = make_pipe();
  auto request = request_for(what);
  request.input = in.read;
  request.output = out.write;
  request.error_output = err.write;
  const auto started = spawn(request);
  for (const int fd : {in.read, out.write, err.write})
    ::close(fd);
  pid_ = started.pid;
  in_ = in.write;
  out_ = out.read;
  err_ = err.read;
  for (const int fd : {in_, out_, err_})
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  if (started.error != 0)
    throw std::runtime_error(std::string("cannot start a process: ") +
                             std::strerror(started.error));
}

child::~child() {
  if (!reaped_) {
    send(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_once(in_);
  close_once(out_);
  close_once(err_);
}

bool child::pump(instant deadline, const std::function<bool()>& done) {
  while (!done()) {
    if (out_ < 0 && err_ < 0 && pending_.empty())
      return false;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds(0))
      return false;
    std::array<pollfd, 3> fds = {
        {{out_, POLLIN, 0}, {err_, POLLIN, 0}, {pending_.empty() ? -1 : in_, POLLOUT, 0}}};
    ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    if (fds[0].revents != 0)
      take(out_, so_far_.out);
    if (fds[1].revents != 0)
      take(err_, so_far_.err);
    if (fds[2].revents == 0)
      continue;
    const auto wrote = ::write(in_, pending_.data(), pending_.size());
    if (wrote > 0) {
      pending_.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno != EAGAIN && errno != EINTR) {
      pending_ = {};
      input_refused_ = true;
    }
  }
  return true;
}

bool child::write(std::string_view bytes, milliseconds patience) {
  pending_ = bytes;
  pump(steady_clock::now() + patience, [this] { return pending_.empty(); });
  const bool whole = pending_.empty() && !input_refused_;
  pending_ = {};
  return whole;
}

void child::close_input() {
  close_once(in_);
}

std::optional<std::string> child::next_line(milliseconds patience) {
  std::size_t end = std::string::npos;
  pump(steady_clock::now() + patience, [&] {
    end = so_far_.out.find('\n', read_through_);
    return end != std::string::npos;
  });
  if (end == std::string::npos)
    return std::nullopt;
  std::string line = so_far_.out.substr(read_through_, end - read_through_);
  read_through_ = end + 1;
  return line;
}

std::vector<std::string> child::lines_so_far() {
  const std::array<int*, 2> ends = {&out_, &err_};
  const std::array<std::string*, 2> into = {&so_far_.out, &so_far_.err};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    pollfd fd{*ends[i], POLLIN, 0};
    while (*ends[i] >= 0 && ::poll(&fd, 1, 0) > 0 && fd.revents != 0)
      take(*ends[i], *into[i]);
  }
  std::vector<std::string> lines;
  while (auto line = next_line(milliseconds(0)))
    lines.push_back(std::move(*line));
  return lines;
}

bool child::has_ended() const {
  siginfo_t how{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         how.si_pid == pid_;
}

void child::send(int signal) const {
  if (!reaped_)
    ::kill(pid_, signal);
}

bool child::output_is_full() const {
  int held = 0;
  ::ioctl(out_, FIONREAD, &held);
  return held >= ::fcntl(out_, F_GETPIPE_SZ) * 9 / 10;
}

bool child::ends_unread(milliseconds patience) const {
  return eventually([this] { return has_ended(); }, patience);
}

bool child::reap(instant deadline) {
  int how = 0;
  const auto gone = [&] { return ::waitpid(pid_, &how, WNOHANG) != 0; };
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  if (!eventually(gone, std::max(left, milliseconds(1))))
    return false;
  reaped_ = true;
  if (WIFEXITED(how))
    so_far_.status = WEXITSTATUS(how);
  else
    so_far_.signal = WTERMSIG(how);
  return true;
}

finished child::wait(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  pump(deadline, [] { return false; });
  if (!reaped_ && !reap(deadline)) {
    so_far_.timed_out = true;
    send(SIGKILL);
    reap(steady_clock::now() + long_enough);
  }
  so_far_.took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began_);
  return so_far_;
}

finished run(const launch& what) {
  child program(what);
  program.write(what.input, what.patience);
  program.close_input();
  return program.wait(what.patience);
}

bool eventually(const std::function<bool()>& condition, milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  for (auto pause = std::chrono::microseconds(100); !condition();
       pause = std::min(pause * 2, std::chrono::microseconds(5000))) {
    if (steady_clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_text(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

} // namespace spec_kitty::support
