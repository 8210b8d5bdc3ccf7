// What can be told about a home without opening its store. Each check changes nothing, and is a
// function of its own, so that a command asks for what it needs and a diagnosis for all of them.
#pragma once

#include "util/result.hpp"

#include <filesystem>

namespace spec_kitty {

/// store_unusable when something other than a folder stands there. A home that does not exist is
/// fine.
result<void> check_is_folder(const std::filesystem::path& home);

/// store_unusable, naming both users and the remedy, when the home or a part of its store belongs
/// to another user than this process acts for. Files made there would be closed to the one or the
/// other. Where there is no home yet, root is refused a folder in somebody else's.
result<void> check_owner(const std::filesystem::path& home);

/// store_unusable or store_full, as a write there would fail: no permission, read-only mount. A
/// home that does not exist is judged by the folder it would be made in.
result<void> check_writable(const std::filesystem::path& home);

/// All of these, and the file system of the store's folder: whether a store can live here.
result<void> check_home(const std::filesystem::path& home);

} // namespace spec_kitty
