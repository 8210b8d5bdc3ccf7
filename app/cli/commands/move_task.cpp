// spec-kitty agent tasks move-task: one work package into another lane.
#include "app/cli/command.hpp"
#include "app/cli/work_command.hpp"
#include "app/workflow/lane_edit.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;

constexpr std::size_t max_feedback_bytes = std::size_t{1} << 20;

struct move_options : work_options {
  std::string to;
  std::optional<std::string> agent;
  std::optional<std::string> assignee;
  std::optional<std::string> note;
  std::optional<std::string> feedback_file;
  std::optional<std::string> reviewer;
  bool force = false;
  bool no_commit = false;
};

/// Makes each given word one line, or says which is unusable.
result<void> clean_words(move_options& options) {
  const std::vector<std::pair<const char*, std::optional<std::string>*>> words = {
      {"--agent", &options.agent},
      {"--assignee", &options.assignee},
      {"--note", &options.note},
      {"--reviewer", &options.reviewer}};
  for (const auto& [name, value] : words) {
    if (!*value)
      continue;
    auto line = one_line(name, **value);
    if (!line)
      return line.error();
    *value = std::move(*line);
  }
  return {};
}

result<std::string> read_feedback(const std::string& file) {
  auto text = read_file(file, max_feedback_bytes);
  if (!text)
    return failure{ec::bad_input, text.error().message,
                   "check the name after "
                   "--review-feedback-file"};
  if (!*text)
    return failure{ec::bad_input, "no such file: " + file,
                   "check the name after --review-feedback-file"};
  if (!is_utf8(**text) || wf::trimmed(**text).empty())
    return failure{ec::bad_input, file + (is_utf8(**text) ? " is empty" : " is not UTF-8"),
                   "write the requested changes into it"};
  return std::move(**text);
}

/// Subtasks of a work package that are not checked.
result<std::vector<std::string>> unchecked_of(const wf::feature& feature,
                                              const wf::work_package& package) {
  const auto text = feature.tasks_text();
  if (!text)
    return text.error();
  const auto listed = package.file.list("subtasks").value_or(std::vector<std::string>{});
  std::vector<std::string> open;
  for (const auto& box : wf::read_tasks(*text).subtasks) {
    const bool mine =
        box.wp_id == package.id ||
        (box.wp_id.empty() && std::find(listed.begin(), listed.end(), box.id) != listed.end());
    if (mine && !box.done && std::find(open.begin(), open.end(), box.id) == open.end())
      open.push_back(box.id);
  }
  return open;
}

result<void> pass_gates(const wf::feature& feature, const wf::work_package& package,
                        const move_options& options) {
  wf::move_facts facts;
  facts.feature = feature.slug();
  facts.wp_id = package.id;
  facts.from = package.lane();
  facts.to = options.to;
  facts.owner = package.file.scalar("agent");
  facts.agent = options.agent;
  facts.has_feedback = options.feedback_file.has_value();
  facts.worktree = feature.worktree_of(package.id).string();
  if (wf::needs_finished_work(options.to)) {
    auto open = unchecked_of(feature, package);
    if (!open)
      return open.error();
    facts.unchecked = std::move(*open);
    std::error_code error;
    if (std::filesystem::exists(feature.worktree_of(package.id) / ".git", error)) {
      auto changed = wf::git(feature.worktree_of(package.id)).changed_paths(true);
      if (!changed)
        return changed.error();
      facts.uncommitted = std::move(*changed);
    }
  }
  return wf::check_move(facts);
}

result<void> edit(wf::work_package& package, const move_options& options, std::string feedback) {
  wf::lane_edit edit;
  edit.to = options.to;
  edit.at = utc_now();
  edit.agent = options.agent;
  edit.assignee = options.assignee;
  edit.reviewer = options.reviewer;
  edit.feedback = std::move(feedback);
  edit.note = options.note.value_or("Moved to " + options.to);
  return wf::apply_lane_edit(package, edit);
}

result<work_done> move(context& ctx, move_options options) {
  auto opened = open_feature_for_edit(options, [&]() -> result<void> {
    if (!wf::is_lane(options.to))
      return failure{ec::bad_input, excerpt(options.to) + " is not a lane",
                     "give --to planned, doing, for_review or done"};
    return clean_words(options);
  });
  if (!opened)
    return opened.error();
  const wf::feature& feature = opened->feature;
  work_done done;
  done.lock = std::move(opened->lock);
  auto package = feature.load(options.wp);
  if (!package)
    return package.error();
  const std::string from = package->lane();
  done.fields = [from, slug = feature.slug(), options](json_writer& out) {
    field(out, "feature", slug);
    field(out, "wp_id", options.wp);
    field(out, "old_lane", from);
    field(out, "new_lane", options.to);
  };
  if (from == options.to) {
    done.lines = {options.wp + " is in " + from + " already"};
    return done;
  }
  std::string feedback;
  if (options.feedback_file) {
    auto text = read_feedback(*options.feedback_file);
    if (!text)
      return text.error();
    feedback = std::move(*text);
  }
  if (!options.force)
    if (auto passed = pass_gates(feature, *package, options); !passed)
      return passed.error();
  std::optional<std::string> message;
  if (!options.no_commit) {
    const auto target = wf::target_for_commit(feature);
    if (!target)
      return target.error();
    if (!target->warning.empty())
      ctx.out.warn(target->warning);
    message = "chore: Move " + options.wp + " to " + options.to + " on spec " + feature.number() +
              " [" + options.agent.value_or("user") + "]";
  }
  if (auto edited = edit(*package, options, std::move(feedback)); !edited)
    return edited.error();
  wf::repo_edit change(feature.repo());
  change.change(package->path, package->file.text());
  if (auto applied = change.apply(message); !applied)
    return applied.error();
  done.events.push_back(
      lane_event(feature, options.wp, from, options.to, options.agent.value_or("user")));
  done.lines = {options.wp + ": " + from + " → " + options.to};
  return done;
}

} // namespace

command_action declare_move_task(CLI::App& app) {
  auto options = std::make_shared<move_options>();
  app.add_option("wp", options->wp, "Work package")->type_name("WPnn")->required();
  app.add_option("--to", options->to, "planned, doing, for_review or done")
      ->type_name("LANE")
      ->required();
  app.add_option("--agent", options->agent, "The agent that moves it and becomes its owner")
      ->type_name("A");
  app.add_option("--assignee", options->assignee, "The person it is assigned to")->type_name("P");
  app.add_option("--note", options->note, "A text for the activity log")->type_name("T");
  app.add_option("--review-feedback-file", options->feedback_file,
                 "A file with the changes that a review requests")
      ->type_name("F");
  app.add_option("--reviewer", options->reviewer, "The reviewer")->type_name("R");
  app.add_flag("--force", options->force, "Skip the gates");
  app.add_flag("--no-auto-commit", options->no_commit, "Change the file without a commit");
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return move(ctx, *options); });
  };
}

} // namespace spec_kitty
