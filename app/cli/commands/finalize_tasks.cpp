// spec-kitty agent feature finalize-tasks: dependencies from tasks.md into the work packages'
// files, then the feature is announced.
#include "actors/queue/store.hpp"
#include "app/cli/command.hpp"
#include "app/cli/work_change.hpp"
#include "app/workflow/feature_dependencies.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/subtasks.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/project.hpp"
#include "messages/ulid.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;

/// The keys an announcement is looked up by: by the project's UUID, and by its path, which is what
/// counts before `init` gave it one.
std::vector<std::string> announcement_keys(const wf::feature& feature, const std::string& wp) {
  const auto& checkout = feature.repo().checkout;
  std::error_code error;
  const auto real = std::filesystem::canonical(checkout, error);
  const auto by_path = announcement_key((error ? checkout : real).string(), feature.slug(), wp);
  if (const auto project = read_project(checkout); project.uuid)
    return {announcement_key(*project.uuid, feature.slug(), wp), by_path};
  return {by_path};
}

/// Frontmatter with what tasks.md says; a section that names none leaves it alone.
result<void> take_dependencies(const wf::feature& feature, const wf::tasks_document& tasks,
                               std::vector<wf::work_package>& packages) {
  const auto graph = wf::dependencies_in(feature, tasks, packages);
  if (!graph)
    return graph.error();
  for (auto& package : packages) {
    const auto* section = tasks.section(package.id);
    if (section == nullptr || section->dependencies.empty())
      continue;
    if (auto set = package.file.set_list("dependencies", section->dependencies); !set)
      return set;
  }
  return {};
}

/// A line that looks like a dependency, where the work package does not have it.
void find_unread(const wf::tasks_section& section, const std::vector<std::string>& now,
                 std::vector<std::string>& found) {
  for (const auto& line : section.unread) {
    std::vector<std::string> missing;
    for (const auto& id : line.ids)
      if (std::find(now.begin(), now.end(), id) == now.end())
        missing.push_back(id);
    if (!missing.empty())
      found.push_back(
          section.wp_id + " does not depend on " + wf::joined(missing) + ": line " +
          std::to_string(line.number) +
          " of tasks.md is not read; write it as `Dependencies: " + wf::joined(missing) + "`");
  }
}

/// What finalize cannot use, or takes out: each is named, none stops it.
std::vector<std::string> findings(const wf::tasks_document& tasks,
                                  const std::vector<wf::work_package>& packages,
                                  const wf::dependency_graph& before) {
  std::vector<std::string> found;
  std::vector<std::string> lonely;
  for (const auto& package : packages) {
    const auto* section = tasks.section(package.id);
    if (section == nullptr)
      lonely.push_back(package.id);
    if (auto words = wf::boxless_words(package, wf::subtasks_of(tasks, package)); !words.empty())
      found.push_back(std::move(words));
    std::vector<std::string> gone;
    const auto now = package.dependencies();
    if (section != nullptr)
      find_unread(*section, now, found);
    for (const auto& id : before.at(package.id))
      if (std::find(now.begin(), now.end(), id) == now.end())
        gone.push_back(id);
    if (!gone.empty())
      found.push_back(package.id + " no longer depends on " + wf::joined(gone) +
                      ": tasks.md does not name " + (gone.size() == 1 ? "it" : "them"));
  }
  if (!lonely.empty())
    found.push_back("no section in tasks.md for " + wf::joined(lonely));
  if (const auto without = wf::sections_without_file(tasks, packages); !without.empty())
    found.push_back("no file in tasks/ for the sections of " + wf::joined(without));
  return found;
}

void announce(const wf::feature& feature, const std::vector<wf::work_package>& packages,
              const std::string& target, work_done& done) {
  const std::string cause = fresh_ulid(static_cast<std::uint64_t>(wall_clock_now() / 1000));
  feature_created whole;
  whole.feature_slug = feature.slug();
  if (auto number = feature.number(); !number.empty())
    whole.feature_number = std::move(number);
  whole.target_branch = target.empty() ? "HEAD" : target;
  whole.wp_count = static_cast<std::int64_t>(packages.size());
  done.events.push_back(event_of(whole));
  done.events.back().dedup_keys = announcement_keys(feature, "");
  for (const auto& package : packages) {
    done.events.push_back(
        event_of(wp_created{package.id, package.title(), feature.slug(), package.dependencies()}));
    done.events.back().dedup_keys = announcement_keys(feature, package.id);
  }
  for (auto& event : done.events)
    event.causation_id = cause;
}

result<work_done> finalize(context& ctx, const work_options& options) {
  auto opened = open_feature_for_edit(ctx, options);
  if (!opened)
    return opened.error();
  const wf::feature& feature = opened->feature;
  work_done done;
  done.lock = std::move(opened->lock);
  const auto text = feature.tasks_text();
  if (!text)
    return text.error();
  auto packages = feature.load_all();
  if (!packages)
    return packages.error();
  if (packages->empty())
    return failure{ec::not_found, "no work package in " + (feature.folder() / "tasks").string(),
                   "write one, such as tasks/WP01-first.md, then: " +
                       feature.command("agent feature finalize-tasks")};
  const auto tasks = wf::read_tasks(*text);
  const auto graph_before = wf::graph_of(*packages);
  std::vector<std::string> before;
  for (const auto& package : *packages)
    before.push_back(package.file.text());
  if (auto taken = take_dependencies(feature, tasks, *packages); !taken)
    return taken.error();

  for (const auto& words : findings(tasks, *packages, graph_before))
    ctx.out.warn(words);
  wf::repo_edit change;
  std::vector<std::string> changed;
  for (std::size_t at = 0; at < packages->size(); ++at)
    if (const auto& package = (*packages)[at]; package.file.text() != before[at]) {
      change.change(package.path, package.file.text());
      changed.push_back(package.id);
    }
  std::string target = feature.declared_target();
  if (!change.empty()) {
    // Without events: what is announced is read from disk again, and has keys of its own.
    auto words = words_for(ctx, feature, options, "agent feature finalize-tasks",
                           "chore: Finalize tasks of spec " + feature.label());
    if (!words)
      return words.error();
    if (auto made = change_files(ctx, feature.repo(), change, std::move(*words), done); !made)
      return made.error();
  }
  if (target.empty())
    target = wf::git(feature.repo().checkout).current_branch();
  announce(feature, *packages, target, done);
  done.lines = {feature.slug() + ": " + count_of(packages->size(), "work package") + ", " +
                count_of(changed.size(), "file") + " changed"};
  done.fields = [slug = feature.slug(), graph = wf::graph_of(*packages),
                 changed](json_writer& out) {
    field(out, "feature", slug);
    field(out, "work_packages", static_cast<std::uint64_t>(graph.size()));
    key(out, "dependencies");
    out.StartObject();
    for (const auto& [id, dependencies] : graph)
      payload_detail::write(out, id.c_str(), dependencies);
    out.EndObject();
    payload_detail::write(out, "changed", changed);
  };
  return done;
}

} // namespace

command_action declare_finalize_tasks(CLI::App& app) {
  auto options = std::make_shared<work_options>();
  declare_no_auto_commit(app, *options);
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return finalize(ctx, *options); });
  };
}

} // namespace spec_kitty
