// A private folder for the time of one command, removed at its end.
#pragma once

#include "util/result.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace spec_kitty {

/// Nothing stands on the disk until make() is called.
class scratch_folder {
public:
  scratch_folder() = default;
  ~scratch_folder() { remove(); }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  /// Creates it (0700) below TMPDIR, or /tmp.
  result<void> make() {
    std::error_code error;
    const auto below = std::filesystem::temp_directory_path(error);
    std::string name = (error ? std::filesystem::path("/tmp") : below) / "spec-kitty-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      return failure{ec::work_failed,
                     "cannot create the folder " + name + ": " + std::strerror(errno),
                     "set TMPDIR to a folder you may write to"};
    path_ = name;
    return {};
  }

  void remove() {
    std::error_code ignored;
    if (!path_.empty())
      std::filesystem::remove_all(path_, ignored);
    path_.clear();
  }

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace spec_kitty
