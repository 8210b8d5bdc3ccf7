#include "util/working_line.hpp"

#include "util/status_line.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"

#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto first_drawn_after = 1000ms;
constexpr auto drawn_every = 500ms;

/// The one that is drawn.
std::atomic<working_line*> innermost{nullptr};

} // namespace

working_line::working_line(const output& out, std::string what, std::string unit)
    : what_(std::move(what)), unit_(std::move(unit)) {
  if (out.quiet() || !has_status_line())
    return;
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all); // signals are for the thread that works
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
    outer_ = innermost.exchange(this);
  } catch (const std::system_error&) { // the work needs no line
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

working_line::~working_line() {
  if (!thread_.joinable())
    return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_all();
  thread_.join();
  innermost = outer_;
  (void)remove_status_line();
}

void working_line::run() {
  const auto begun = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, drawn_ ? drawn_every : first_drawn_after, [this] { return over_; }))
    draw(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun)
            .count()));
}

void working_line::draw(std::uint64_t seconds) {
  drawn_ = true;
  if (innermost != this)
    return;
  const std::uint64_t done = done_;
  const std::string end = (done > 0 ? ": " + count_of(done, unit_) : std::string()) + ", " +
                          std::to_string(seconds) + " s";
  const std::size_t columns = status_line_columns();
  const std::size_t free_columns = columns > end.size() + 1 ? columns - end.size() - 1 : 0;
  draw_status_line(printable(what_, free_columns) + end);
}

} // namespace spec_kitty
