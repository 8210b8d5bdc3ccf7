// Names that must outlive a power loss: on POSIX, syncing a file does not make its name durable.
#pragma once

#include <filesystem>

namespace spec_kitty {

/// Makes the names in a folder durable. 0, or the errno value of the failure.
int fsync_directory(const std::filesystem::path& folder);

/// Makes the names durable that lead to a folder: the process that made it, or a folder above it,
/// may have been killed before it did so. Folders that this user may not open, or whose file system
/// cannot do it, are skipped. 0, or the errno value of the failure.
int fsync_parents(const std::filesystem::path& folder);

} // namespace spec_kitty
