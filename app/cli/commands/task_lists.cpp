// spec-kitty agent tasks status | list-tasks | list-dependents: what is on disk. Writes nothing.
#include "app/cli/command.hpp"
#include "app/cli/lane_conflicts.hpp"
#include "app/cli/looks.hpp"
#include "app/cli/typed_options.hpp"
#include "app/cli/work_command.hpp"
#include "app/workflow/intents/settle.hpp"
#include "app/workflow/lanes.hpp"
#include "util/closest.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;

/// A feature as it stands on disk.
struct board {
  wf::feature feature;
  std::vector<wf::work_package> packages;
  wf::tasks_document tasks;               ///< empty where there is no tasks.md
  std::vector<failure> problems;          ///< files that cannot be read
  std::vector<lane_conflict> conflicts{}; ///< with other homes; for status

  std::vector<const wf::subtask*> subtasks_of(const std::string& wp) const {
    std::vector<const wf::subtask*> all;
    for (const auto& box : tasks.subtasks)
      if (box.wp_id == wp)
        all.push_back(&box);
    return all;
  }
};

result<board> look(context& ctx, const work_options& options) {
  auto feature = find_feature(ctx, options, wf::feature_use::look);
  if (!feature)
    return feature.error();
  auto reading = feature->read_all();
  if (!reading)
    return reading.error();
  board all{std::move(*feature), std::move(reading->packages), {}, std::move(reading->problems)};
  const auto text = all.feature.tasks_text();
  if (text)
    all.tasks = wf::read_tasks(*text);
  else if (text.error().code != ec::not_found)
    all.problems.push_back(text.error());
  for (const auto& problem : all.problems)
    ctx.out.warn(problem.message + "; " + problem.hint);
  return all;
}

/// `"unreadable":[…]` where a file could not be read: the others are shown all the same.
void write_problems(json_writer& out, const board& all) {
  if (all.problems.empty())
    return;
  key(out, "unreadable");
  out.StartArray();
  for (const auto& problem : all.problems)
    put(out, problem.message);
  out.EndArray();
}

void write_package(json_writer& out, const board& all, const wf::work_package& package) {
  field(out, "wp_id", package.id);
  field(out, "title", package.title());
  field(out, "lane", package.lane());
  if (package.event_state)
    field(out, "state", *package.event_state);
  field(out, "agent", package.file.scalar("agent"));
  field(out, "assignee", package.file.scalar("assignee"));
  payload_detail::write(out, "dependencies", package.dependencies());
  field(out, "path", package.path.string());
  key(out, "subtasks");
  out.StartArray();
  for (const auto* box : all.subtasks_of(package.id)) {
    out.StartObject();
    field(out, "id", box->id);
    field(out, "done", box->done);
    field(out, "text", box->text);
    out.EndObject();
  }
  out.EndArray();
}

void write_conflicts(json_writer& out, const board& all) {
  key(out, "conflicts");
  out.StartArray();
  for (const auto& conflict : all.conflicts) {
    out.StartObject();
    field(out, "wp_id", conflict.wp_id);
    field(out, "by", conflict.by);
    field(out, "theirs", conflict.theirs);
    field(out, "ours", conflict.ours);
    field(out, "command", conflict.command);
    out.EndObject();
  }
  out.EndArray();
}

/// Where the lanes come from, when that is not the work packages' files.
void name_source(const board& all, work_done& done) {
  if (all.feature.has_event_states())
    done.lines.push_back("(lanes from status.events.jsonl; they can only be shown here)");
}

std::string lane_words(const wf::work_package& package) {
  const auto lane = package.lane();
  return !package.event_state || *package.event_state == lane
             ? lane
             : lane + " (" + *package.event_state + ")";
}

/// A lane as a cell: its mark, its name, and the state that the event log has for it.
line_part lane_cell(const output& out, const wf::work_package& package) {
  const auto lane = package.lane();
  return {mark_of_lane(out, lane) + lane_words(package), style_of_lane(lane)};
}

/// The title of the lanes' column, above their names where these have marks.
std::string lane_title(const output& out) {
  return (mark_of_lane(out, "").empty() ? "" : "  ") + std::string("LANE");
}

void show_table(const output& out, std::vector<std::string> titles, std::vector<table_row> rows,
                work_done& done) {
  for (auto& line : table_lines(out, std::move(titles), std::move(rows)))
    done.lines.push_back(std::move(line));
}

