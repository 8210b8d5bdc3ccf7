// Which file system a folder lies on, and whether a store may lie there.
//
// LMDB shares memory and locks between processes of one machine. On a file system that other
// machines reach as well neither works, and events are lost silently; so such a place is refused,
// judged by statfs.
//
// FUSE hides what is behind it: every FUSE file system has one magic number. Its kind is then read
// from /proc/self/mountinfo (`fuse.sshfs`). Not recognised: a FUSE file system mounted without
// naming its kind, an overlay whose upper folder is remote, a local disk that is exported
// to other machines.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace spec_kitty {

/// What a file system is called, and whether other machines share it.
struct file_system {
  std::string name; ///< `nfs`, `fuse.sshfs`; `local` for any that is not shared
  bool shared = false;

  bool operator==(const file_system&) const = default;
};

/// The magic number of all FUSE file systems.
inline constexpr std::uint32_t fuse_magic = 0x65735546;

/// Judges by the number statfs gives and, for FUSE alone, by the type in mountinfo. Pure.
file_system judge_file_system(std::uint32_t magic, std::string_view mount_type);

/// The type of the mount with this device number, from the text of /proc/self/mountinfo; the last
/// such line counts. Empty when none has it. Pure.
std::string mount_type_of(std::string_view mountinfo, unsigned major, unsigned minor);

/// What the path lies on; for one that does not exist, its nearest parent that does.
result<file_system> file_system_of(const std::filesystem::path& path);

/// The path itself, or its nearest parent that exists.
std::filesystem::path nearest_existing(const std::filesystem::path& path);

/// store_unusable, with folder, file system and remedy, when the folder lies where a store cannot.
result<void> check_file_system(const std::filesystem::path& folder);

} // namespace spec_kitty
