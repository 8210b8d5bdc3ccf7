// spec-kitty agent tasks move-task: one work package into another lane.
#include "app/cli/command.hpp"
#include "app/cli/typed_options.hpp"
#include "app/cli/work_change.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/finished_work.hpp"
#include "app/workflow/intents/uncommitted.hpp"
#include "app/workflow/lane_edit.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/subtasks.hpp"
#include "app/workflow/text_lines.hpp"
#include "app/workflow/worktree.hpp"
#include "util/closest.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

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
  bool check = false;
  bool force = false;
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

result<std::string> read_feedback(const std::string& given) {
  const std::string file = given == "-" ? "/dev/stdin" : given;
  auto text = read_input(file, max_feedback_bytes);
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

result<std::vector<wf::blocker>> move_gates(const wf::feature& feature,
                                            const wf::work_package& package,
                                            const move_options& options) {
  wf::move_facts facts;
  facts.feature = feature.slug();
  facts.wp_id = package.id;
  facts.from = package.lane();
  facts.to = options.to;
  facts.owner = package.file.scalar("agent");
  facts.agent = options.agent;
  facts.has_feedback = options.feedback_file.has_value();
  if (wf::needs_finished_work(options.to))
    if (auto seen = wf::look_at_work(feature, package, facts); !seen)
      return seen.error();
  return wf::move_blockers(facts);
}

std::string move_aim(const move_options& options) {
  return options.wp + " cannot go to " + options.to;
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

/// Boxes that are checked are opened again: the work package starts over.
result<void> reopen_boxes(const wf::feature& feature, const wf::work_package& package,
                          wf::repo_edit& change) {
  const auto state = wf::read_subtasks(feature, package);
  if (!state)
    return state.error();
  if (state->checked.empty())
    return {};
  auto text = feature.tasks_text();
  if (!text)
    return text.error();
  change.change(feature.tasks_path(), wf::with_boxes(std::move(*text), state->checked, false));
  return {};
}

result<void> warn_boxless(context& ctx, const wf::feature& feature, const wf::work_package& package,
                          const move_options& options) {
  if (!wf::needs_finished_work(options.to))
    return {};
  const auto state = wf::read_subtasks(feature, package);
  if (!state)
    return state.error();
  if (const auto words = wf::boxless_words(package, *state); !words.empty())
    ctx.out.warn(words);
  return {};
}

std::string move_words(const move_options& options) {
  return "spec-kitty agent tasks move-task " + shell_word(options.wp);
}

/// What an answer with the same command keeps.
typed_options typed_in(const move_options& options) {
  return typed_options(move_words(options))
      .value("--feature", options.feature)
      .value("--agent", options.agent)
      .value("--assignee", options.assignee)
      .value("--reviewer", options.reviewer)
      .value("--note", options.note)
      .value("--review-feedback-file", options.feedback_file)
      .flag("--force", options.force)
      .flag("--no-auto-commit", options.no_auto_commit);
}

result<void> check_lane(const move_options& options) {
  if (wf::is_lane(options.to))
    return {};
  const auto meant = wf::lane_meant(options.to);
  return failure{ec::bad_input, excerpt(options.to) + " is not a lane" + did_you_mean(meant),
                 meant ? typed_in(options)
                             .flag("--check", options.check)
                             .kept_in("run: " + move_words(options) + " --to " + *meant)
                       : "give --to planned, doing, for_review or done"};
}

/// --check: the gates and nothing else.
result<work_done> check_move(const context& ctx, move_options options) {
  const auto feature = find_feature(ctx, options);
  if (!feature)
    return feature.error();
  if (auto lane = check_lane(options); !lane)
    return lane.error();
  if (auto clean = clean_words(options); !clean)
    return clean.error();
  if (auto own = wf::require_own_lanes(*feature); !own)
    return own.error();
  const auto package = feature->load(options.wp);
  if (!package)
    return package.error();
  if (package->lane() == options.to || options.force)
    return checked(*feature, move_aim(options), {});
  auto found = move_gates(*feature, *package, options);
  if (!found)
    return found.error();
  return checked(*feature, move_aim(options), std::move(*found));
}

void describe(work_done& done, const std::string& slug, const std::string& from,
              const move_options& options) {
  done.fields = [from, slug, options](json_writer& out) {
    field(out, "feature", slug);
    field(out, "wp_id", options.wp);
    field(out, "old_lane", from);
    field(out, "new_lane", options.to);
  };
  done.lines = {options.wp + (from == options.to ? " is in " + from + " already"
                                                 : ": " + from + " → " + options.to)};
}

/// Edits the file, commits it, and prepares the event of the transition, if it is a new one.
result<void> make_move(context& ctx, const wf::feature& feature, wf::work_package package,
                       const std::string& from, const move_options& options, change_words words,
                       work_done& done) {
  if (package.lane() != options.to) { // else only the commit is missing
    std::string feedback;
    if (options.feedback_file) {
      auto text = read_feedback(*options.feedback_file);
      if (!text)
        return text.error();
      feedback = std::move(*text);
    }
    if (auto edited = edit(package, options, std::move(feedback)); !edited)
      return edited.error();
  }
  if (from != options.to)
    done.events.push_back(
        shown_by(lane_event(feature, options.wp, from, options.to, options.agent.value_or("user")),
                 package.path, {"lane", "", options.to}));
  wf::repo_edit change;
  change.change(package.path, package.file.text());
  if (options.to == "planned" && from != options.to)
    if (auto reopened = reopen_boxes(feature, package, change); !reopened)
      return reopened;
  return change_files(ctx, feature.repo(), change, std::move(words), done);
}

result<work_done> move(context& ctx, move_options options) {
  auto opened = open_feature_for_edit(ctx, options, [&]() -> result<void> {
    if (auto lane = check_lane(options); !lane)
      return lane;
    return clean_words(options);
  });
  if (!opened)
    return opened.error();
  const wf::feature& feature = opened->feature;
  work_done done;
  done.lock = std::move(opened->lock);
  if (auto own = wf::require_own_lanes(feature); !own)
    return own.error();
  auto package = feature.load(options.wp);
  if (!package)
    return package.error();
  auto words = words_for(ctx, feature, options,
                         "agent tasks move-task " + options.wp + " --to " + options.to,
                         "chore: Move " + options.wp + " to " + options.to + " on spec " +
                             feature.label() + " [" + options.agent.value_or("user") + "]");
  if (!words && package->lane() != options.to)
    return words.error();
  const auto known = words ? wf::lane_known_of(feature.repo(), words->branch, *package)
                           : wf::known_lane{package->lane(), false};
  const std::string& from = known.recorded;
  describe(done, feature.slug(), from, options);
  if (from == options.to && !known.uncommitted)
    return done;
  if (!options.force && from != options.to) {
    wf::repair_if_moved(feature, package->id);
    auto found = move_gates(feature, *package, options);
    if (!found)
      return found.error();
    if (!found->empty()) {
      done.lines.clear();
      done.aim = move_aim(options);
      done.blockers = std::move(*found);
      return done;
    }
  }
  if (auto warned = warn_boxless(ctx, feature, *package, options); !warned)
    return warned.error();
  if (auto made =
          make_move(ctx, feature, std::move(*package), from, options, std::move(*words), done);
      !made)
    return made.error();
  return done;
}

} // namespace

command_action declare_move_task(CLI::App& app) {
  auto options = std::make_shared<move_options>();
  work_package_value(app.add_option("wp", options->wp, "Work package")->required());
  app.add_option("--to", options->to, "planned, doing, for_review or done")
      ->type_name("LANE")
      ->required();
  app.add_option("--agent", options->agent, "The agent that moves it and becomes its owner")
      ->type_name("A");
  app.add_option("--assignee", options->assignee, "The person it is assigned to")->type_name("P");
  app.add_option("--note", options->note, "A text for the activity log")->type_name("T");
  app.add_option("--review-feedback-file", options->feedback_file,
                 "A file with the changes that a review requests; - for stdin")
      ->type_name("F");
  app.add_option("--reviewer", options->reviewer, "The reviewer")->type_name("R");
  app.add_flag("--check", options->check, "Only list what stops the move");
  app.add_flag("--force", options->force, "Skip the gates");
  declare_no_auto_commit(app, *options);
  declare_feature(app, *options);
  return [options](context& ctx) {
    if (options->check)
      return run_reading(ctx,
                         [&] { return typed_in(*options).kept_in(check_move(ctx, *options)); });
    return run_work(ctx, *options, [&] { return typed_in(*options).kept_in(move(ctx, *options)); });
  };
}

} // namespace spec_kitty
