#include "app/chaos/workpackages/work_trials.hpp"

#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

/// A standing feature for commands that can be repeated: each time the other way round.
std::string standing_feature(work_site& site, const std::string& name, bool ignored) {
  const std::string ending = "-" + name;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(site.checkout() / "kitty-specs", error))
    if (const auto slug = entry.path().filename().string(); slug.ends_with(ending))
      return slug;
  return site.make_feature({name, {"planned", "planned"}, false, false, ignored});
}

std::string value_now(work_site& site, const std::string& slug, const std::string& file,
                      const std::string& subject) {
  const std::string path = "kitty-specs/" + slug + "/" + file;
  const auto shown = work_shown_by(path, support::read_text(site.checkout() / path));
  const auto found = shown.find(slug + " " + subject);
  return found == shown.end() ? std::string() : found->second;
}

work_trial move_trial(work_site& site, const std::string& slug) {
  const auto lane = value_now(site, slug, "tasks/WP02-part.md", "WP02 lane");
  return {slug,
          {"agent", "tasks", "move-task", "WP02", "--to", lane == "planned" ? "doing" : "planned",
           "--force", "--feature", slug}};
}

work_trial move_task(work_site& site) {
  return move_trial(site, standing_feature(site, "standing", false));
}

work_trial move_ignored(work_site& site) {
  return move_trial(site, standing_feature(site, "ignored", true));
}

work_trial mark_status(work_site& site) {
  const auto slug = standing_feature(site, "standing", false);
  const auto box = value_now(site, slug, "tasks.md", "T011 box");
  return {slug,
          {"agent", "tasks", "mark-status", "T011", "T012", "--status",
           box == "done" ? "pending" : "done", "--feature", slug}};
}

work_trial add_history(work_site& site) {
  const auto slug = standing_feature(site, "standing", false);
  const auto text = support::read_text(site.feature_folder(slug) / "tasks/WP01-part.md");
  const auto note = "trial-" + std::to_string(support::lines_of(text).size());
  return {slug, {"agent", "tasks", "add-history", "WP01", "--note", note, "--feature", slug}};
}

work_trial implement(work_site& site) {
  const auto slug = site.make_feature({"implement", {"planned"}});
  return {slug, {"implement", "WP01", "--feature", slug}};
}

work_trial accept(work_site& site) {
  const auto slug = site.make_feature({"accept", {"for_review", "for_review"}, true});
  return {slug, {"accept", "--feature", slug}};
}

work_trial merge(work_site& site) {
  const auto slug = site.make_feature({"merge", {"planned", "planned"}, true});
  for (const char* wp : {"WP01", "WP02"}) {
    if (site.place().run("home", {"implement", wp, "--feature", slug}).status != 0)
      throw std::runtime_error("`implement` without a fault failed");
    const auto tree = site.worktree(slug, wp);
    support::write_text(tree / (slug + "-" + wp + ".txt"), "work\n");
    site.git({"add", "-A"}, tree);
    site.git({"commit", "--quiet", "-m", "work"}, tree);
  }
  return {slug, {"merge", "--feature", slug}};
}

work_trial orchestrate(work_site& site) {
  const auto slug = site.make_feature({"run", {"planned", "planned"}});
  for (const auto& home : work_site::homes()) // the same programs each time: approved the first
    site.place().run(home, {"orchestrate", "--trust", "--feature", slug});
  return {slug, {"orchestrate", "--feature", slug}, true};
}

work_trial finalize_tasks(work_site& site) {
  const auto slug = site.make_feature({"plan", {"planned", "planned", "planned"}, false, true});
  return {slug, {"agent", "feature", "finalize-tasks", "--feature", slug}, true};
}

void promise_nothing(work_site&, const std::string&) {}

void promise_completion(work_site& site, const std::string& slug) {
  site.promise(slug + " complete");
}

void promise_announcement(work_site& site, const std::string& slug) {
  site.promise(slug + " created");
  for (const char* wp : {"WP01", "WP02", "WP03"})
    site.promise(slug + " " + wp + " created");
}

std::string name_of(const words& arguments) {
  std::string name;
  for (const auto& word : arguments)
    name += (name.empty() ? "" : " ") + word;
  return "`" + name + "`";
}

} // namespace

std::span<const trial_command> trial_commands() {
  using way = change_way;
  static const std::vector<trial_command> all = {
      {"move-task", way::commit, move_task, promise_nothing, {}},
      {"mark-status", way::commit, mark_status, promise_nothing, {}},
      {"add-history", way::commit, add_history, promise_nothing, {}},
      {"implement", way::commit, implement, promise_nothing, {}},
      {"accept", way::commit, accept, promise_nothing, {}},
      {"merge", way::merge, merge, promise_nothing, {{"merge", "--resume"}}},
      {"orchestrate", way::run, orchestrate, promise_completion, {{"orchestrate", "--resume"}}},
      {"finalize-tasks", way::commit, finalize_tasks, promise_announcement, {}},
      {"move-task of an ignored file", way::files, move_ignored, promise_nothing, {}},
  };
  return all;
}

void bring_to_end(work_site& site, const trial_command& command, const work_trial& trial,
                  const std::string& home, const std::map<std::string, std::string>& env) {
  auto tries = command.otherwise;
  // An interrupted run is resumed; it begins anew only where it had not begun.
  tries.insert(command.way == change_way::run ? tries.end() : tries.begin(), trial.arguments);
  std::string refusals;
  for (auto arguments : tries) {
    if (arguments != trial.arguments)
      arguments.insert(arguments.end(), {"--feature", trial.slug});
    auto what = site.place().command(home, arguments);
    what.env.insert(env.begin(), env.end());
    const auto done = site.place().run(what);
    if (done.status == 0) {
      command.promise(site, trial.slug);
      return;
    }
    refusals += name_of(arguments) + ": " + done.err;
  }
  site.place().seen.strange.push_back(
      {name_of(trial.arguments) + " did not come to an end after an interruption: " + refusals});
}

} // namespace spec_kitty::chaos
