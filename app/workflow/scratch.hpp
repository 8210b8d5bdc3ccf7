// Temporary places for git: nothing of them is left in the repository.
#pragma once

#include "app/workflow/feature.hpp"
#include "util/scratch_folder.hpp"

namespace spec_kitty::workflow {

/// An object directory beside the repository's: for a command that must not write objects there.
class scratch_objects {
public:
  /// git with that directory; with the repository's own where none can be made.
  git runner(const repository& repo) {
    if (folder_.path().empty() && !folder_.make())
      return git(repo.checkout);
    return git(repo.checkout,
               {"GIT_OBJECT_DIRECTORY=" + folder_.path().string(),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + (repo.git_dir / "objects").string()});
  }

private:
  scratch_folder folder_;
};

} // namespace spec_kitty::workflow
