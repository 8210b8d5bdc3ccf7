#include "app/cli/progress.hpp"

#include "util/status_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace spec_kitty {

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
    : active_(!out.quiet() && has_status_line()), quiet_(out.quiet()), color_(out.color()) {}

void progress_bar::show(const sync_progress& at) {
  const auto seconds = (at.waiting.count() + 999) / 1000;
  std::string pause =
      "waiting " + std::to_string(seconds) + " s before the next try, as the server requests";
  if (!active_) {
    pause += '\n';
    if (seconds > 0 && !quiet_ && !std::exchange(announced_, true))
      (void)!::write(STDERR_FILENO, pause.data(), pause.size()); // the remark is optional
    return;
  }
  const std::string bar = seconds > 0 ? pause : render_bar(at, status_line_columns());
  draw_status_line(color_ ? "\033[32m" + bar + "\033[0m" : bar);
}

void progress_bar::clear() {
  (void)remove_status_line();
}

} // namespace spec_kitty
