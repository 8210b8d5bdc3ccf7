// A file system of its own below a folder, small enough to be filled: tmpfs in a mount namespace of
// the harness.
//
// The harness itself moves into the namespace, once: what it mounts is seen by it and by all that
// it starts, by no other process, and is gone with it. Only root may do that.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

class small_disk {
public:
  /// Why this machine cannot have one; empty: it can.
  static std::string why_not();

  /// Makes the folder and mounts there. Throws std::runtime_error where that is refused.
  small_disk(std::filesystem::path folder, const std::string& options);
  ~small_disk(); ///< unmounts, even if a process still uses it
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// Takes every byte that is left; true when there was not one more.
  bool fill();
  /// Takes every inode that is left; true when there was not one more.
  bool fill_inodes();
  /// Gives back what was taken.
  void free();
  /// False where that is refused: a process has a file open for writing.
  bool make_read_only(bool read_only);

private:
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> taken_;
};

} // namespace spec_kitty::chaos
