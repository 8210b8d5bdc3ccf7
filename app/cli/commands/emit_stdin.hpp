// spec-kitty emit --stdin: a stream of events, one answer line per input line.
#pragma once

#include "app/cli/context.hpp"

#include <optional>
#include <string>

namespace spec_kitty {

/// Reads JSON lines from stdin until its end. Lines that are available together are recorded with
/// one commit per 512 events and answered in order after it; only then more is read. `feature` is
/// that of lines which name none.
exit_status emit_stdin(context& ctx, const std::optional<std::string>& feature);

} // namespace spec_kitty
