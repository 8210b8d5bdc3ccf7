// The state folder of a server and the user that it belongs to.
//
// One user owns the folder and everything in it: the one that the service runs as. Root becomes
// that user before it opens anything there, because a file that root made would lock the service
// out.
#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <string_view>

namespace spec_kitty::server {

/// The user of the service where root makes the folder; root itself where it does not exist.
inline constexpr std::string_view service_user = "spec-kitty-server";

enum class folder_owner {
  service, ///< made by root, the folder is given to the service's user
  caller
};

/// Makes the folder (0700) where it does not exist.
result<void> make_state_folder(const std::filesystem::path& state, folder_owner owner);

/// Becomes the owner of the folder where this is root, then checks that a store can be there: a
/// folder, of this user, which nobody else may write, on a file system of this machine. not_found
/// with the command that makes it where it does not exist.
result<void> enter_state_folder(const std::filesystem::path& state);

/// The name of a user, or its number.
std::string name_of_user(unsigned user);

} // namespace spec_kitty::server
