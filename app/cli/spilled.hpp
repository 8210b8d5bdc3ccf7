// What is printed when events went to a spill file because the store could not be used.
#pragma once

#include "app/cli/context.hpp"
#include "app/home/spilled.hpp"

namespace spec_kitty {

/// The events are kept. The command succeeds if the store is only busy, full or read-only for
/// now; a store that is damaged or of another version needs a person, and gives its exit status.
exit_status report_spilled(context& ctx, const failure& why, std::uint64_t events);

/// The same on stderr only, for a stream whose answers are already printed.
exit_status warn_spilled(context& ctx, const failure& why, std::uint64_t events);

} // namespace spec_kitty
