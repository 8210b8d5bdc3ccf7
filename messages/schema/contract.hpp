// The contract's schema file, as built into this program.
#pragma once

#include <string_view>

namespace spec_kitty {

/// The text of messages/schema/events.schema.json.
std::string_view contract_schema();

} // namespace spec_kitty
