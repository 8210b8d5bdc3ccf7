// Before a work package is started: whether somebody took it in another home. Needs a login and a
// server that answers within a second; else it says nothing.
#pragma once

#include "app/cli/context.hpp"

#include <string>

namespace spec_kitty {

/// Warns where the last move of the work package is another node's.
void warn_of_other_claim(context& ctx, const std::string& feature_slug, const std::string& wp);

} // namespace spec_kitty
