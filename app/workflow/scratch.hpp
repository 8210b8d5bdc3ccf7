// Temporary places for git: nothing of them is left in the repository.
#pragma once

#include "app/workflow/feature.hpp"

#include <cstdlib>
#include <filesystem>

namespace spec_kitty::workflow {

/// A folder that is gone at the end of the scope.
class scratch_folder {
public:
  scratch_folder() {
    std::error_code error;
    std::string form = (std::filesystem::temp_directory_path(error) / "spec-kitty-XXXXXX").string();
    if (::mkdtemp(form.data()) != nullptr)
      path_ = form;
  }
  ~scratch_folder() {
    std::error_code error;
    if (!path_.empty())
      std::filesystem::remove_all(path_, error);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  result<void> check() const {
    if (!path_.empty())
      return {};
    return failure{ec::work_failed, "cannot create a temporary folder",
                   "check TMPDIR and the free space there"};
  }

private:
  std::filesystem::path path_;
};

/// An object directory beside the repository's: for a command that must not write objects there.
class scratch_objects {
public:
  git runner(const repository& repo) const {
    if (!folder_.check())
      return git(repo.checkout);
    return git(repo.checkout,
               {"GIT_OBJECT_DIRECTORY=" + folder_.path().string(),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + (repo.git_dir / "objects").string()});
  }

private:
  scratch_folder folder_;
};

} // namespace spec_kitty::workflow
