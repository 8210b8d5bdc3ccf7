// Checks of a home that do not open its store and change nothing. Each is a function of its own: a
// command calls those that it needs, a diagnosis all of them.
#pragma once

#include "util/result.hpp"

#include <filesystem>

namespace spec_kitty {

/// store_unusable when the path is not a folder. A home that does not exist is accepted.
result<void> check_is_folder(const std::filesystem::path& home);

/// store_unusable, naming both users and the remedy, when the home or a part of its store belongs
/// to another user than this process acts for: one of the two could not use files made there. Root
/// must not make a home in another user's folder either.
result<void> check_owner(const std::filesystem::path& home);

/// store_unusable, with the command that changes it, when others may write the home or a file that
/// decides what is done there: its content could be theirs. A home that does not exist is accepted.
result<void> check_only_ours(const std::filesystem::path& home);

/// Both, before a command acts on what stands in the home.
result<void> check_trusted(const std::filesystem::path& home);

/// store_unusable or store_full, as a write there would fail: no permission, read-only mount. A
/// home that does not exist is judged by the folder it would be made in.
result<void> check_writable(const std::filesystem::path& home);

/// All of these, and the file system of the store's folder: whether a store can be here.
result<void> check_home(const std::filesystem::path& home);

} // namespace spec_kitty
