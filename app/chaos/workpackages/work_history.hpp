// The two sides of what is compared: the changes that a branch holds, from git's history, and what
// events say, from stores and servers.
#pragma once

#include "app/chaos/history.hpp"
#include "app/chaos/workpackages/shown_work.hpp"

#include <functional>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

/// Runs `git <arguments>` with that input; what it printed.
using git_runner =
    std::function<std::string(const std::vector<std::string>& arguments, const std::string& input)>;

/// The changes of work along the first parents of a branch, in its order. A file that comes
/// to the branch is not a change, whatever it shows.
std::vector<work_change> changes_on(const git_runner& git, const std::string& branch);

/// What events say, each once, in the order of the changes they speak of.
std::vector<work_record> records_of(const std::vector<std::string>& events);

} // namespace spec_kitty::chaos
