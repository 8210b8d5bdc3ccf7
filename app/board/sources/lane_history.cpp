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

/// The clock of the last recorded event up to a moment.
class clock_by_time {
public:
  explicit clock_by_time(const std::vector<board_event>& recorded) {
    for (const auto& event : recorded)
      clocks_.emplace_back(event.at, event.lamport_clock);
    std::sort(clocks_.begin(), clocks_.end());
    for (std::size_t i = 1; i < clocks_.size(); ++i)
      clocks_[i].second = std::max(clocks_[i].second, clocks_[i - 1].second);
  }
  std::uint64_t at(epoch_us moment) const {
    const auto next =
        std::upper_bound(clocks_.begin(), clocks_.end(), moment,
                         [](epoch_us left, const auto& right) { return left < right.first; });
    return next == clocks_.begin() ? 0 : std::prev(next)->second;
  }

private:
  std::vector<std::pair<epoch_us, std::uint64_t>> clocks_;
};

/// An id that sorts by time, and among moves of one millisecond by `turn`.
ulid id_of(const lane_move& move, std::size_t turn) {
  ulid id;
  const auto ms = static_cast<std::uint64_t>(std::max<epoch_us>(0, move.at / 1000));
  for (std::size_t byte = 0; byte < 6; ++byte)
    id.bytes[byte] = static_cast<std::uint8_t>(ms >> (40 - 8 * byte));
  id.bytes[6] = static_cast<std::uint8_t>(std::min<std::size_t>(turn, 255));
  const std::string digest = sha256_hex(move.feature + "\n" + move.wp_id + "\n" + move.lane + "\n");
  for (std::size_t byte = 7; byte < id.bytes.size(); ++byte)
    id.bytes[byte] =
        whole_number<std::uint8_t>(digest.substr(2 * byte, 2), 16).value_or(std::uint8_t{0});
  return id;
}

bool is_recorded(const lane_move& move, const std::multimap<std::string, epoch_us>& changes) {
  const auto [from, to] = changes.equal_range(move.feature + "\n" + move.wp_id + "\n" + move.lane);
  return std::any_of(from, to, [&](const auto& change) {
    return std::max(change.second, move.at) - std::min(change.second, move.at) <= same_move;
  });
}

board_event event_of(const lane_move& move, const std::string& previous, std::size_t turn,
                     const clock_by_time& clocks) {
  board_event event;
  event.id = id_of(move, turn);
  event.lamport_clock = clocks.at(move.at);
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

std::vector<board_event> events_of(std::vector<lane_move> moves,
                                   const std::vector<board_event>& recorded) {
  const clock_by_time clocks(recorded);
  std::multimap<std::string, epoch_us> changes;
  for (const auto& event : recorded)
    if (event.kind == event_kind::status_changed)
      changes.emplace(event.feature + "\n" + event.wp_id + "\n" + event.lane, event.at);
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
    if (!is_recorded(move, changes))
      events.push_back(event_of(move, previous, turn, clocks));
  }
  return events;
}

} // namespace spec_kitty::board
