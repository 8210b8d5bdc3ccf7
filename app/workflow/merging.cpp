#include "app/workflow/merging.hpp"

#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/files.hpp"

#include <unistd.h>

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

fs::path state_file(const repository& repo) {
  return repo.git_dir / "spec-kitty-merge.json";
}

/// A person resolves a conflict in the worktree of the work package.
failure conflict(const feature& feature_ref, const merge_state& state, const std::string& wp,
                 const std::vector<std::string>& files) {
  const auto tree = feature_ref.worktree_of(wp);
  std::error_code error;
  const std::string enter = fs::exists(tree, error) ? ""
                                                    : "git worktree add " + tree.string() + " " +
                                                          feature_ref.branch_of(wp) + " && ";
  return {ec::bad_input,
          wp + " conflicts with " + state.target + " or a branch merged before it, in " +
              joined(files),
          "resolve it on its branch: " + enter + "git -C " + tree.string() + " merge " +
              state.target + "; then: " + feature_ref.command("merge --resume") +
              "; or undo the merge: " + feature_ref.command("merge --abort")};
}

std::string message_for(const feature& feature_ref, const merge_state& state,
                        const std::vector<work_package>& packages, const std::string& wp) {
  const auto found = std::find_if(packages.begin(), packages.end(),
                                  [&](const work_package& each) { return each.id == wp; });
  return "Merge " + wp + " of " + feature_ref.slug() +
         (state.strategy == "squash" ? " (squashed)" : "") +
         (found == packages.end() ? "" : ": " + as_one_line(found->title()));
}

} // namespace

result<std::string> merge_target(const feature& feature_ref,
                                 const std::optional<std::string>& named) {
  const git git_here(feature_ref.repo().checkout);
  const std::string here = feature_ref.repo().checkout.string();
  const std::string current = git_here.current_branch();
  const std::string target = named ? *named
                             : feature_ref.declared_target().empty()
                                 ? current
                                 : feature_ref.declared_target();
  if (target.empty())
    return failure{ec::bad_input, here + " has no branch checked out",
                   "give the branch to merge into: " +
                       feature_ref.command("merge --target BRANCH")};
  if (!git_here.has_branch(target))
    return failure{ec::not_found, "the target branch " + target + " does not exist",
                   "create it: git -C " + here + " switch -c " + target +
                       ", or give another with --target"};
  if (current == target)
    return target;
  return target_not_here(feature_ref, target);
}

result<void> preflight(const feature& feature_ref, const std::vector<std::string>& wps) {
  const auto check = [](const fs::path& tree, const std::string& what,
                        bool untracked) -> result<void> {
    const git git_there(tree);
    if (git_there.commit_of("MERGE_HEAD"))
      return failure{ec::bad_input, what + " is in the middle of a merge: " + tree.string(),
                     "finish it: git -C " + tree.string() + " merge --continue"};
    const auto changed = git_there.changed_paths(untracked);
    if (!changed)
      return changed.error();
    if (!changed->empty())
      return failure{ec::bad_input,
                     what + " has uncommitted changes in " + tree.string() + ": " +
                         joined(*changed),
                     "commit or stash them: git -C " + tree.string() + " stash" +
                         (untracked ? " --include-untracked" : "")};
    return {};
  };
  if (auto clean = check(feature_ref.repo().checkout, "the primary checkout", false); !clean)
    return clean;
  std::error_code error;
  for (const auto& wp : wps)
    if (fs::exists(feature_ref.worktree_of(wp) / ".git", error))
      if (auto clean = check(feature_ref.worktree_of(wp), wp, true); !clean)
        return clean;
  return {};
}

result<merge_chain> make_commits(const git& runner, const feature& feature_ref,
                                 const merge_state& state,
                                 const std::vector<work_package>& packages) {
  merge_chain chain{state.from, {}};
  const auto signing = runner.run({"config", "--type=bool", "commit.gpgSign"});
  for (const auto& wp : state.order) {
    const auto branch = runner.commit_of("refs/heads/" + feature_ref.branch_of(wp));
    if (!branch)
      return failure{ec::not_found,
                     wp + " has no branch " + feature_ref.branch_of(wp) + " any more",
                     "undo the merge: " + feature_ref.command("merge --abort")};
    if (runner.run({"merge-base", "--is-ancestor", *branch, chain.tip})) {
      chain.branches.push_back({wp, true});
      continue;
    }
    const git::words merge = {"merge-tree",    "--write-tree", "--name-only",
                              "--no-messages", chain.tip,      *branch};
    const auto merged = runner.attempt(merge);
    if (!merged)
      return merged.error();
    const auto lines = lines_of_text(merged->out);
    if (merged->status > 1 || merged->status < 0 || lines.empty())
      return git_failure(merge, *merged);
    if (merged->status == 1) {
      std::vector<std::string> files;
      for (std::size_t at = 1; at < lines.size(); ++at)
        if (!lines[at].content.empty())
          files.emplace_back(as_utf8(lines[at].content));
      return conflict(feature_ref, state, wp, files);
    }
    git::words commit = {"commit-tree", std::string(lines.front().content), "-p", chain.tip};
    if (state.strategy != "squash")
      commit.insert(commit.end(), {"-p", *branch});
    if (signing && *signing == "true")
      commit.emplace_back("-S");
    commit.insert(commit.end(), {"-m", message_for(feature_ref, state, packages, wp)});
    const auto made = runner.run(commit);
    if (!made)
      return made.error();
    chain.tip = *made;
    chain.branches.push_back({wp, false});
  }
  return chain;
}

