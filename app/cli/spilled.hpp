// What a person hears when events went to a spill file because the store could not be used.
#pragma once

#include "app/cli/context.hpp"
#include "app/home/spilled.hpp"

namespace spec_kitty {

/// The events are kept. A store that is only busy, full or read-only for now is no failure of the
/// command; one that is damaged or of another version needs a person, and the exit status says so.
exit_status report_spilled(context& ctx, const failure& why, std::uint64_t events);

/// The same on stderr alone, for a stream whose answers are printed already.
exit_status warn_spilled(context& ctx, const failure& why, std::uint64_t events);

} // namespace spec_kitty
