// A person approves what `orchestrate` runs in a repository.
#pragma once

#include "app/cli/work_command.hpp"
#include "app/orchestrate/approval.hpp"

namespace spec_kitty {

/// `orchestrate --trust`: shows what there is to approve and remembers the approval; on a terminal
/// it asks first.
result<work_done> trust_agents(context& ctx, const workflow::repository& repo);

/// What may be run: it is approved, or a person at the terminal approves it now. Else a failure
/// with the command to type.
result<orchestrate::approvable> approved_agents(context& ctx, const workflow::repository& repo);

} // namespace spec_kitty
