#include "app/workflow/merge_commits.hpp"

#include "app/workflow/bookkeeping.hpp"
#include "app/workflow/merged_work.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

struct tree_merge {
  std::string tree;
  std::vector<std::string> conflicts; ///< paths
};

result<tree_merge> merge_trees(const git& runner, const std::string& ours,
                               const std::string& theirs) {
  const git::words merge = {"merge-tree",    "--write-tree", "--name-only",
                            "--no-messages", ours,           theirs};
  const auto merged = runner.attempt(merge);
  if (!merged)
    return merged.error();
  const auto lines = lines_of_text(merged->out);
  if (merged->status > 1 || merged->status < 0 || lines.empty())
    return git_failure(merge, *merged);
  tree_merge done;
  done.tree = lines.front().content;
  if (merged->status == 1)
    for (std::size_t at = 1; at < lines.size(); ++at)
      if (!lines[at].content.empty())
        done.conflicts.emplace_back(as_utf8(lines[at].content));
  return done;
}

/// One run of make_commits.
class chain_maker {
public:
  chain_maker(const git& runner, const feature& feature_ref, const merge_state& state,
              const std::vector<work_package>& packages, const merged_work& merged)
      : git_(runner), feature_(feature_ref), state_(state), packages_(packages), merged_(merged) {
    chain_.tip = state.from;
  }

  result<merge_chain> make() {
    if (auto begun = begin_history(); !begun)
      return begun.error();
    for (const auto& wp : state_.order)
      if (auto added = add(wp); !added)
        return added.error();
    return std::move(chain_);
  }

private:
  /// What git must know to see that squashed branches are in the target: their tips as parents.
  result<void> begin_history() {
    history_ = state_.from;
    const auto tips = merged_.squashed_tips();
    if (tips.empty())
      return {};
    std::vector<std::string> parents = {state_.from};
    parents.insert(parents.end(), tips.begin(), tips.end());
    const auto made =
        commit_tree(git_, state_.from + "^{tree}", parents, {"-m", "What is merged already"});
    if (!made)
      return made.error();
    history_ = *made;
    return {};
  }

  result<void> add(const std::string& wp) {
    const auto tip = git_.commit_of("refs/heads/" + feature_.branch_of(wp));
    if (!tip)
      return failure{ec::not_found, wp + " has no branch " + feature_.branch_of(wp) + " any more",
                     "run it again without it: " + feature_.command("merge")};
    if (merged_.holds(*tip)) {
      chain_.branches.push_back({wp, *tip, true});
      return {};
    }
    const auto side = merge_side_of(git_, feature_, wp, *tip, history_);
    if (!side)
      return side.error();
    const auto merged = merge_trees(git_, history_, side->commit);
    if (!merged)
      return merged.error();
    if (!merged->conflicts.empty()) {
      chain_.conflicts.push_back(conflict(wp, side->commit, merged->conflicts));
      return {};
    }
    if (auto made = commit(wp, *tip, merged->tree); !made)
      return made;
    for (const auto& path : side->left_out)
      add_left_out(wp, path);
    chain_.logs[wp] = side->log;
    chain_.branches.push_back({wp, *tip, false});
    return {};
  }

  /// `history_` keeps both parents with either strategy: a branch that was built on another one, or
  /// merged it, is then no conflict with it.
  result<void> commit(const std::string& wp, const std::string& tip, const std::string& tree) {
    const bool squash = state_.strategy == "squash";
    std::vector<std::string> parents = {chain_.tip};
    if (!squash)
      parents.push_back(tip);
    const bool same = !squash && history_ == chain_.tip;
    const auto made =
        commit_tree(git_, tree, parents, {"-m", subject_for(wp), "-m", trailer_of(wp, tip)});
    if (!made)
      return made.error();
    chain_.tip = *made;
    if (same) {
      history_ = *made;
      return {};
    }
    const auto both = commit_tree(git_, tree, {history_, tip}, {"-m", subject_for(wp)});
    if (!both)
      return both.error();
    history_ = *both;
    return {};
  }

  std::string subject_for(const std::string& wp) const {
    const auto found = std::find_if(packages_.begin(), packages_.end(),
                                    [&](const work_package& each) { return each.id == wp; });
    return "Merge " + wp + " of " + feature_.slug() +
           (state_.strategy == "squash" ? " (squashed)" : "") +
           (found == packages_.end() ? "" : ": " + as_one_line(found->title()));
  }

  void add_left_out(const std::string& wp, const std::string& path) {
    const bool known = std::any_of(left_out_.begin(), left_out_.end(),
                                   [&](const std::string& other) { return other == path; });
    if (known)
      return;
    left_out_.push_back(path);
    chain_.left_out.push_back(wp + "'s branch changes " + as_utf8(path) + "; " + state_.target +
                              " keeps its own text");
  }

  /// The branches that the work package's branch has to merge so that it fits: the target, else
  /// those merged before it that conflict with it alone, else all of them.
  std::vector<std::string> opponents(const std::string& side) const {
    const auto fits = [&](const std::string& commit) {
      const auto merged = merge_trees(git_, commit, side);
      return merged && merged->conflicts.empty();
    };
    if (!fits(state_.from))
      return {state_.target};
    std::vector<std::string> branches;
    std::vector<std::string> all;
    for (const auto& branch : chain_.branches) {
      if (branch.was_in)
        continue;
      all.push_back(feature_.branch_of(branch.wp_id));
      if (!fits(branch.tip))
        branches.push_back(all.back());
    }
    if (branches.empty())
      branches = all.empty() ? std::vector<std::string>{state_.target} : all;
    return branches;
  }

  /// A person resolves a conflict in the worktree of the work package.
  blocker conflict(const std::string& wp, const std::string& side,
                   const std::vector<std::string>& files) const {
    const auto tree = feature_.worktree_of(wp);
    const auto branches = opponents(side);
    std::error_code error;
    std::string command;
    if (!fs::exists(tree, error))
      command =
          git_command(feature_.repo().checkout, "worktree prune") + " && " +
          git_command(feature_.repo().checkout, "worktree add " + shell_word(tree.string()) + " " +
                                                    shell_word(feature_.branch_of(wp))) +
          " && ";
    for (const auto& branch : branches)
      command += (branch == branches.front() ? "" : " && ") +
                 git_command(tree, "merge " + shell_word(branch));
    return {
        wp,
        wp + " conflicts with " + joined(branches) + ", in " + joined(files) +
            "; resolve it on its branch, commit, then run: " + feature_.command("merge --resume"),
        command};
  }

  const git& git_;
  const feature& feature_;
  const merge_state& state_;
  const std::vector<work_package>& packages_;
  const merged_work& merged_;
  merge_chain chain_;
  std::string history_; ///< the tree of `chain_.tip` with all that is merged in its history
  std::vector<std::string> left_out_;
};

} // namespace

result<merge_chain> make_commits(const git& runner, const feature& feature_ref,
                                 const merge_state& state,
                                 const std::vector<work_package>& packages) {
  const auto merged = merged_work::read(runner, feature_ref, state.from);
  if (!merged)
    return merged.error();
  return chain_maker(runner, feature_ref, state, packages, *merged).make();
}

std::string trailer_of(const std::string& wp, const std::string& tip) {
  return std::string(merged_trailer) + ": " + wp + " " + tip;
}

} // namespace spec_kitty::workflow
