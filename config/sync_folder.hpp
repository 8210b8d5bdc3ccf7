// Names that are to outlive a power loss: on POSIX a file's own sync does not make its name
// durable.
#pragma once

#include <filesystem>

namespace spec_kitty {

/// Makes the names in a folder durable. 0, or the errno value that says why not.
int sync_folder(const std::filesystem::path& folder);

} // namespace spec_kitty
