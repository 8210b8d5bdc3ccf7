// Which work a branch holds already: by its history, or by the trailers of `merge`'s commits.
//
//   Spec-Kitty-Merged: WP01 <the tip of its branch>
#pragma once

#include "app/workflow/feature.hpp"

#include <string>
#include <vector>

namespace spec_kitty::workflow {

inline constexpr std::string_view merged_trailer = "Spec-Kitty-Merged";

class merged_work {
public:
  /// Reads the trailers in the history of the commit `target`.
  static result<merged_work> read(const git& runner, const feature& feature_ref,
                                  const std::string& target);

  /// The target contains this commit, or a trailer names it.
  bool holds(const std::string& tip) const;
  /// A trailer names this work package of the feature.
  bool names(const std::string& wp) const;
  /// A dependency is finished when the target holds its branch. Without a branch it is when it is
  /// done, or when a trailer names it.
  bool is_finished(const work_package& dependency) const;
  /// The work package's branch has a commit beyond the point where it began.
  bool has_own_commit(const work_package& package, const std::string& tip) const;
  /// The tips in all trailers that the target does not contain.
  std::vector<std::string> squashed_tips() const;

private:
  struct record {
    std::string wp_id;
    std::string tip;
    bool of_feature = false;
  };
  merged_work(git runner, const feature& feature_ref, std::string target)
      : git_(std::move(runner)), feature_(feature_ref), target_(std::move(target)) {}
  bool is_ancestor(const std::string& commit, const std::string& of) const;

  git git_;
  const feature& feature_;
  std::string target_;
  std::vector<record> records_;
};

/// The target of a feature as a revision: its declared branch, else what is checked out.
std::string target_revision(const feature& feature_ref);

} // namespace spec_kitty::workflow
