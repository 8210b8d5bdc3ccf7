// spec-kitty agent tasks mark-status | add-history: what happened within a work package.
#include "app/cli/command.hpp"
#include "app/cli/work_command.hpp"
#include "app/workflow/activity_log.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;

struct mark_options : work_options {
  std::vector<std::string> subtasks;
  std::string status;
};

struct history_options : work_options {
  std::string note;
  std::optional<std::string> agent;
};

work_event history_event(const std::string& wp, const std::string& content,
                         const std::string& author) {
  return event_of(history_added{wp, "note", content, author});
}

/// The branch to commit to, with its warning said.
result<void> check_target(context& ctx, const wf::feature& feature) {
  const auto target = wf::target_for_commit(feature);
  if (!target)
    return target.error();
  if (!target->warning.empty())
    ctx.out.warn(target->warning);
  return {};
}

/// Who owns a subtask that stands in no section: the work package whose frontmatter lists it.
result<std::string> owner_of(const wf::feature& feature, const std::string& subtask) {
  const auto all = feature.load_all();
  if (!all)
    return all.error();
  for (const auto& package : *all) {
    const auto listed = package.file.list("subtasks").value_or(std::vector<std::string>{});
    if (std::find(listed.begin(), listed.end(), subtask) != listed.end())
      return package.id;
  }
  return failure{ec::not_found, "the subtask " + subtask + " belongs to no work package",
                 "move its line into a work package's section of " + feature.tasks_path().string()};
}

result<work_done> mark(context& ctx, const mark_options& options) {
  const auto repo = wf::repository::here();
  if (!repo)
    return repo.error();
  const auto feature = wf::feature::find(*repo, options.feature);
  if (!feature)
    return feature.error();
  if (options.status != "done" && options.status != "pending")
    return failure{ec::bad_input, excerpt(options.status) + " is no status of a subtask",
                   "give --status done or --status pending"};
  work_done done;
  auto lock = wf::lock_edits(*repo);
  if (!lock)
    return lock.error();
  done.lock = std::move(*lock);
  auto text = feature->tasks_text();
  if (!text)
    return text.error();
  const auto tasks = wf::read_tasks(*text);
  const bool checked = options.status == "done";
  std::vector<std::size_t> boxes;
  std::vector<std::string> changed;
  std::vector<std::string> unknown;
  for (const auto& id : options.subtasks) {
    bool found = false;
    bool changes = false;
    std::string owner;
    for (const auto& box : tasks.subtasks) {
      if (box.id != id)
        continue;
      found = true;
      if (owner.empty())
        owner = box.wp_id;
      if (box.done != checked) {
        boxes.push_back(box.box);
        changes = true;
      }
    }
    if (!found)
      unknown.push_back(excerpt(id));
    if (!changes || std::find(changed.begin(), changed.end(), id) != changed.end())
      continue;
    if (owner.empty()) {
      auto from_files = owner_of(*feature, id);
      if (!from_files)
        return from_files.error();
      owner = std::move(*from_files);
    }
    changed.push_back(id);
    done.events.push_back(
        history_event(owner, "Subtask " + id + " marked " + options.status, "user"));
  }
  if (!unknown.empty())
    return failure{ec::not_found,
                   "no check box of " + wf::joined(unknown) + " in " +
                       feature->tasks_path().string(),
                   "see the subtasks: " + feature->command("agent tasks list-tasks")};
  if (!boxes.empty()) {
    if (auto target = check_target(ctx, *feature); !target)
      return target.error();
    wf::repo_edit change(*repo);
    change.change(feature->tasks_path(), wf::with_boxes(std::move(*text), boxes, checked));
    if (auto applied = change.apply("chore: Mark " + wf::joined(changed) + " as " + options.status +
                                    " on spec " + feature->number());
        !applied)
      return applied.error();
  }
  done.lines = {changed.empty() ? wf::joined(options.subtasks) + ": " + options.status + " already"
                                : wf::joined(changed) + ": " + options.status};
  done.fields = [changed, slug = feature->slug(), status = options.status](json_writer& out) {
    field(out, "feature", slug);
    field(out, "status", status);
    key(out, "changed");
    out.StartArray();
    for (const auto& id : changed)
      put(out, id);
    out.EndArray();
  };
  return done;
}

result<work_done> add_history(context& ctx, const history_options& options) {
  const auto repo = wf::repository::here();
  if (!repo)
    return repo.error();
  const auto feature = wf::feature::find(*repo, options.feature);
  if (!feature)
    return feature.error();
  const auto note = one_line("--note", options.note);
  if (!note)
    return note.error();
  const auto agent = one_line("--agent", options.agent.value_or("user"));
  if (!agent)
    return agent.error();
  work_done done;
  auto lock = wf::lock_edits(*repo);
  if (!lock)
    return lock.error();
  done.lock = std::move(*lock);
  auto package = feature->load(options.wp);
  if (!package)
    return package.error();
  if (auto target = check_target(ctx, *feature); !target)
    return target.error();
  const wf::log_entry entry{utc_now(), *agent, {}, package->lane(), *note};
  package->file.set_body(
      wf::with_log_entry(package->file.body(), entry, wf::line_ending_of(package->file.text())));
  wf::repo_edit change(*repo);
  change.change(package->path, package->file.text());
  if (auto applied = change.apply("chore: Add history to " + package->id + " on spec " +
                                  feature->number() + " [" + *agent + "]");
      !applied)
    return applied.error();
  done.events.push_back(history_event(package->id, *note, *agent));
  done.lines = {package->id + ": noted"};
  done.fields = [entry, slug = feature->slug(), wp = package->id](json_writer& out) {
    field(out, "feature", slug);
    field(out, "wp_id", wp);
    field(out, "entry", wf::log_line(entry));
  };
  return done;
}

} // namespace

command_action declare_mark_status(CLI::App& app) {
  auto options = std::make_shared<mark_options>();
  app.add_option("subtasks", options->subtasks, "Subtasks")->type_name("Tnnn")->required();
  app.add_option("--status", options->status, "done or pending")->type_name("S")->required();
  declare_feature(app, *options);
  return [options](context& ctx) { return run_work(ctx, {}, [&] { return mark(ctx, *options); }); };
}

command_action declare_add_history(CLI::App& app) {
  auto options = std::make_shared<history_options>();
  app.add_option("wp", options->wp, "Work package")->type_name("WPnn")->required();
  app.add_option("--note", options->note, "What happened")->type_name("T")->required();
  app.add_option("--agent", options->agent, "Who says so")->type_name("A");
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, options->wp, [&] { return add_history(ctx, *options); });
  };
}

} // namespace spec_kitty
