// Notices an agent that prints nothing for longer than it may: it may wait for an answer. Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace spec_kitty::orchestrate {

class silence_watch {
public:
  using time_point = std::chrono::steady_clock::time_point;

  enum class change { none, fell_silent, printed_again };

  /// `limit`: zero means never.
  silence_watch(std::chrono::seconds limit, time_point now) : limit_(limit), since_(now) {}

  /// `log_bytes`: the size of its log now. Each silence is reported once.
  change look(std::uint64_t log_bytes, time_point now) {
    if (log_bytes != log_bytes_) {
      log_bytes_ = log_bytes;
      since_ = now;
      const bool was_silent = silent_;
      silent_ = false;
      return was_silent ? change::printed_again : change::none;
    }
    if (silent_ || limit_.count() == 0 || now - since_ < limit_)
      return change::none;
    silent_ = true;
    return change::fell_silent;
  }

private:
  std::chrono::seconds limit_;
  time_point since_;
  std::uint64_t log_bytes_ = 0;
  bool silent_ = false;
};

} // namespace spec_kitty::orchestrate
