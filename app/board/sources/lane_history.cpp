#include "app/board/sources/lane_history.hpp"

#include "util/sha256.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>

namespace spec_kitty::board {

namespace {

/// A command commits, then records: the event of a move comes at most so much later.
constexpr epoch_us same_move = 60'000'000;

using package_key = std::pair<std::string, std::string>;

std::string key_of(std::string_view feature, std::string_view wp_id, std::string_view lane) {
  return std::string(feature).append("\n").append(wp_id).append("\n").append(lane);
}

/// An id that sorts by time, and among moves of one millisecond by `turn`.
ulid id_of(const lane_move& move, std::size_t turn) {
  ulid id;
  const auto ms = static_cast<std::uint64_t>(std::max<epoch_us>(0, move.at / 1000));
  for (std::size_t byte = 0; byte < 6; ++byte)
    id.bytes[byte] = static_cast<std::uint8_t>(ms >> (40 - 8 * byte));
  id.bytes[6] = static_cast<std::uint8_t>(std::min<std::size_t>(turn, 255));
  const std::string digest = sha256_hex(key_of(move.feature, move.wp_id, move.lane) + "\n");
  for (std::size_t byte = 7; byte < id.bytes.size(); ++byte)
    id.bytes[byte] =
        whole_number<std::uint8_t>(digest.substr(2 * byte, 2), 16).value_or(std::uint8_t{0});
  return id;
}

board_event event_of(const lane_move& move, const std::string& previous, std::size_t turn,
                     const recorded_moves& recorded) {
  board_event event;
  event.id = id_of(move, turn);
  event.lamport_clock = recorded.clock_at(move.at);
  event.node_id = "~";
  event.at = move.at;
  const bool is_first = previous.empty() && move.lane == name_of(lane::planned);
  event.kind = is_first ? event_kind::created : event_kind::status_changed;
  event.origin = move.origin;
  event.feature = move.feature;
  event.wp_id = move.wp_id;
  if (!is_first) {
    event.previous = previous.empty() ? std::string(name_of(lane::planned)) : previous;
    event.lane = move.lane;
    event.text = move.note;
  }
  event.actor = move.actor;
  return event;
}

} // namespace

void recorded_moves::add(std::span<const board_event> events) {
  const auto held = static_cast<std::ptrdiff_t>(clocks_.size());
  for (const auto& event : events) {
    clocks_.emplace_back(event.at, event.lamport_clock);
    if (event.kind == event_kind::status_changed)
      changes_[key_of(event.feature, event.wp_id, event.lane)].push_back(event.at);
  }
  std::sort(clocks_.begin() + held, clocks_.end());
  std::inplace_merge(clocks_.begin(), clocks_.begin() + held, clocks_.end());
  for (std::size_t i = 1; i < clocks_.size(); ++i)
    clocks_[i].second = std::max(clocks_[i].second, clocks_[i - 1].second);
}

std::uint64_t recorded_moves::clock_at(epoch_us moment) const {
  const auto next =
      std::upper_bound(clocks_.begin(), clocks_.end(), moment,
                       [](epoch_us left, const auto& right) { return left < right.first; });
  return next == clocks_.begin() ? 0 : std::prev(next)->second;
}

bool recorded_moves::contains(const lane_move& move) const {
  const auto known = changes_.find(key_of(move.feature, move.wp_id, move.lane));
  return known != changes_.end() &&
         std::any_of(known->second.begin(), known->second.end(), [&](epoch_us at) {
           return std::max(at, move.at) - std::min(at, move.at) <= same_move;
         });
}

std::vector<board_event> events_of(std::vector<lane_move> moves, const recorded_moves& recorded) {
  // An activity log names the agent, a commit does not always: it comes first at the same moment.
  std::stable_sort(moves.begin(), moves.end(), [](const lane_move& left, const lane_move& right) {
    return left.at < right.at;
  });
  std::map<package_key, std::pair<std::string, epoch_us>> in; // lane, and since when
  std::map<package_key, std::size_t> turns;
  std::vector<board_event> events;
  for (const auto& move : moves) {
    const package_key key{move.feature, move.wp_id};
    auto& [lane, since] = in[key];
    if (lane == move.lane)
      continue;
    const std::string previous = std::exchange(lane, move.lane);
    auto& turn = turns[key];
    turn = std::exchange(since, move.at) == move.at ? turn + 1 : 0;
    if (!recorded.contains(move))
      events.push_back(event_of(move, previous, turn, recorded));
  }
  return events;
}

} // namespace spec_kitty::board
