#include "app/workflow/merge_lanes.hpp"

#include "app/workflow/bookkeeping.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace {

bool is_moving(const merge_state& state, const std::string& wp) {
  return std::find(state.moving.begin(), state.moving.end(), wp) != state.moving.end();
}

result<void> move_to_review(work_package& package, const merge_state& state,
                            const std::string& at) {
  if (auto set = package.file.set_scalar("lane", "for_review"); !set)
    return set;
  package.file.set_body(with_log_entry(
      package.file.body(), {at, "user", {}, "for_review", "Merged into " + state.target},
      line_ending_of(package.file.text())));
  return {};
}

/// The entries of the branch's own log that the target's does not have, behind them.
void join_log(work_package& package, const std::vector<log_entry>& entries) {
  const auto known = log_entries(package.file.body());
  for (const auto& entry : entries)
    if (std::find(known.begin(), known.end(), entry) == known.end())
      package.file.set_body(
          with_log_entry(package.file.body(), entry, line_ending_of(package.file.text())));
}

/// The trailer is for work packages that no other commit of the chain names.
git::words lanes_message(const feature& feature_ref, const merge_state& state,
                         const merge_chain& chain) {
  const std::string what = state.moving.empty()
                               ? "chore: Join activity logs"
                               : "chore: Move " + joined(state.moving) + " to for_review";
  git::words message = {"-m", what + " on spec " + feature_ref.label()};
  std::vector<std::string> trailers;
  for (const auto& branch : chain.branches)
    if (branch.was_in && is_moving(state, branch.wp_id))
      trailers.push_back(trailer_of(branch.wp_id, branch.tip));
  if (!trailers.empty())
    message.insert(message.end(), {"-m", joined(trailers, "\n")});
  return message;
}

} // namespace

result<merge_chain> make_chain(const git& runner, const feature& feature_ref, merge_state& state,
                               std::vector<work_package>& packages, const std::string& at) {
  auto chain = make_commits(runner, feature_ref, state, packages);
  if (!chain)
    return chain;
  state.tips.clear();
  state.moving.clear();
  for (const auto& branch : chain->branches)
    state.tips.push_back(branch.tip);
  for (const auto& package : packages)
    if (package.lane() == "doing" &&
        std::find(state.order.begin(), state.order.end(), package.id) != state.order.end())
      state.moving.push_back(package.id);
  if (!chain->conflicts.empty())
    return chain;
  std::vector<edited_file> files;
  for (auto& package : packages) {
    const auto before = package.file.text();
    if (const auto log = chain->logs.find(package.id); log != chain->logs.end())
      join_log(package, log->second);
    if (is_moving(state, package.id))
      if (auto moved = move_to_review(package, state, at); !moved)
        return moved.error();
    if (package.file.text() != before)
      files.push_back({package.path, package.file.text()});
  }
  auto tip = commit_files(runner, chain->tip, files, lanes_message(feature_ref, state, *chain));
  if (!tip)
    return tip.error();
  chain->tip = std::move(*tip);
  return chain;
}

result<std::vector<std::string>>
write_untracked_lanes(const feature& feature_ref, const merge_state& state, const std::string& at) {
  auto packages = feature_ref.load_all();
  if (!packages)
    return packages.error();
  repo_edit change;
  std::vector<std::string> moved_ids;
  for (auto& package : *packages) {
    if (!is_moving(state, package.id) || package.lane() != "doing")
      continue;
    if (auto moved = move_to_review(package, state, at); !moved)
      return moved.error();
    change.change(package.path, package.file.text());
    moved_ids.push_back(package.id);
  }
  if (!change.empty())
    if (auto applied = change.apply(feature_ref.repo().files()); !applied)
      return applied.error();
  return moved_ids;
}

} // namespace spec_kitty::workflow
