// Finds the home, for every part of the program.
#pragma once

#include "config/node_id.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace spec_kitty {

/// Where state lives.
struct home_folder {
  std::filesystem::path path; ///< absolute; may not exist
  bool is_default = true;     ///< ~/.spec-kitty
};

/// `--home`, else SPEC_KITTY_HOME, else ~/.spec-kitty. bad_input when an empty path was given or
/// the user has no home folder. Touches no file.
result<home_folder> resolve_home(const std::optional<std::string>& flag);

/// Hostname and user, for a node id that does not exist yet.
node_seed local_seed(const home_folder& home);

} // namespace spec_kitty
