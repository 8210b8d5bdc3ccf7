// Names that are to outlive a power loss: on POSIX a file's own sync does not make its name
// durable.
#pragma once

#include <filesystem>

namespace spec_kitty {

/// Makes the names in a folder durable. 0, or the errno value that says why not.
int fsync_directory(const std::filesystem::path& folder);

/// Makes the names durable that lead to a folder: whoever made it, or one above it, may have been
/// killed before it did. One that this user may not open, or whose file system cannot do it, is
/// passed over. 0, or the errno value that says why not.
int fsync_parents(const std::filesystem::path& folder);

} // namespace spec_kitty
