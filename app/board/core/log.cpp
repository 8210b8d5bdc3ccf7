#include "app/board/core/log.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace spec_kitty::board {

namespace {

constexpr std::array<std::string_view, 8> types = {
    "WPStatusChanged",  "WPCreated",    "WPAssigned",  "FeatureCreated",
    "FeatureCompleted", "HistoryAdded", "ErrorLogged", "DependencyResolved"};

constexpr std::array<std::string_view, 4> origins = {"event", "git", "activity_log", "status_log"};

} // namespace

std::string_view type_of(event_kind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < types.size() ? types[number] : std::string_view();
}

event_kind kind_of(std::string_view event_type) {
  const auto found = std::find(types.begin(), types.end(), event_type);
  return static_cast<event_kind>(found - types.begin());
}

std::string_view name_of(event_origin origin) {
  return origins[static_cast<std::size_t>(origin)];
}

std::size_t event_log::id_hash::operator()(const ulid& id) const {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as characters
  const auto* bytes = reinterpret_cast<const char*>(id.bytes.data());
  return std::hash<std::string_view>()({bytes, id.bytes.size()});
}

event_log::event_log() {
  for (const auto name : lane_names)
    add_lane(name);
}

std::uint16_t event_log::add_lane(std::string_view name) {
  if (lanes_.size() >= log_row::no_lane && lanes_.find(name) == no_index)
    return 0;
  const auto number = static_cast<std::uint16_t>(lanes_.add(name));
  if (number == counted_.size())
    counted_.push_back(counts_as(name));
  return number;
}

std::uint32_t event_log::add_package(std::uint32_t feature, std::string_view wp_id) {
  const auto key = std::pair(feature, std::string(wp_id));
  if (const auto known = package_numbers_.find(key); known != package_numbers_.end())
    return known->second;
  if (packages_.size() >= max_packages)
    return no_index;
  const auto number = static_cast<std::uint32_t>(packages_.size());
  packages_.push_back({feature, std::string(wp_id)});
  package_numbers_.emplace(key, number);
  return number;
}

std::uint32_t event_log::package_of(std::string_view feature, std::string_view wp_id) const {
  const auto known = package_numbers_.find(std::pair(features_.find(feature), std::string(wp_id)));
  return known == package_numbers_.end() ? no_index : known->second;
}

const std::vector<std::string>& event_log::dependencies(std::uint32_t seq) const {
  static const std::vector<std::string> none;
  const auto known = dependencies_.find(seq);
  return known == dependencies_.end() ? none : known->second;
}

std::uint32_t event_log::seq_of(const ulid& id) const {
  const auto known = arrivals_.find(id);
  return known == arrivals_.end() ? 0 : known->second + 1;
}

bool event_log::before(std::uint32_t left, std::uint32_t right) const {
  const auto& a = rows_[left];
  const auto& b = rows_[right];
  if (a.lamport_clock != b.lamport_clock)
    return a.lamport_clock < b.lamport_clock;
  if (a.node != b.node)
    return nodes_.text(a.node) < nodes_.text(b.node);
  return a.id < b.id;
}

std::size_t event_log::position_of(std::uint32_t seq) const {
  const auto found = std::lower_bound(
      places_.begin(), places_.end(), seq - 1,
      [this](std::uint32_t left, std::uint32_t right) { return before(left, right); });
  return static_cast<std::size_t>(found - places_.begin()) + 1;
}

void event_log::append(const board_event& event) {
  log_row row;
  row.id = event.id;
  row.cause = event.cause;
  row.at = event.at;
  row.lamport_clock = event.lamport_clock;
  row.kind = event.kind;
  row.origin = event.origin;
  row.node = nodes_.add(event.node_id);
  if (!event.actor.empty())
    row.actor = people_.add(event.actor);
  if (!event.sender.empty())
    row.sender = people_.add(event.sender);
  if (!event.text.empty())
    row.text = texts_.add(event.text);
  if (!event.feature.empty())
    row.feature = features_.add(event.feature);
  if (event.kind == event_kind::status_changed) {
    row.lane = add_lane(event.lane);
    row.previous = add_lane(event.previous);
  }
  rows_.push_back(row);
  if (!event.dependencies.empty())
    dependencies_.emplace(static_cast<std::uint32_t>(rows_.size()), event.dependencies);
}

/// Finds the work package of a row, from its feature or from its cause's.
bool event_log::place(std::uint32_t index, std::string_view wp_id) {
  log_row& row = rows_[index];
  if (row.feature == no_index) {
    const auto cause = arrivals_.find(row.cause);
    if (cause != arrivals_.end())
      row.feature = rows_[cause->second].feature;
  }
  if (row.feature == no_index)
    return wp_id.empty() && row.kind != event_kind::error_logged;
  if (!wp_id.empty())
    row.package = add_package(row.feature, wp_id);
  return wp_id.empty() || row.package != no_index;
}

/// Looks again for the features of unplaced events. The first place that changed by that.
std::size_t event_log::place_late() {
  std::size_t first = places_.size();
  std::erase_if(unplaced_, [&](const waiting& event) {
    if (!place(event.index, event.wp_id))
      return false;
    first = std::min(first, position_of(event.index + 1) - 1);
    return true;
  });
  return first;
}

event_log::change event_log::add(std::span<const board_event> batch) {
  const auto first_new = static_cast<std::uint32_t>(rows_.size());
  std::vector<std::string_view> wp_ids; // of the new rows
  for (const auto& event : batch) {
    if (!arrivals_.emplace(event.id, static_cast<std::uint32_t>(rows_.size())).second)
      continue;
    append(event);
    wp_ids.push_back(event.wp_id);
  }
  std::vector<std::uint32_t> sorted(rows_.size() - first_new);
  for (std::uint32_t i = 0; i < sorted.size(); ++i)
    sorted[i] = first_new + i;
  const auto in_order = [this](std::uint32_t left, std::uint32_t right) {
    return before(left, right);
  };
  std::sort(sorted.begin(), sorted.end(), in_order);
  for (const auto index : sorted) // a cause comes before its effects
    if (const auto wp_id = wp_ids[index - first_new]; !place(index, wp_id))
      unplaced_.push_back({index, std::string(wp_id)});

  const std::size_t held = places_.size();
  change done{held, sorted.size(), 0};
  if (!sorted.empty()) {
    const auto from = std::upper_bound(places_.begin(), places_.end(), sorted.front(), in_order);
    done.first = static_cast<std::size_t>(from - places_.begin());
    if (done.first < held)
      for (const auto index : sorted)
        done.earlier += before(index, places_[held - 1]) ? 1 : 0;
    places_.insert(places_.end(), sorted.begin(), sorted.end());
    std::inplace_merge(places_.begin() + static_cast<std::ptrdiff_t>(done.first),
                       places_.begin() + static_cast<std::ptrdiff_t>(held), places_.end(),
                       in_order);
  }
  done.first = std::min(done.first, place_late());
  return done;
}

} // namespace spec_kitty::board
