// The board of a team, from its log alone. Pure.
//
// A team has several repositories: a feature is named by its project, too (`tea-shop/001-tea`),
// where its events name one.
#pragma once

#include "app/board/core/board_source.hpp"
#include "app/board/core/state.hpp"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::board {

/// An event of a team's log.
struct team_event {
  std::string_view text; ///< as its client sent it
  std::string_view by;   ///< the account that sent it
  epoch_us received_at = 0;
};

class team_board : public board_source {
public:
  /// Homes that are shown: those that were heard last.
  static constexpr std::size_t max_nodes = 200;

  /// `clock`: the time of day.
  team_board(std::string team_name, std::function<epoch_us()> clock);

  /// Adds events in the order of the team's log; other texts are passed over. How many
  /// of them changed the past.
  std::size_t add(std::span<const team_event> events);
  /// Some of the log is not kept any more, or is too far back.
  void miss_some() { complete_ = false; }

  const event_log& log() const override { return log_; }
  board_view now() const override;
  board_view past(std::size_t position) override;

private:
  std::vector<node_view> nodes() const;

  std::string name_;
  std::function<epoch_us()> clock_;
  event_log log_;
  mutable timeline timeline_;
  std::map<std::string, node_view, std::less<>> nodes_;
  source_view events_;
  bool complete_ = true;
};

} // namespace spec_kitty::board
