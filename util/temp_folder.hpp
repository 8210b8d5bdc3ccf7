// A temporary folder that is removed together with its contents.
#pragma once

#include <filesystem>
#include <string_view>

namespace spec_kitty {

/// A new folder of its own below the system's temporary folder. The constructor throws
/// std::runtime_error where it cannot be created.
class temporary_folder {
public:
  /// Its name begins with the prefix.
  explicit temporary_folder(std::string_view prefix = "spec-kitty-test-");
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace spec_kitty
