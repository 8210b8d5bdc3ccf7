// What the end of an attempt means: done, changes requested, no verdict, or failed. Pure.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "util/runner_protocol.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace spec_kitty::orchestrate {

/// `: ` and the last line of an output, made printable; empty where it has none.
std::string quoted_last_line(std::string_view output);

/// Judges an attempt by the runner's result. `timeout` is the agent's. A review is judged by the
/// verdict in its output; its exit status says only whether the reviewer itself failed.
attempt_end judge(role task, const attempt_result& result, std::chrono::seconds timeout);

} // namespace spec_kitty::orchestrate
