#include "app/board/core/counts.hpp"

#include "app/board/core/state.hpp"

#include <algorithm>

namespace spec_kitty::board {

namespace {

constexpr epoch_us day_us = 86'400'000'000;
/// Days that are counted at most; earlier ones are added to the first.
constexpr std::int64_t max_days = 3660;

std::int64_t day_of(epoch_us at) {
  return at / day_us - (at % day_us < 0 ? 1 : 0);
}

/// A work package while its changes are read.
struct track {
  package_counts counts;
  std::optional<lane> in;
  epoch_us since = 0; ///< in its lane, for done since it came there first
  epoch_us last = 0;  ///< of its latest change
  std::optional<epoch_us> begun;
};

/// A change of a lane, by its day.
struct step_taken {
  std::int64_t day;
  std::optional<lane> from;
  lane to;
};

class counter {
public:
  counter(const event_log& log, std::string_view feature) : log_(log) {
    if (!feature.empty())
      feature_ = log.features().find(feature);
    all_ = feature.empty();
    tracks_.resize(log.packages().size());
  }

  void take(const log_row& row) {
    if (row.package == no_index || (!all_ && row.feature != feature_))
      return;
    track& package = tracks_[row.package];
    if (row.kind == event_kind::created && !package.in)
      return move(package, row, lane::planned);
    if (row.kind != event_kind::status_changed)
      return;
    const lane to = log_.counted_lane(row.lane);
    count_person(package, row, to);
    move(package, row, to);
  }

  board_counts result(epoch_us until) {
    board_counts all;
    std::vector<epoch_us> cycles;
    std::vector<epoch_us> reviews;
    for (std::uint32_t number = 0; number < tracks_.size(); ++number) {
      track& package = tracks_[number];
      if (!package.in)
        continue;
      if (*package.in != lane::done)
        package.counts.in_lane[static_cast<std::size_t>(*package.in)] +=
            std::max<epoch_us>(0, until - package.since);
      if (*package.in == lane::done && package.begun)
        cycles.push_back(package.counts.cycle.emplace(package.since - *package.begun));
      if (package.counts.was_reviewed) {
        ++all.reviewed;
        all.sent_back += package.counts.sent_back > 0 ? 1 : 0;
        reviews.push_back(package.counts.in_lane[static_cast<std::size_t>(lane::for_review)]);
      }
      package.counts.package = number;
      all.packages.push_back(package.counts);
    }
    all.cycle_median = percentile(cycles, 50);
    all.cycle_85 = percentile(cycles, 85);
    all.review_median = percentile(reviews, 50);
    all.people = std::move(people_);
    all.clock_disagreements = disagreements_;
    all.days = days();
    return all;
  }

private:
  void move(track& package, const log_row& row, lane to) {
    epoch_us at = row.at;
    if (package.in && at < package.last) {
      at = package.last;
      ++disagreements_;
    }
    if (package.in && *package.in != lane::done)
      package.counts.in_lane[static_cast<std::size_t>(*package.in)] += at - package.since;
    if (package.in && goes_back(*package.in, to))
      ++package.counts.sent_back;
    package.counts.was_reviewed = package.counts.was_reviewed || to == lane::for_review;
    if (to == lane::doing && !package.begun)
      package.begun = at;
    steps_.push_back({day_of(at), package.in, to});
    package.last = at;
    if (package.in != to || to != lane::done)
      package.since = at;
    package.in = to;
  }

  void count_person(const track& package, const log_row& row, lane to) {
    if (row.actor == no_index || package.in == to)
      return;
    person_counts& person = people_[std::string(log_.people().text(row.actor))];
    ++person.moves;
    person.to_review += to == lane::for_review ? 1 : 0;
    person.finished += to == lane::done ? 1 : 0;
    person.sent_back += package.in && goes_back(*package.in, to) ? 1 : 0;
  }

  std::vector<day_counts> days() {
    if (steps_.empty())
      return {};
    std::stable_sort(steps_.begin(), steps_.end(),
                     [](const auto& left, const auto& right) { return left.day < right.day; });
    const std::int64_t last = steps_.back().day;
    const std::int64_t first = std::max(steps_.front().day, last - max_days + 1);
    std::vector<day_counts> all(static_cast<std::size_t>(last - first + 1));
    std::array<std::uint32_t, 4> lanes{};
    auto next = steps_.begin();
    for (std::size_t number = 0; number < all.size(); ++number) {
      day_counts& day = all[number];
      day.day = first + static_cast<std::int64_t>(number);
      for (; next != steps_.end() && next->day <= day.day; ++next) {
        if (next->from)
          --lanes[static_cast<std::size_t>(*next->from)];
        ++lanes[static_cast<std::size_t>(next->to)];
        day.finished += next->to == lane::done && next->from != lane::done ? 1 : 0;
      }
      day.lanes = lanes;
    }
    return all;
  }

  const event_log& log_;
  std::uint32_t feature_ = no_index;
  bool all_ = true;
  std::vector<track> tracks_;
  std::vector<step_taken> steps_;
  std::map<std::string, person_counts> people_;
  std::uint32_t disagreements_ = 0;
};

} // namespace

std::optional<epoch_us> percentile(std::vector<epoch_us> values, unsigned hundredths) {
  if (values.empty())
    return std::nullopt;
  const std::size_t rank = (values.size() * hundredths + 99) / 100;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

board_counts count(const event_log& log, std::size_t position, epoch_us until,
                   std::string_view feature) {
  counter all(log, feature);
  for (std::size_t place = 0; place < std::min(position, log.size()); ++place)
    all.take(log.at(place));
  return all.result(until);
}

} // namespace spec_kitty::board
