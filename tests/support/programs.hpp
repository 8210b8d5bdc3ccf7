// Where the programs under test are.
#pragma once

#include <cstdlib>
#include <string>

namespace spec_kitty::support {

/// The folder of spec-kitty and its helpers: SPEC_KITTY_PROGRAMS where the environment names one,
/// so that one build of the tests drives sanitized programs too; else that of this build tree.
inline std::string program_folder() {
  const char* chosen = std::getenv("SPEC_KITTY_PROGRAMS");
  return chosen != nullptr && *chosen != '\0' ? chosen : SPEC_KITTY_BIN_DIR;
}

} // namespace spec_kitty::support
