#include "app/cli/commands/stdin_lines.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace spec_kitty {

namespace {

constexpr std::size_t max_burst_lines = 4096; ///< per commit
constexpr std::size_t max_burst_bytes = std::size_t{1} << 20;
constexpr std::size_t max_line_bytes = std::size_t{16} << 20;

} // namespace

std::span<const stdin_lines::line> stdin_lines::next(wait may_wait) {
  lines_.clear();
  buffer_.erase(0, taken_);
  searched_ -= std::min(searched_, taken_);
  taken_ = 0;
  for (;;) {
    while (!ended_ && buffer_.size() < max_burst_bytes && can_read() && fill()) {
    }
    take_lines();
    if (!lines_.empty() || ended_ || may_wait == wait::no)
      return lines_;
    fill();
  }
}

void stdin_lines::take_lines() {
  while (lines_.size() < max_burst_lines) {
    const std::size_t end = buffer_.find('\n', std::max(taken_, searched_));
    const bool whole = end != std::string::npos;
    if (!whole)
      searched_ = buffer_.size();
    if (!whole && (!ended_ || (taken_ == buffer_.size() && !skipping_)))
      break; // a last line needs no newline
    const std::string_view text(buffer_.data() + taken_, (whole ? end : buffer_.size()) - taken_);
    lines_.push_back({skipping_ ? std::string_view{} : text, skipping_});
    skipping_ = false;
    taken_ = whole ? end + 1 : buffer_.size();
  }
  if (lines_.empty() && buffer_.size() > max_line_bytes) {
    skipping_ = true;
    buffer_.clear();
    searched_ = 0;
  }
}

/// False where nothing came.
bool stdin_lines::fill() {
  const auto got = ::read(STDIN_FILENO, chunk_.data(), chunk_.size());
  if (got > 0)
    buffer_.append(chunk_.data(), static_cast<std::size_t>(got));
  else if (got == 0 || errno != EINTR)
    ended_ = true;
  return got > 0;
}

bool stdin_lines::can_read() const {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

} // namespace spec_kitty
