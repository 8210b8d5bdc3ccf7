// Another user of the machine in somebody's home: must be refused, and nothing may change.
#pragma once

#include "app/chaos/installation.hpp"

namespace spec_kitty::chaos {

/// Why no other user can be tried here; empty where one can.
std::string why_no_foreign_user(const installation& all);

/// Runs commands in the home as the user 65534; `open`: after giving everybody all rights to it.
/// What was wrong, one line each. Nothing else may run in the home.
std::vector<std::string> try_as_foreign_user(installation& all, const std::string& home, bool open);

} // namespace spec_kitty::chaos
