#include "app/board/core/state.hpp"

#include <algorithm>

namespace spec_kitty::board {

namespace {

void change_lane(package_state& package, const event_log& log, const log_row& row) {
  if (package.lane != log_row::no_lane) {
    const bool differs = package.lane != row.previous;
    package.steps_unseen += differs ? 1 : 0;
    package.conflict = differs && row.origin == event_origin::event &&
                       package.changed_by != no_index && package.changed_by != row.node;
    if (goes_back(log.counted_lane(package.lane), log.counted_lane(row.lane)))
      ++package.sent_back;
  }
  package.lane = row.lane;
  package.since = row.at;
  package.failed = false;
  package.changed_by = row.origin == event_origin::event ? row.node : no_index;
  if (row.actor != no_index)
    package.actor = row.actor;
  if (row.text != no_index)
    package.note = row.text;
}

void apply_to(package_state& package, const event_log& log, const log_row& row) {
  package.last_sign = row.at;
  switch (row.kind) {
  case event_kind::status_changed:
    change_lane(package, log, row);
    break;
  case event_kind::created:
    package.title = row.text;
    if (package.lane == log_row::no_lane) {
      package.lane = 0;
      package.since = row.at;
    }
    break;
  case event_kind::assigned:
    package.actor = row.actor;
    package.failed = false;
    break;
  case event_kind::history_added:
    package.note = row.text;
    break;
  case event_kind::error_logged:
    ++package.errors;
    package.failed = true;
    package.note = row.text;
    break;
  case event_kind::feature_created:
  case event_kind::feature_completed:
  case event_kind::dependency_resolved:
  case event_kind::other:
    break;
  }
}

} // namespace

const package_state& board_state::package(std::size_t number) const {
  static const package_state unknown;
  return number < packages.size() ? packages[number] : unknown;
}

void apply(board_state& state, const event_log& log, std::size_t from, std::size_t to) {
  state.packages.resize(log.packages().size());
  state.accepted.resize(log.features().size());
  for (std::size_t place = from; place < to; ++place) {
    const log_row& row = log.at(place);
    if (row.package != no_index) {
      apply_to(state.packages[row.package], log, row);
      state.packages[row.package].last_seq = log.seq_at(place);
      if (row.kind == event_kind::created)
        state.packages[row.package].created_seq = log.seq_at(place);
    } else if (row.kind == event_kind::feature_completed && row.feature != no_index) {
      state.accepted[row.feature] = row.at;
    }
  }
}

const board_state& timeline::state_at(std::size_t position) {
  const std::size_t wanted = std::min(position, log_->size());
  while (checkpoints_.size() * step <= wanted) {
    board_state next = checkpoints_.back();
    const std::size_t from = (checkpoints_.size() - 1) * step;
    apply(next, *log_, from, from + step);
    checkpoints_.push_back(std::move(next));
  }
  const std::size_t mark = wanted / step;
  if (position_ > wanted || position_ < mark * step) {
    current_ = checkpoints_[mark];
    position_ = mark * step;
  }
  apply(current_, *log_, position_, wanted);
  position_ = wanted;
  return current_;
}

void timeline::changed_from(std::size_t place) {
  const std::size_t kept = place / step + 1;
  if (kept < checkpoints_.size())
    checkpoints_.resize(kept);
  if (position_ > place) {
    current_ = {};
    position_ = 0;
  }
}

} // namespace spec_kitty::board
