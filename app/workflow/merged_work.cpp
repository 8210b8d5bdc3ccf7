#include "app/workflow/merged_work.hpp"

#include "app/workflow/text_lines.hpp"
#include "messages/event.hpp"

#include <algorithm>
#include <sstream>

namespace spec_kitty::workflow {

namespace {

/// No history is read further than this many of `merge`'s commits.
constexpr const char* max_merged_commits = "--max-count=10000";

} // namespace

result<merged_work> merged_work::read(const git& runner, const feature& feature_ref,
                                      const std::string& target) {
  merged_work work(runner, feature_ref, target);
  const std::string key(merged_trailer);
  const auto listed =
      runner.run({"log", max_merged_commits, "--grep=^" + key + ": ",
                  "--format=%x1e%s%x1f%(trailers:key=" + key + ",valueonly)", target, "--"});
  if (!listed)
    return listed.error();
  std::istringstream commits(*listed);
  for (std::string commit; std::getline(commits, commit, '\x1e');) {
    const auto subject = commit.substr(0, commit.find('\x1f'));
    // The first names the slug, the commit that moves lanes its label.
    const bool ours = subject.find(" of " + feature_ref.slug()) != std::string::npos ||
                      subject.ends_with(" on spec " + feature_ref.label());
    if (subject.size() == commit.size())
      continue;
    for (const auto& line : lines_of_text(std::string_view(commit).substr(subject.size() + 1))) {
      const auto value = trimmed(line.content);
      const auto blank = value.find(' ');
      if (blank == std::string_view::npos ||
          !is_work_package_id(std::string(value.substr(0, blank))))
        continue;
      const auto tip = trimmed(value.substr(blank));
      if (tip.size() >= 40 && tip.find_first_not_of("0123456789abcdef") == std::string_view::npos)
        work.records_.push_back({std::string(value.substr(0, blank)), std::string(tip), ours});
    }
  }
  return work;
}

bool merged_work::is_ancestor(const std::string& commit, const std::string& of) const {
  return git_.run({"merge-base", "--is-ancestor", commit, of}).ok();
}

bool merged_work::holds(const std::string& tip) const {
  return std::any_of(records_.begin(), records_.end(),
                     [&](const record& each) { return each.tip == tip; }) ||
         is_ancestor(tip, target_);
}

bool merged_work::names(const std::string& wp) const {
  return std::any_of(records_.begin(), records_.end(),
                     [&](const record& each) { return each.wp_id == wp && each.of_feature; });
}

bool merged_work::is_finished(const work_package& dependency) const {
  const auto tip = git_.commit_of("refs/heads/" + feature_.branch_of(dependency.id));
  if (!tip)
    return dependency.lane() == "done" ||
           (dependency.lane() == "for_review" && names(dependency.id));
  // A branch without work of its own is in the target from its beginning.
  return holds(*tip) && (dependency.lane() == "done" || dependency.lane() == "for_review" ||
                         has_own_commit(dependency, *tip));
}

bool merged_work::has_own_commit(const work_package& package, const std::string& tip) const {
  const auto base = package.file.scalar("base_commit");
  const auto known = base.empty() ? std::nullopt : git_.commit_of(base);
  return known ? !is_ancestor(tip, *known) : !is_ancestor(tip, target_);
}

std::vector<std::string> merged_work::squashed_tips() const {
  std::vector<std::string> tips;
  for (const auto& each : records_)
    if (std::find(tips.begin(), tips.end(), each.tip) == tips.end() && git_.commit_of(each.tip) &&
        !is_ancestor(each.tip, target_))
      tips.push_back(each.tip);
  return tips;
}

std::string target_revision(const feature& feature_ref) {
  const auto& declared = feature_ref.declared_target();
  return !declared.empty() && git(feature_ref.repo().checkout).has_branch(declared)
             ? "refs/heads/" + declared
             : "HEAD";
}

} // namespace spec_kitty::workflow
