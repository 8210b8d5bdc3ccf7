// spec-kitty agent tasks mark-status | add-history: what happened within a work package.
#include "app/cli/command.hpp"
#include "app/cli/work_change.hpp"
#include "app/workflow/activity_log.hpp"
#include "app/workflow/intents/evidence.hpp"
#include "app/workflow/intents/shown.hpp"
#include "app/workflow/intents/uncommitted.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/subtasks.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/closest.hpp"
#include "util/text.hpp"

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

work_event history_event(const wf::feature& feature, const std::string& wp,
                         const std::string& content, const std::string& author) {
  return in_feature(feature, event_of(history_added{wp, "note", content, author}));
}

/// The owner of a subtask outside all sections: the work package that lists it.
result<std::string> owner_of(const wf::feature& feature, const wf::tasks_document& tasks,
                             const std::string& subtask) {
  const auto all = feature.load_all();
  if (!all)
    return all.error();
  for (const auto& package : *all) {
    const auto listed = wf::listed_subtasks(tasks, package);
    if (std::find(listed.begin(), listed.end(), subtask) != listed.end())
      return package.id;
  }
  return failure{ec::not_found, "the subtask " + subtask + " does not belong to a work package",
                 "move its line into a work package's section of " + feature.tasks_path().string()};
}

/// What `mark-status` changes in tasks.md.
struct mark_plan {
  std::vector<std::size_t> boxes;       ///< check boxes to set or to clear
  std::vector<std::string> changed;     ///< the subtasks of these boxes
  std::vector<std::string> as_they_are; ///< those whose boxes need no change
  std::vector<work_event> events;
};

/// The event of a subtask, whose section names `owner`; empty: a list does.
result<bool> add_mark(const wf::feature& feature, const wf::tasks_document& tasks,
                      const std::string& id, std::string owner, const std::string& status,
                      mark_plan& plan) {
  if (owner.empty()) {
    auto listed_in = owner_of(feature, tasks, id);
    if (!listed_in)
      return listed_in.error();
    owner = std::move(*listed_in);
  }
  plan.changed.push_back(id);
  plan.events.push_back(
      shown_by(history_event(feature, owner, "Subtask " + id + " marked " + status, "user"),
               feature.tasks_path(), {"box", id, status}));
  return true;
}

/// The subtask's boxes that `plan` has to change, added to it. False where tasks.md has no box of
/// this subtask.
result<bool> plan_subtask(const wf::feature& feature, const wf::tasks_document& tasks,
                          const std::string& id, const std::string& status, mark_plan& plan) {
  bool found = false;
  bool changes = false;
  std::string owner;
  for (const auto& box : tasks.subtasks) {
    if (box.id != id)
      continue;
    found = true;
    if (owner.empty())
      owner = box.wp_id;
    if (box.done != (status == "done")) {
      plan.boxes.push_back(box.box);
      changes = true;
    }
  }
  if (found && !changes)
    plan.as_they_are.push_back(id);
  if (!changes || std::find(plan.changed.begin(), plan.changed.end(), id) != plan.changed.end())
    return found;
  return add_mark(feature, tasks, id, owner, status, plan);
}

/// What a single unknown subtask most likely means: `T1` is T001.
std::optional<std::string> subtask_meant(const std::vector<std::string>& unknown,
                                         const std::vector<std::string>& known) {
  if (unknown.size() != 1)
    return std::nullopt;
  std::string_view digits = unknown.front();
  if (digits.starts_with('T') || digits.starts_with('t'))
    digits.remove_prefix(1);
  if (const auto number = whole_number<unsigned>(digits))
    for (const auto& id : known)
      if (whole_number<unsigned>(std::string_view(id).substr(1)) == number)
        return id;
  return closest(unknown.front(), known);
}

result<mark_plan> plan_marks(const wf::feature& feature, const std::string& tasks_text,
                             const mark_options& options) {
  const auto tasks = wf::read_tasks(tasks_text);
  mark_plan plan;
  std::vector<std::string> unknown;
  std::vector<std::string> known;
  for (const auto& box : tasks.subtasks)
    known.push_back(box.id);
  for (const auto& id : options.subtasks) {
    const auto found = plan_subtask(feature, tasks, id, options.status, plan);
    if (!found)
      return found.error();
    if (!*found)
      unknown.push_back(excerpt(id));
  }
  if (!unknown.empty())
    return failure{ec::not_found,
                   "no check box of " + wf::joined(unknown) + " in " +
                       feature.tasks_path().string() + did_you_mean(subtask_meant(unknown, known)),
                   "list the subtasks: " + feature.command("agent tasks list-tasks")};
  return plan;
}

