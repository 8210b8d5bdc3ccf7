// A name as a folder or a branch can have it.
#pragma once

#include <string>

namespace spec_kitty {

/// `My Feature!` as `my-feature`: letters, digits and hyphens, lower case; empty where nothing of
/// it is left.
std::string as_slug(const std::string& name);

} // namespace spec_kitty
