// A log of the server that was taken back, in words for people.
#pragma once

#include "messages/team_log.hpp"

#include <string>

namespace spec_kitty {

/// The command that says that a person has seen it.
inline constexpr const char* acknowledge_loss_command = "spec-kitty sync acknowledge-loss";

/// What is gone at the server, and what to do.
std::string taken_back_words(const lost_range& lost, const log_name& log);
std::string taken_back_words(const taken_back& log);

} // namespace spec_kitty
