// What the keeper of an agent writes down about its end, and what that means. Pure.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "util/runner_protocol.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::orchestrate {

/// How much of an agent's last output is looked at.
inline constexpr std::size_t max_log_tail_bytes = std::size_t{64} << 10;

/// The meaning of an end for a task. `tail` is the end of its output, `timeout` the agent's.
/// A verdict in the last line counts more than the exit status.
attempt_end judge(role task, const attempt_result& result, std::string_view tail,
                  std::chrono::seconds timeout);

} // namespace spec_kitty::orchestrate
