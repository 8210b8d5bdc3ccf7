// File systems that a test mounts for itself. They end with the test's process, also when it is
// killed: they are in a mount namespace of its own.
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <filesystem>
#include <string>

namespace spec_kitty::support {

/// From now on what this process and its children mount is theirs alone. False where that is not
/// permitted.
inline bool own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// A tmpfs over an existing folder; `options` as `mount -o` takes them. False where that is not
/// permitted.
inline bool mount_tmpfs_at(const std::filesystem::path& folder, const std::string& options) {
  return own_mounts() && ::mount("none", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

} // namespace spec_kitty::support
