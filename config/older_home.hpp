// What the older Python tool left in this home (it lives in ~/.spec-kitty as well).
//
// Its clock.json, credentials and config.toml are read in place, and nothing of them is deleted:
// keys that this program does not know stay in the files when it writes them. What the two tools
// understand differently is a conflict, and each one is named with what to do about it.
#pragma once

#include "config/toml_file.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// A difference between the two tools that a person should know.
struct home_conflict {
  std::string id;      ///< stable: `clock_of_another_node`
  std::string message; ///< names the file and both sides
  std::string remedy;

  bool operator==(const home_conflict&) const = default;
};

/// A remark on a key of config.toml that only the older tool reads: nothing for any other key, an
/// empty text where no remark is needed.
std::optional<std::string> remark_on_older_key(const toml_entry& entry);

/// The session belongs to another server than the one that is set: its token is never sent there.
/// `origin` is empty where no server is set. Reads only.
std::optional<home_conflict> session_conflict(const std::filesystem::path& home,
                                              std::string_view origin);

} // namespace spec_kitty
