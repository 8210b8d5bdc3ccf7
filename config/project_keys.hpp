// By which keys opting out knows a project, besides its UUID. They name no path.
//
// The first is that of its git folder: a random id in a file of the git directory, so that it moves
// with the repository; where it could not be written, a digest of the path.
#pragma once

#include "config/checkout.hpp"

#include <string>
#include <vector>

namespace spec_kitty {

struct project_keys {
  std::vector<std::string>
      of_folder;      ///< the current one, then those of earlier versions and places
  std::string parent; ///< of the repository around a project in a subfolder; else empty
};

project_keys keys_of(const checkout_location& place);

/// Gives the git directory (without git, `.kittify`) an id unless it has one. Where it cannot be
/// written the path stays the key.
void note_project_id(const checkout_location& place);

} // namespace spec_kitty
