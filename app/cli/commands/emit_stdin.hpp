// spec-kitty emit --stdin: a stream of events, one answer line per input line.
#pragma once

#include "app/cli/context.hpp"

namespace spec_kitty {

/// Reads JSON lines from stdin until its end. Whatever is there to read is recorded as one burst
/// (one commit per 512 events), answered in order after its commit, and only then is more read.
exit_status emit_stdin(context& ctx);

} // namespace spec_kitty
