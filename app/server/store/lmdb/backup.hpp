// Copies of a whole store: made while it serves, and made into a store again.
#pragma once

#include "app/server/store/lmdb/environment.hpp"

#include <filesystem>

namespace spec_kitty::server::store {

/// The folder of the store in the state folder.
inline constexpr const char* store_folder_name = "store";

/// A compact copy in a new file of mode 0600. While it is made it has another name beside it.
result<void> copy_store(lmdb_environment& env, const std::filesystem::path& file);

} // namespace spec_kitty::server::store
