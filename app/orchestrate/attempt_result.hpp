// What the keeper of an agent writes down about its end, and what that means. Pure.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::orchestrate {

struct attempt_result {
  std::string token;          ///< which attempt it was
  int status = -1;            ///< the agent's exit status; -1: a signal ended it
  int signal = 0;             ///< that signal
  bool timed_out = false;     ///< stopped because its time was over
  bool stopped = false;       ///< stopped because its owner went away or said so
  std::string error;          ///< why it could not be started; empty: it was
  std::uint64_t log_from = 0; ///< where its output begins in the log
  std::uint64_t left = 0;     ///< processes it left behind, which were ended

  bool operator==(const attempt_result&) const = default;
};

/// One line of JSON.
std::string encode_result(const attempt_result& result);
/// Nothing where the text is none.
std::optional<attempt_result> decode_result(std::string_view text);

/// How much of an agent's last output is looked at.
inline constexpr std::size_t longest_tail = std::size_t{64} << 10;

/// The meaning of an end for a task. `tail` is the end of its output, `timeout` the agent's.
/// A verdict in the last line counts more than the exit status.
attempt_end judge(role task, const attempt_result& result, std::string_view tail,
                  std::chrono::seconds timeout);

} // namespace spec_kitty::orchestrate
