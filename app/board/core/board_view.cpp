#include "app/board/core/board_view.hpp"

#include <algorithm>

namespace spec_kitty::board {

namespace {

feature_view& feature_of(board_view& view, std::string_view slug) {
  const auto place = std::lower_bound(
      view.features.begin(), view.features.end(), slug,
      [](const feature_view& left, std::string_view right) { return left.slug < right; });
  if (place != view.features.end() && place->slug == slug)
    return *place;
  feature_view added;
  added.slug = std::string(slug);
  const auto name = slug.substr(slug.rfind('/') + 1);
  added.number = std::string(name.substr(0, name.find_first_not_of("0123456789")));
  added.on_disk = false;
  return *view.features.insert(place, std::move(added));
}

package_view* find_package(feature_view& feature, std::string_view id) {
  const auto place = std::lower_bound(
      feature.packages.begin(), feature.packages.end(), id,
      [](const package_view& left, std::string_view right) { return left.id < right; });
  return place != feature.packages.end() && place->id == id ? &*place : nullptr;
}

package_view& package_of(feature_view& feature, std::string_view id) {
  if (auto* known = find_package(feature, id))
    return *known;
  package_view added;
  added.id = std::string(id);
  const auto place = std::lower_bound(
      feature.packages.begin(), feature.packages.end(), id,
      [](const package_view& left, std::string_view right) { return left.id < right; });
  return *feature.packages.insert(place, std::move(added));
}

/// What events alone know of a work package, but for its lane.
void add_facts(package_view& to, const event_log& log, const package_state& from) {
  if (to.title.empty())
    to.title = std::string(log.texts().text(from.title));
  to.note = std::string(log.texts().text(from.note));
  to.last_event = from.last_seq == 0 ? "" : to_string(log.row(from.last_seq).id);
  to.last_sign = std::max(to.last_sign, from.last_sign);
  to.errors = from.errors;
  to.sent_back = from.sent_back;
  to.steps_unseen = from.steps_unseen;
  to.failed = from.failed;
  to.conflict = from.conflict;
}

} // namespace

point_view point_at(const event_log& log, std::size_t position) {
  point_view point;
  point.position = std::min(position, log.size());
  if (point.position == 0)
    return point;
  point.seq = log.seq_at(point.position - 1);
  point.event_id = to_string(log.row(point.seq).id);
  point.at = log.row(point.seq).at;
  return point;
}

void with_events(board_view& now, const event_log& log, const board_state& state) {
  now.head = point_at(log, log.size());
  now.unplaced = log.unplaced();
  for (std::size_t number = 0; number < log.packages().size(); ++number) {
    const package_state& known = state.package(number);
    const auto& name = log.packages()[number];
    feature_view& feature = feature_of(now, log.features().text(name.feature));
    const bool on_disk = feature.on_disk && find_package(feature, name.id) != nullptr;
    package_view& package = package_of(feature, name.id);
    const std::string disk_note = package.note;
    add_facts(package, log, known);
    if (package.note.empty())
      package.note = disk_note;
    if (!on_disk)
      package.dependencies = log.dependencies(known.created_seq);
    if (known.lane == log_row::no_lane)
      continue;
    const auto lane = std::string(log.lanes().text(known.lane));
    if (!on_disk)
      package.lane = lane;
    if (lane == package.lane)
      package.since = known.since;
    else
      package.event_lane = lane;
    if (package.agent.empty() && !on_disk)
      package.agent = std::string(log.people().text(known.actor));
  }
  for (std::uint32_t number = 0; number < state.accepted.size(); ++number)
    if (state.accepted[number] != 0)
      if (auto& feature = feature_of(now, log.features().text(number)); feature.accepted_at == 0)
        feature.accepted_at = state.accepted[number];
}

board_view as_of(const board_view& now, const event_log& log, const board_state& state,
                 std::size_t position) {
  board_view past;
  past.home = now.home;
  past.project = now.project;
  past.head = now.head;
  past.sources = now.sources;
  past.history_complete = now.history_complete;
  past.unplaced = now.unplaced;
  past.at = point_at(log, position);
  past.taken_at = past.at->at == 0 ? now.taken_at : past.at->at;
  for (const auto& known : now.features) {
    feature_view feature;
    feature.slug = known.slug;
    feature.number = known.number;
    feature.title = known.title;
    feature.read_only = known.read_only;
    feature.on_disk = known.on_disk;
    if (const auto number = log.features().find(known.slug); number < state.accepted.size())
      feature.accepted_at = state.accepted[number];
    for (const auto& package : known.packages) {
      const auto number = log.package_of(known.slug, package.id);
      const package_state& then = state.package(number);
      if (number == no_index || then.lane == log_row::no_lane)
        continue;
      package_view shown;
      shown.id = package.id;
      shown.title = package.title;
      shown.dependencies = package.dependencies;
      shown.lane = std::string(log.lanes().text(then.lane));
      shown.agent = std::string(log.people().text(then.actor));
      shown.since = then.since;
      add_facts(shown, log, then);
      feature.packages.push_back(std::move(shown));
    }
    if (!feature.packages.empty())
      past.features.push_back(std::move(feature));
  }
  return past;
}

} // namespace spec_kitty::board
