#include "app/board/core/team_board.hpp"

#include "app/board/core/event_reading.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::board {

namespace {

constexpr std::size_t max_project = 100;

} // namespace

team_board::team_board(std::string team_name, std::function<epoch_us()> clock)
    : name_(std::move(team_name)), clock_(std::move(clock)), timeline_(log_) {}

std::size_t team_board::add(std::span<const team_event> events) {
  std::vector<board_event> batch;
  batch.reserve(events.size());
  for (const auto& event : events) {
    std::string text(event.text); // compact already, where the server has taken it
    const auto json = compact_and_parse(text);
    auto read = json ? read_event(*json, event.by) : std::nullopt;
    if (!read)
      continue;
    const auto project = text_of(*json, "project_slug");
    if (project && !project->empty() && !read->feature.empty())
      read->feature = excerpt(*project, max_project) + "/" + read->feature;
    node_view& node = nodes_[read->node_id];
    node.node_id = read->node_id;
    node.by = read->sender;
    node.heard_at = std::max(node.heard_at, event.received_at);
    ++node.events;
    events_.from = events_.count == 0 ? read->at : std::min(events_.from, read->at);
    events_.to = std::max(events_.to, read->at);
    ++events_.count;
    batch.push_back(std::move(*read));
  }
  const auto done = log_.add(batch);
  timeline_.changed_from(done.first);
  return done.earlier;
}

std::vector<node_view> team_board::nodes() const {
  std::vector<node_view> all;
  all.reserve(nodes_.size());
  for (const auto& [id, node] : nodes_)
    all.push_back(node);
  std::stable_sort(all.begin(), all.end(), [](const node_view& left, const node_view& right) {
    return left.heard_at > right.heard_at;
  });
  all.resize(std::min(all.size(), max_nodes));
  return all;
}

board_view team_board::now() const {
  board_view view;
  view.home = "team";
  view.project = name_;
  view.taken_at = clock_();
  if (events_.count > 0)
    view.sources = {events_};
  view.history_complete = complete_;
  view.nodes = nodes();
  with_events(view, log_, timeline_.state_at(log_.size()));
  add_waits(view);
  return view;
}

board_view team_board::past(std::size_t position) {
  const board_view known = now();
  board_view then = as_of(known, log_, timeline_.state_at(position), position);
  then.nodes = known.nodes;
  add_waits(then);
  return then;
}

} // namespace spec_kitty::board