result<void> move_target(const feature& feature_ref, const merge_state& state) {
  const git git_here(feature_ref.repo().checkout);
  const auto head = git_here.commit_of("HEAD");
  if (head && git_here.run({"merge-base", "--is-ancestor", state.to, *head}))
    return {};
  const auto moved = git_here.run({"merge", "--quiet", "--ff-only", "--no-stat", state.to});
  return moved ? result<void>{} : moved.error();
}

result<void> take_back(const feature& feature_ref, const merge_state& state) {
  const git git_here(feature_ref.repo().checkout);
  const auto head = git_here.commit_of("HEAD");
  if (!head || *head == state.from || state.to.empty())
    return {};
  const bool ours = git_here.current_branch() == state.target &&
                    (*head == state.to || git_here.commit_of("HEAD^") == state.to);
  if (!ours)
    return failure{ec::bad_input,
                   "the target " + state.target + " has changed since the merge began",
                   "finish it: " + feature_ref.command("merge --resume")};
  const auto back = git_here.run({"reset", "--quiet", "--keep", state.from});
  return back ? result<void>{} : back.error();
}

result<void> finish_merge(const feature& feature_ref, const merge_state& state,
                          std::vector<std::string>& warnings) {
  const git git_here(feature_ref.repo().checkout);
  if (state.push) {
    const auto set = git_here.run({"config", "branch." + state.target + ".remote"});
    const std::string remote = set && !set->empty() ? *set : "origin";
    if (const auto pushed =
            git_here.run({"push", "--quiet", remote, state.target}, std::chrono::minutes(10));
        !pushed)
      return failure{ec::bad_input,
                     "everything is merged, but not pushed: " + pushed.error().message,
                     "fix that, then run: " + feature_ref.command("merge --resume")};
  }
  std::error_code error;
  const auto here = fs::current_path(error).string();
  for (const auto& wp : state.order) {
    const auto tree = feature_ref.worktree_of(wp);
    const bool there = fs::exists(tree, error);
    const auto real = fs::canonical(tree, error).string();
    const bool inside = there && (here + "/").starts_with(real + "/");
    if (inside && !state.keep_worktree)
      warnings.push_back(tree.string() +
                         " was kept: you are in it; remove it with: git worktree "
                         "remove " +
                         tree.string());
    if (there && (state.keep_worktree || inside))
      continue; // its branch is checked out there
    if (there)
      if (const auto gone = git_here.run({"worktree", "remove", tree.string()}); !gone) {
        warnings.push_back(tree.string() + " was kept: " + gone.error().message);
        continue;
      }
    const std::string branch = feature_ref.branch_of(wp);
    if (!state.keep_branch && git_here.has_branch(branch))
      if (const auto gone = git_here.run({"branch", "--quiet", "-D", branch}); !gone)
        warnings.push_back("the branch " + branch + " was kept: " + gone.error().message);
  }
  fs::remove(feature_ref.repo().checkout / ".worktrees", error); // where it is empty
  return {};
}

result<std::optional<merge_state>> read_merge_state(const repository& repo) {
  const auto text = read_file(state_file(repo));
  if (!text)
    return failure{ec::bad_input, text.error().message, "check the file's permissions"};
  if (!*text)
    return std::optional<merge_state>{};
  auto state = decode_merge_state(**text);
  if (!state)
    return failure{ec::bad_input, state_file(repo).string() + ": " + state.error().message,
                   "move that file away; see what is merged with git log"};
  return std::optional<merge_state>{std::move(*state)};
}

result<void> write_merge_state(const repository& repo, const merge_state& state) {
  auto written = replace_file(state_file(repo), encode(state), 0644);
  if (!written)
    return failure{ec::bad_input, written.error().message,
                   "check the permissions and the free space there"};
  return written;
}

void remove_merge_state(const repository& repo) {
  ::unlink(state_file(repo).c_str());
}

} // namespace spec_kitty::workflow