/// Subtasks whose boxes are as wanted in the file but not in the branch, and were not recorded:
/// they are committed and recorded with the others.
result<void> add_uncommitted(const wf::feature& feature, const std::string& branch,
                             const std::string& text, const std::string& status, mark_plan& plan) {
  if (plan.as_they_are.empty() || branch.empty())
    return {};
  const auto& repo = feature.repo();
  const auto committed = wf::text_at(wf::git(repo.checkout), "refs/heads/" + branch,
                                     wf::path_in_checkout(repo, feature.tasks_path()));
  if (!committed || *committed == text)
    return {};
  for (const auto& id : plan.as_they_are) {
    const wf::shown_value wanted{"box", id, status};
    if (wf::shows(*committed, wanted) ||
        wf::was_recorded_uncommitted(repo, feature.tasks_path(), wanted))
      continue;
    const auto tasks = wf::read_tasks(text);
    const auto& boxes = tasks.subtasks;
    const auto box =
        std::find_if(boxes.begin(), boxes.end(), [&](const auto& each) { return each.id == id; });
    if (auto added = add_mark(feature, tasks, id, box->wp_id, status, plan); !added)
      return added.error();
  }
  return {};
}

result<work_done> mark(context& ctx, const mark_options& options) {
  auto opened = open_feature_for_edit(ctx, options, [&]() -> result<void> {
    if (options.status != "done" && options.status != "pending")
      return failure{ec::bad_input, excerpt(options.status) + " is not a status of a subtask",
                     "give --status done or --status pending"};
    return {};
  });
  if (!opened)
    return opened.error();
  const wf::feature& feature = opened->feature;
  work_done done;
  done.lock = std::move(opened->lock);
  auto text = feature.tasks_text();
  if (!text)
    return text.error();
  auto plan = plan_marks(feature, *text, options);
  if (!plan)
    return plan.error();
  auto words = words_for(ctx, feature, options,
                         "agent tasks mark-status " + wf::joined(options.subtasks, " ") +
                             " --status " + options.status,
                         "chore: Mark " + wf::joined(plan->changed) + " as " + options.status +
                             " on spec " + feature.label());
  if (words) {
    if (auto added = add_uncommitted(feature, words->branch, *text, options.status, *plan); !added)
      return added.error();
  } else if (!plan->boxes.empty()) {
    return words.error();
  }
  if (!plan->changed.empty()) {
    if (words->subject)
      words->subject = "chore: Mark " + wf::joined(plan->changed) + " as " + options.status +
                       " on spec " + feature.label();
    wf::repo_edit change;
    change.change(feature.tasks_path(),
                  wf::with_boxes(std::move(*text), plan->boxes, options.status == "done"));
    done.events = std::move(plan->events);
    if (auto made = change_files(ctx, feature.repo(), change, std::move(*words), done); !made)
      return made.error();
  }
  done.lines = {plan->changed.empty()
                    ? wf::joined(options.subtasks) + ": " + options.status + " already"
                    : wf::joined(plan->changed) + ": " + options.status};
  done.fields = [changed = plan->changed, slug = feature.slug(),
                 status = options.status](json_writer& out) {
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
  std::string note;
  std::string agent;
  auto opened = open_feature_for_edit(ctx, options, [&]() -> result<void> {
    auto note_line = one_line("--note", options.note);
    if (!note_line)
      return note_line.error();
    auto agent_line = one_line("--agent", options.agent.value_or("user"));
    if (!agent_line)
      return agent_line.error();
    note = *std::move(note_line);
    agent = *std::move(agent_line);
    return {};
  });
  if (!opened)
    return opened.error();
  const wf::feature& feature = opened->feature;
  work_done done;
  done.lock = std::move(opened->lock);
  auto package = feature.load(options.wp);
  if (!package)
    return package.error();
  auto words = words_for(ctx, feature, options, "agent tasks add-history " + package->id,
                         "chore: Add history to " + package->id + " on spec " + feature.label() +
                             " [" + agent + "]");
  if (!words)
    return words.error();
  const wf::log_entry entry{utc_now(), agent, {}, package->lane(), note};
  package->file.set_body(
      wf::with_log_entry(package->file.body(), entry, wf::line_ending_of(package->file.text())));
  wf::repo_edit change;
  change.change(package->path, package->file.text());
  done.events.push_back(shown_by(history_event(feature, package->id, note, agent), package->path,
                                 {"log", "", wf::log_line(entry)}));
  if (auto made = change_files(ctx, feature.repo(), change, std::move(*words), done); !made)
    return made.error();
  done.lines = {package->id + ": note added"};
  done.fields = [entry, slug = feature.slug(), wp = package->id](json_writer& out) {
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
  declare_no_auto_commit(app, *options);
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return mark(ctx, *options); });
  };
}

command_action declare_add_history(CLI::App& app) {
  auto options = std::make_shared<history_options>();
  work_package_value(app.add_option("wp", options->wp, "Work package")->required());
  app.add_option("--note", options->note, "What happened")->type_name("T")->required();
  app.add_option("--agent", options->agent, "The author of the note")->type_name("A");
  declare_no_auto_commit(app, *options);
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return add_history(ctx, *options); });
  };
}

} // namespace spec_kitty
