// What must not stand in an event that this process records: the user's home folder, and the
// secrets at hand.
#pragma once

#include "config/credentials.hpp"
#include "messages/redact.hpp"

#include <optional>

namespace spec_kitty {

redaction_terms redaction_terms_for(const std::optional<credentials>& session);

} // namespace spec_kitty
