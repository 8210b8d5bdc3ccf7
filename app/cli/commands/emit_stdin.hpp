// spec-kitty emit --stdin: a stream of events, one answer line per input line.
#pragma once

#include "app/cli/context.hpp"

namespace spec_kitty {

/// Reads JSON lines from stdin until its end. Lines that are available together are recorded with
/// one commit per 512 events and answered in order after it; only then more is read.
exit_status emit_stdin(context& ctx);

} // namespace spec_kitty
