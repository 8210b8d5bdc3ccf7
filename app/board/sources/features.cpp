#include "app/board/sources/features.hpp"

#include "app/workflow/activity_log.hpp"
#include "app/workflow/feature_dependencies.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/subtasks.hpp"
#include "messages/event.hpp"

#include <algorithm>

namespace spec_kitty::board {

namespace wf = workflow;

namespace {

constexpr std::size_t max_log_bytes = std::size_t{64} << 20;
constexpr std::size_t max_text = 500;

/// Titles and acceptance of meta.json; a file that cannot be read is named by feature::read_all.
void read_meta(const wf::feature& feature, feature_view& view) {
  const auto text = feature.repo().files().read(feature.meta_path());
  const auto meta = text && *text ? parse_json(**text) : result<json_document>(failure{});
  if (!meta || !meta->IsObject())
    return;
  for (const char* name : {"friendly_name", "title", "purpose_tldr"})
    if (view.title.empty())
      view.title = excerpt(text_of(*meta, name).value_or(""), max_text);
  view.accepted_at = parse_date_time(text_of(*meta, "accepted_at").value_or("")).value_or(0);
}

/// The moves in status.events.jsonl: its lanes by the names it has for them.
std::vector<lane_move> moves_of_status_log(const wf::feature& feature) {
  std::vector<lane_move> moves;
  const auto text =
      feature.repo().files().read(feature.folder() / "status.events.jsonl", max_log_bytes);
  if (!text || !*text)
    return moves;
  std::string_view rest = **text;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto entry = parse_json(line);
    const auto wp = entry ? text_of(*entry, "wp_id") : std::nullopt;
    const auto lane = entry ? text_of(*entry, "to_lane") : std::nullopt;
    const auto at = entry ? parse_date_time(text_of(*entry, "at").value_or("")) : std::nullopt;
    if (wp && lane && at && is_work_package_id(*wp))
      moves.push_back({feature.slug(), *wp, *at, excerpt(*lane, 60),
                       excerpt(text_of(*entry, "actor").value_or(""), max_text), "",
                       event_origin::status_log});
  }
  return moves;
}

/// The moves in a work package's activity log, and its latest note.
void read_activity(const wf::feature& feature, const wf::work_package& package, package_view& view,
                   std::vector<lane_move>& moves) {
  for (const auto& entry : wf::log_entries(package.file.body())) {
    const auto at = parse_date_time(entry.at);
    if (!entry.note.empty())
      view.note = excerpt(entry.note, max_text);
    if (at && wf::is_lane(entry.lane) && !feature.has_event_states())
      moves.push_back({feature.slug(), package.id, *at, entry.lane, excerpt(entry.agent, max_text),
                       excerpt(entry.note, max_text), event_origin::activity_log});
  }
}

/// In its lane since the latest move there.
void date_lanes(feature_view& view, const std::vector<lane_move>& moves) {
  for (auto& package : view.packages) {
    std::string_view lane;
    epoch_us since = 0;
    for (const auto& move : moves) {
      if (move.wp_id != package.id)
        continue;
      package.last_sign = std::max(package.last_sign, move.at);
      if (move.lane != lane)
        since = move.at;
      lane = move.lane;
    }
    if (lane == package.lane)
      package.since = since;
  }
}

package_view view_of(const wf::work_package& package, const wf::tasks_document& tasks) {
  package_view view;
  view.id = package.id;
  view.title = excerpt(package.title(), max_text);
  view.lane = package.event_state.value_or(package.lane());
  view.agent = excerpt(package.file.scalar("agent"), max_text);
  view.assignee = excerpt(package.file.scalar("assignee"), max_text);
  const auto boxes = wf::subtasks_of(tasks, package);
  view.subtasks =
      subtask_counts{static_cast<std::uint32_t>(boxes.checked.size()),
                     static_cast<std::uint32_t>(boxes.checked.size() + boxes.open.size())};
  return view;
}

} // namespace

result<std::vector<std::string>> feature_slugs(const wf::repository& repo) {
  const auto entries = repo.files().list(repo.checkout / "kitty-specs");
  if (!entries)
    return input_failure(entries.error());
  std::vector<std::string> slugs;
  for (const auto& entry : *entries)
    if (entry.kind == entry_kind::folder && entry.name[0] != '.')
      slugs.push_back(entry.name);
  std::sort(slugs.begin(), slugs.end());
  return slugs;
}

std::optional<feature_on_disk> read_feature(const wf::repository& repo, const std::string& slug) {
  const auto feature = wf::feature::find(repo, slug, wf::feature_use::look);
  if (!feature)
    return std::nullopt;
  feature_on_disk found;
  found.view.slug = slug;
  found.view.number = feature->number();
  found.view.read_only = feature->has_event_states();
  read_meta(*feature, found.view);
  const auto reading = feature->read_all();
  if (!reading) {
    found.unreadable.push_back(reading.error().message);
    return found;
  }
  for (const auto& problem : reading->problems)
    found.unreadable.push_back(problem.message);
  wf::tasks_document tasks;
  if (const auto text = feature->tasks_text())
    tasks = wf::read_tasks(*text);
  else if (text.error().code != ec::not_found)
    found.unreadable.push_back(text.error().message);
  const auto graph = wf::dependencies_in(*feature, tasks, reading->packages);
  for (const auto& package : reading->packages) {
    package_view view = view_of(package, tasks);
    view.dependencies =
        graph && graph->contains(package.id) ? graph->at(package.id) : package.dependencies();
    read_activity(*feature, package, view, found.moves);
    found.view.packages.push_back(std::move(view));
  }
  if (feature->has_event_states())
    found.moves = moves_of_status_log(*feature);
  std::stable_sort(found.moves.begin(), found.moves.end(),
                   [](const auto& left, const auto& right) { return left.at < right.at; });
  date_lanes(found.view, found.moves);
  return found;
}

} // namespace spec_kitty::board
