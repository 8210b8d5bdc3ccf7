#include "util/prompt.hpp"

#include "util/files.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace spec_kitty {

namespace {

constexpr std::size_t max_answer_bytes = 4096;

/// One line, read byte by byte: what follows it stays in the input.
std::string read_line(int fd) {
  std::string text;
  for (char c = 0; text.size() < max_answer_bytes && ::read(fd, &c, 1) == 1 && c != '\n';)
    if (c != '\r')
      text += c;
  return text;
}

/// Turns echo off for its lifetime.
class echo_guard {
public:
  echo_guard(int fd, bool echo) : fd_(fd) {
    changed_ = !echo && ::tcgetattr(fd, &before_) == 0;
    if (!changed_)
      return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd, TCSAFLUSH, &silent);
  }
  ~echo_guard() {
    if (changed_)
      ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  echo_guard(const echo_guard&) = delete;
  echo_guard& operator=(const echo_guard&) = delete;

private:
  int fd_;
  bool changed_ = false;
  termios before_{};
};

} // namespace

result<std::string> prompt(const std::string& question, bool echo, const std::string& hint) {
  const failure no_terminal{ec::bad_input, "stdin is not a terminal: cannot ask there", hint};
  if (::isatty(STDIN_FILENO) == 0)
    return no_terminal;
  const unique_fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal)
    return no_terminal;
  std::string text;
  {
    const echo_guard guard(terminal.get(), echo);
    (void)!::write(terminal.get(), question.data(), question.size());
    text = read_line(terminal.get());
  }
  if (!echo)
    (void)!::write(terminal.get(), "\n", 1);
  if (text.empty())
    return failure{ec::bad_input, "nothing was typed", "run the command again"};
  return text;
}

result<std::string> read_secret_from_stdin(const std::string& what) {
  std::string text = read_line(STDIN_FILENO);
  if (text.empty())
    return failure{ec::bad_input, "stdin has no " + what, "pass it as the first line of stdin"};
  return text;
}

} // namespace spec_kitty
