#include "app/board/sources/local_board.hpp"

#include "app/board/core/view_json.hpp"
#include "config/project.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <iterator>
#include <span>
#include <thread>
#include <utility>

namespace spec_kitty::board {

namespace {

/// A move that is on disk is recorded as an event soon, if at all: until then it is on the board,
/// and not yet in the past.
constexpr epoch_us recording_time = 75'000'000;
constexpr unsigned max_readers = 4;
constexpr std::size_t features_per_reader = 4;

bool is_same(const feature_on_disk& left, const feature_on_disk& right) {
  return left.moves.size() == right.moves.size() && left.unreadable == right.unreadable &&
         feature_json(left.view) == feature_json(right.view);
}

/// The features of these names. Each is many small files, so that some threads read at once.
std::vector<std::optional<feature_on_disk>>
read_side_by_side(const workflow::repository& repo, const std::vector<std::string>& slugs) {
  std::vector<std::optional<feature_on_disk>> found(slugs.size());
  std::atomic<std::size_t> next = 0;
  const auto read_some = [&] {
    for (std::size_t place = next++; place < slugs.size(); place = next++)
      found[place] = read_feature(repo, slugs[place]);
  };
  const std::size_t helpers =
      std::min<std::size_t>(std::min(std::thread::hardware_concurrency(), max_readers),
                            slugs.size() / features_per_reader);
  std::vector<std::future<void>> others;
  for (std::size_t other = 1; other < helpers; ++other)
    others.push_back(std::async(std::launch::async, read_some));
  read_some();
  for (auto& other : others)
    other.get();
  return found;
}

} // namespace

local_board::local_board(workflow::repository repo, std::optional<home_view> home)
    : repo_(std::move(repo)), home_(std::move(home)), queue_read_(!home_),
      log_(std::make_unique<event_log>()), timeline_(std::make_unique<timeline>(*log_)) {
  const auto project = read_project(repo_.checkout);
  project_name_ = project.name.empty() ? repo_.checkout.filename().string() : project.name;
  project_uuid_ = project.uuid.value_or("");
}

void local_board::read_features() {
  features_.clear();
  (void)read_feature_list();
}

bool local_board::read_feature_list() {
  problems_.clear();
  const auto slugs = feature_slugs(repo_);
  if (!slugs) {
    problems_.push_back(slugs.error().message);
    return true;
  }
  bool differs = 0 < std::erase_if(features_, [&](const auto& known) {
                   return !std::binary_search(slugs->begin(), slugs->end(), known.first);
                 });
  std::vector<std::string> fresh;
  std::copy_if(slugs->begin(), slugs->end(), std::back_inserter(fresh),
               [&](const auto& slug) { return !features_.contains(slug); });
  auto read = read_side_by_side(repo_, fresh);
  for (std::size_t place = 0; place < fresh.size(); ++place)
    differs = take_feature(fresh[place], std::move(read[place])) || differs;
  return differs;
}

bool local_board::read_one_feature(const std::string& slug) {
  return take_feature(slug, read_feature(repo_, slug));
}

bool local_board::take_feature(const std::string& slug, std::optional<feature_on_disk> read) {
  const auto known = features_.find(slug);
  const bool differs =
      known == features_.end() ? read.has_value() : !read || !is_same(known->second, *read);
  if (!differs)
    return false;
  unsettled_ = true;
  if (read)
    features_[slug] = std::move(*read);
  else
    features_.erase(known);
  return true;
}

void local_board::read_delivery() {
  if (!home_)
    return;
  auto read = board::read_delivery(*home_);
  home_problem_ = read ? std::string() : read.error().message;
  if (read)
    sync_ = std::move(*read);
}

void local_board::read_home_events() {
  if (!home_)
    return;
  if (!queue_read_) {
    take_home_events(read_home_from_beginning(*home_, project_uuid_));
    return;
  }
  take_home_events(read_home(*home_, project_uuid_, [this](const ulid& id, std::uint64_t clock) {
    const auto known = recorded_places_.find(id);
    return known != recorded_places_.end() && recorded_[known->second].lamport_clock == clock;
  }));
}

void local_board::take_home_events(result<home_reading> read) {
  queue_read_ = true;
  home_problem_ = read ? std::string() : read.error().message;
  if (!read)
    return;
  sync_ = std::move(read->sync);
  journal_problems_.insert(journal_problems_.end(), read->unreadable.begin(),
                           read->unreadable.end());
  for (auto& event : read->events) {
    unsettled_ = true;
    const auto [place, is_new] = recorded_places_.emplace(event.id, recorded_.size());
    if (is_new) {
      recorded_.push_back(std::move(event));
    } else { // stamped anew when the server's clock was merged
      recorded_[place->second] = std::move(event);
      restamped_ = true;
    }
  }
}

void local_board::take_commits(git_moves found) {
  commits_ = std::move(found);
  unsettled_ = true;
}

std::size_t local_board::settle() {
  const epoch_us now = wall_clock_now();
  if (!queue_read_ || (!unsettled_ && (next_move_ == 0 || now < next_move_)))
    return 0;
  unsettled_ = false;
  std::size_t moved = 0; // to another place of the order
  if (restamped_) {
    moved = settled_;
    log_ = std::make_unique<event_log>();
    timeline_ = std::make_unique<timeline>(*log_);
    moves_ = {};
    settled_ = 0;
    restamped_ = false;
  }
  const auto fresh = std::span(recorded_).subspan(std::exchange(settled_, recorded_.size()));
  moves_.add(fresh);
  std::vector<lane_move> moves;
  for (const auto& [slug, feature] : features_)
    moves.insert(moves.end(), feature.moves.begin(), feature.moves.end());
  for (const auto& move : commits_.moves)
    if (const auto known = features_.find(move.feature);
        known != features_.end() && !known->second.view.read_only)
      moves.push_back(move);
  next_move_ = 0;
  std::erase_if(moves, [&](const lane_move& move) {
    const epoch_us due = move.at + recording_time;
    if (due > now && (next_move_ == 0 || due < next_move_))
      next_move_ = due;
    return due > now;
  });
  // What is in the log stays there: an event that was delivered is told by the log alone.
  auto added = log_->add(fresh);
  timeline_->changed_from(added.first);
  const auto inferred = log_->add(events_of(std::move(moves), moves_));
  timeline_->changed_from(inferred.first);
  sources_ = sources_in_log();
  return moved + added.earlier + inferred.earlier;
}

std::vector<source_view> local_board::sources_in_log() const {
  std::map<event_origin, source_view> found;
  for (std::size_t place = 0; place < log_->size(); ++place) {
    const log_row& row = log_->at(place);
    source_view& source = found[row.origin];
    source.kind = row.origin;
    source.from = source.count == 0 ? row.at : std::min(source.from, row.at);
    source.to = std::max(source.to, row.at);
    ++source.count;
  }
  std::vector<source_view> all;
  all.reserve(found.size());
  for (const auto& [kind, source] : found)
    all.push_back(source);
  return all;
}

board_view local_board::now() const {
  board_view view;
  view.project = project_name_;
  view.taken_at = wall_clock_now();
  view.unreadable = problems_;
  if (!home_problem_.empty())
    view.unreadable.push_back(home_problem_);
  view.unreadable.insert(view.unreadable.end(), journal_problems_.begin(), journal_problems_.end());
  for (const auto& [slug, feature] : features_) {
    view.features.push_back(feature.view);
    view.unreadable.insert(view.unreadable.end(), feature.unreadable.begin(),
                           feature.unreadable.end());
  }
  view.sources = sources_;
  view.history_complete = commits_.complete;
  view.sync = sync_;
  with_events(view, *log_, timeline_->state_at(log_->size()));
  add_waits(view);
  return view;
}

board_view local_board::past(std::size_t position) {
  const board_view known = now();
  board_view then = as_of(known, *log_, timeline_->state_at(position), position);
  then.sync = known.sync;
  add_waits(then);
  return then;
}

std::vector<std::string> local_board::slugs() const {
  std::vector<std::string> all;
  all.reserve(features_.size());
  for (const auto& [slug, feature] : features_)
    all.push_back(slug);
  return all;
}

} // namespace spec_kitty::board
