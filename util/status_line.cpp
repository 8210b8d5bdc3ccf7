#include "util/status_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

namespace spec_kitty {

namespace {

std::mutex mutex;
bool drawn = false;

void write_to_terminal(const std::string& text) {
  (void)!::write(STDERR_FILENO, text.data(), text.size()); // the line is optional
}

} // namespace

bool has_status_line() {
  const char* terminal = std::getenv("TERM");
  return terminal != nullptr && *terminal != '\0' && std::string_view(terminal) != "dumb" &&
         ::isatty(STDERR_FILENO) != 0;
}

std::size_t status_line_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void draw_status_line(const std::string& text) {
  const std::lock_guard lock(mutex);
  write_to_terminal("\r" + text + "\033[K");
  drawn = true;
}

std::unique_lock<std::mutex> remove_status_line() {
  std::unique_lock lock(mutex);
  if (std::exchange(drawn, false))
    write_to_terminal("\r\033[K");
  return lock;
}

} // namespace spec_kitty
