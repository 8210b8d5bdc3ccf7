#include "app/cli/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace spec_kitty {

namespace {

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void draw_on_stderr(const std::string& text) {
  (void)!::write(STDERR_FILENO, text.data(), text.size()); // the bar is optional
}

} // namespace

std::string render_bar(const sync_progress& at, std::size_t columns) {
  const std::uint64_t all = std::max<std::uint64_t>(at.selected, 1);
  const std::uint64_t done = std::min(at.settled, all);
  std::string count(1, ' ');
  count.append(std::to_string(done)).append("/").append(std::to_string(at.selected));
  const std::size_t free_columns = columns > count.size() + 3 ? columns - count.size() - 3 : 0;
  const std::size_t width = std::min<std::size_t>(free_columns, 40);
  const auto filled = static_cast<std::size_t>(width * done / all);
  std::string bar(1, '[');
  bar.append(filled, '#').append(width - filled, ' ').append("]").append(count);
  return bar;
}

progress_bar::progress_bar(const output& out)
    : active_(!out.quiet() && ::isatty(STDERR_FILENO) != 0), quiet_(out.quiet()),
      color_(out.color()) {}

void progress_bar::show(const sync_progress& at) {
  const auto seconds = (at.waiting.count() + 999) / 1000;
  const std::string pause =
      "waiting " + std::to_string(seconds) + " s before the next try, as the server requests";
  if (!active_) {
    if (seconds > 0 && !quiet_ && !std::exchange(announced_, true))
      draw_on_stderr(pause + "\n");
    return;
  }
  const std::string bar = seconds > 0 ? pause + "\033[K" : render_bar(at, terminal_columns());
  draw_on_stderr(color_ ? "\r\033[32m" + bar + "\033[0m" : "\r" + bar);
  drawn_ = true;
}

void progress_bar::clear() {
  if (drawn_)
    draw_on_stderr("\r\033[K");
  drawn_ = false;
}

} // namespace spec_kitty
