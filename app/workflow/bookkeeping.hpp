// The bookkeeping of features in commits: lanes, boxes, dependencies and logs belong to the target
// branch. What a work package's branch changes in them is left out of a merge, and named.
//
//   kitty-specs/<slug>/meta.json, tasks.md, status.events.jsonl, tasks/WPnn*.md
#pragma once

#include "app/workflow/activity_log.hpp"
#include "app/workflow/feature.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// True for a path below the checkout that holds bookkeeping.
bool is_bookkeeping(std::string_view path);

/// A file in a tree of git; nothing: it is not there.
struct tree_file {
  std::string mode; ///< `100644`
  std::string blob;
};
using tree_files = std::map<std::string, std::optional<tree_file>>; ///< by path in the repository

/// A tree with some files replaced or removed; nothing in a working tree changes.
result<std::string> with_files(const git& runner, const std::string& tree, const tree_files& files);

/// The work package's branch as it is merged.
struct merge_side {
  std::string commit;                ///< the tip, with the bookkeeping as `target` has it
  std::vector<std::string> left_out; ///< paths that the branch changes otherwise
  std::vector<log_entry> log;        ///< entries of its own activity log
};

/// Prepares the merge of the commit `tip`, the branch of `wp`, into the commit `target`.
result<merge_side> merge_side_of(const git& runner, const feature& feature_ref,
                                 const std::string& wp, const std::string& tip,
                                 const std::string& target);

/// New bytes of a file of the checkout, for a commit that is made without a working tree.
struct edited_file {
  std::filesystem::path path;
  std::string bytes;
};

/// A commit on top of `parent` with these files. Files that `parent` does not have are left
/// out: git ignores them.
result<std::string> commit_files(const git& runner, const std::string& parent,
                                 const std::vector<edited_file>& files, const git::words& message);

/// `git commit-tree`, signed where the user signs commits.
result<std::string> commit_tree(const git& runner, const std::string& tree,
                                const std::vector<std::string>& parents, const git::words& message);

} // namespace spec_kitty::workflow