result<work_done> task_status(context& ctx, const work_options& options) {
  auto found = look(ctx, options);
  if (!found)
    return found.error();
  for (const auto& intent : wf::open_intents(found->feature.repo()))
    ctx.out.warn(intent.message + ": " + intent.remedy);
  if (!found->feature.has_event_states())
    found->conflicts = lane_conflicts(ctx, found->feature, found->packages);
  const auto all = std::make_shared<const board>(std::move(*found));
  work_done done;
  std::string counts;
  for (const auto lane : wf::lanes) {
    const auto count = std::count_if(all->packages.begin(), all->packages.end(),
                                     [&](const auto& package) { return package.lane() == lane; });
    counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(lane);
  }
  done.lines = {all->feature.slug() + ": " + counts};
  std::vector<table_row> rows;
  for (const auto& package : all->packages) {
    const auto boxes = all->subtasks_of(package.id);
    const auto ticked =
        std::count_if(boxes.begin(), boxes.end(), [](const auto* box) { return box->done; });
    rows.push_back({{package.id, style::strong},
                    lane_cell(ctx.out, package),
                    {std::to_string(ticked) + "/" + std::to_string(boxes.size()), style::faint},
                    {package.title(), style::plain}});
    for (const auto& conflict : all->conflicts)
      if (conflict.wp_id == package.id)
        rows.push_back({{"      " + conflict_words(conflict), style::bad}});
  }
  show_table(ctx.out, {"WP", lane_title(ctx.out), "BOXES", "TITLE"}, std::move(rows), done);
  name_source(*all, done);
  done.fields = [all](json_writer& out) {
    field(out, "feature", all->feature.slug());
    write_problems(out, *all);
    field(out, "target_branch",
          all->feature.declared_target().empty() ? std::nullopt
                                                 : std::optional(all->feature.declared_target()));
    key(out, "lanes");
    out.StartObject();
    for (const auto lane : wf::lanes)
      field(out, lane,
            static_cast<std::uint64_t>(
                std::count_if(all->packages.begin(), all->packages.end(),
                              [&](const auto& package) { return package.lane() == lane; })));
    out.EndObject();
    key(out, "work_packages");
    out.StartArray();
    for (const auto& package : all->packages) {
      out.StartObject();
      write_package(out, *all, package);
      out.EndObject();
    }
    out.EndArray();
    write_conflicts(out, *all);
  };
  return done;
}

result<work_done> list_tasks(context& ctx, const work_options& options, const std::string& lane) {
  if (!lane.empty() && !wf::is_lane(lane))
    return failure{ec::bad_input,
                   excerpt(lane) + " is not a lane" + did_you_mean(wf::lane_meant(lane)),
                   typed_options("spec-kitty agent tasks list-tasks")
                       .value("--feature", options.feature)
                       .kept_in("run: spec-kitty agent tasks list-tasks --lane " +
                                wf::lane_meant(lane).value_or("planned"))};
  auto found = look(ctx, options);
  if (!found)
    return found.error();
  const auto all = std::make_shared<const board>(std::move(*found));
  work_done done;
  std::vector<table_row> rows;
  for (const auto& package : all->packages) {
    if (!lane.empty() && package.lane() != lane)
      continue;
    rows.push_back({{package.id, style::strong},
                    lane_cell(ctx.out, package),
                    {package.title(), style::plain}});
    for (const auto* box : all->subtasks_of(package.id))
      rows.push_back(
          {{std::string("  [") + (box->done ? "x" : " ") + "] " + box->id + " " + box->text,
            style::plain}});
  }
  show_table(ctx.out, {"WP", lane_title(ctx.out), "TITLE"}, std::move(rows), done);
  done.fields = [all, lane](json_writer& out) {
    field(out, "feature", all->feature.slug());
    write_problems(out, *all);
    key(out, "tasks");
    out.StartArray();
    for (const auto& package : all->packages) {
      if (!lane.empty() && package.lane() != lane)
        continue;
      out.StartObject();
      write_package(out, *all, package);
      out.EndObject();
    }
    out.EndArray();
  };
  return done;
}

result<work_done> list_dependents(context& ctx, const work_options& options) {
  const auto found = look(ctx, options);
  if (!found)
    return found.error();
  if (const auto known = found->feature.load(options.wp); !known)
    return known.error();
  const auto graph = wf::graph_of(found->packages);
  const auto dependents = wf::dependents_of(graph, options.wp);
  work_done done;
  done.lines.assign(dependents.begin(), dependents.end());
  if (dependents.empty())
    done.lines = {"nothing depends on " + options.wp};
  done.fields = [dependents, own = graph.at(options.wp), wp = options.wp,
                 slug = found->feature.slug()](json_writer& out) {
    field(out, "feature", slug);
    field(out, "wp_id", wp);
    payload_detail::write(out, "dependents", dependents);
    payload_detail::write(out, "dependencies", own);
  };
  return done;
}

} // namespace

command_action declare_tasks_status(CLI::App& app) {
  auto options = std::make_shared<work_options>();
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_reading(ctx, [&] { return task_status(ctx, *options); });
  };
}

command_action declare_list_tasks(CLI::App& app) {
  auto options = std::make_shared<work_options>();
  auto lane = std::make_shared<std::string>();
  app.add_option("--lane", *lane, "Only work packages in this lane")->type_name("LANE");
  declare_feature(app, *options);
  return [options, lane](context& ctx) {
    return run_reading(ctx, [&] { return list_tasks(ctx, *options, *lane); });
  };
}

command_action declare_list_dependents(CLI::App& app) {
  auto options = std::make_shared<work_options>();
  work_package_value(app.add_option("wp", options->wp, "Work package")->required());
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_reading(ctx, [&] { return list_dependents(ctx, *options); });
  };
}

} // namespace spec_kitty
