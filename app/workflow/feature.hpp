// A feature on disk: finding it, its files, its work packages.
//
//   kitty-specs/<slug>/meta.json, tasks.md, tasks/WPnn-*.md     of the primary checkout
#pragma once

#include "app/workflow/dependency_graph.hpp"
#include "app/workflow/frontmatter.hpp"
#include "app/workflow/git.hpp"
#include "app/workflow/tasks_md.hpp"
#include "util/rooted_files.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// The repository of the current folder. What lies in it is read and written through rooted files
/// alone.
struct repository {
  std::filesystem::path checkout;  ///< the project's root in the primary one
  std::filesystem::path top;       ///< of the primary checkout
  std::filesystem::path git_dir;   ///< shared by all worktrees
  std::filesystem::path subfolder; ///< of the project in the checkout; empty: its top
  std::filesystem::path elsewhere; ///< the folder of workflow.worktrees; empty: in the checkout

  /// `elsewhere`: as above.
  static result<repository> here(std::filesystem::path elsewhere = {});

  rooted_files files() const { return rooted_files(top); }
  rooted_files git_files() const { return rooted_files(git_dir); }
  /// The files that the worktrees are among.
  rooted_files worktree_files() const { return rooted_files(elsewhere.empty() ? top : elsewhere); }
  /// The folder that holds the worktrees: `.worktrees`, or one of this checkout's own elsewhere.
  std::filesystem::path worktree_folder() const;
};

/// One work package's file.
struct work_package {
  std::string id;
  std::filesystem::path path; ///< below the checkout
  frontmatter_file file;

  /// What status.events.jsonl says, where the feature has one (event_lanes.hpp).
  std::optional<std::string> event_state = std::nullopt;

  std::string lane() const;  ///< `planned` if neither names one
  std::string title() const; ///< `title`, else `work_package_title`, else the file's name
  std::vector<std::string> dependencies() const;
};

/// The work packages that can be read, and why the others cannot.
struct package_reading {
  std::vector<work_package> packages; ///< in order of their ids
  std::vector<failure> problems;      ///< each names a file
};

/// What a feature is looked for.
enum class feature_use : std::uint8_t {
  edit, ///< its meta.json must be readable
  look  ///< a bad meta.json is a problem like a bad work package
};

class feature {
public:
  /// `--feature` (or the beginning of one name alone), else SPECIFY_FEATURE, else branch or folder
  /// name, else the only one.
  static result<feature> find(const repository& repo, const std::optional<std::string>& named,
                              feature_use use = feature_use::edit);

  const std::string& slug() const { return slug_; }
  const std::filesystem::path& folder() const { return folder_; }
  const repository& repo() const { return repo_; }
  /// The three to six digits in front of the slug, else meta.json's `feature_number` or
  /// `mission_number`, with at least three digits; may be empty.
  std::string number() const;
  /// For the subjects of commits: its number, else its slug.
  std::string label() const { return number().empty() ? slug_ : number(); }
  /// meta.json's `target_branch`; empty if it has none.
  const std::string& declared_target() const { return target_; }

  /// True where the lanes are not in the work packages' files (event_lanes.hpp).
  bool has_event_states() const { return event_states_.has_value(); }

  std::filesystem::path tasks_path() const { return folder_ / "tasks.md"; }
  std::filesystem::path meta_path() const { return folder_ / "meta.json"; }
  /// `<slug>-WPnn` in the folder of the worktrees.
  std::filesystem::path worktree_of(const std::string& wp) const;
  /// Whether that worktree exists. A failure for a symbolic link on the way, and for a worktree of
  /// another repository.
  result<bool> has_worktree(const std::string& wp) const;
  std::string branch_of(const std::string& wp) const { return slug_ + "-" + wp; }

  /// Reads one work package; not_found lists the existing ones. Its lane is one of the four. Two
  /// files of its id are a failure.
  result<work_package> load(const std::string& wp) const;
  /// All of them; a failure names every file that cannot be read.
  result<std::vector<work_package>> load_all() const;
  /// Those that can be read. One bad file does not hide the others, but a link is refused.
  result<package_reading> read_all() const;

  /// The text of tasks.md; not_found if it does not exist.
  result<std::string> tasks_text() const;
  /// A command line for this feature.
  std::string command(const std::string& words) const;

private:
  feature(repository repo, std::string slug);
  result<void> read_meta();
  /// Each with its id, in order.
  result<std::vector<std::pair<std::string, std::filesystem::path>>> package_files() const;
  result<work_package> load_file(const std::string& wp, const std::filesystem::path& path) const;

  repository repo_;
  std::string slug_;
  std::filesystem::path folder_;
  std::string number_;
  std::string target_;
  std::optional<std::map<std::string, std::string>> event_states_;
  std::optional<failure> meta_problem_; ///< of feature_use::look
};

dependency_graph graph_of(const std::vector<work_package>& packages);

} // namespace spec_kitty::workflow
