// Updates and the beginning of a subscription as C hosts write them: JSON. Pure.
#pragma once

#include "spec_kitty/client.hpp"

#include <optional>
#include <string>

namespace spec_kitty::embed {

std::string update_json(const update& what);

/// Of NULL or `{}` nothing: with what comes. bad_input names what cannot be used.
result<std::optional<subscription_start>> read_start(const char* json);

} // namespace spec_kitty::embed
