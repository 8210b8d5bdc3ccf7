// What the end of an attempt means: done, changes requested, or failed. Pure.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "util/runner_protocol.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::orchestrate {

/// How much of the end of an agent's output is read.
inline constexpr std::size_t max_log_tail_bytes = std::size_t{64} << 10;

/// Judges an attempt by the runner's result and the end of the agent's output (`tail`). `timeout`
/// is the agent's. A verdict in the output counts more than the exit status.
attempt_end judge(role task, const attempt_result& result, std::string_view tail,
                  std::chrono::seconds timeout);

} // namespace spec_kitty::orchestrate
