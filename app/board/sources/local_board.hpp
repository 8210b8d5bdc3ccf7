// The board of one repository and one home: everything it is made of, read again piece by piece.
//
//   kitty-specs ─▶ features, activity logs ─┐
//   git log ──────▶ older moves ────────────┼─▶ log ─▶ timeline ─▶ now(), past()
//   queue ────────▶ events with a clock ────┘
//
// Not for several threads at once. Changes nothing on disk.
#pragma once

#include "app/board/core/board_source.hpp"
#include "app/board/core/state.hpp"
#include "app/board/sources/features.hpp"
#include "app/board/sources/git_history.hpp"
#include "app/board/sources/home_events.hpp"
#include "app/home/home_view.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::board {

class local_board : public board_source {
public:
  /// Reads nothing yet. Without a home there are no events with a clock.
  local_board(workflow::repository repo, std::optional<home_view> home);

  /// Every feature; those that are gone are left out.
  void read_features();
  /// Features that came or went, and whether any did; the others stay as they were read.
  bool read_feature_list();
  /// One feature, after a change in its folder. Whether it is another than before.
  bool read_one_feature(const std::string& slug);
  /// The state of delivery alone, which is quick.
  void read_delivery();
  /// The queue, and the state of delivery; the first time the delivered events, too.
  void read_home_events();
  /// What read_home_from_beginning found, which takes a second in a full queue.
  void take_home_events(result<home_reading> read);
  /// What read_git_moves found, which takes seconds in a large repository.
  void take_commits(git_moves found);
  /// Takes what was read into the log; does nothing where nothing new was read and no move has
  /// waited for its event long enough, and before the queue was read, which tells of moves better
  /// than anything else. How many events in the past are new.
  std::size_t settle();

  /// The board now.
  board_view now() const override;
  /// The board after the first `position` events.
  board_view past(std::size_t position) override;

  const event_log& log() const override { return *log_; }
  const workflow::repository& repo() const { return repo_; }
  const std::optional<home_view>& home() const { return home_; }
  const std::string& project_uuid() const { return project_uuid_; }
  std::vector<std::string> slugs() const;

private:
  bool take_feature(const std::string& slug, std::optional<feature_on_disk> read);
  std::vector<source_view> sources_in_log() const;

  workflow::repository repo_;
  std::optional<home_view> home_;
  std::string project_name_;
  std::string project_uuid_;
  std::map<std::string, feature_on_disk> features_;
  std::vector<std::string> problems_; ///< why kitty-specs or the store cannot be read
  std::string home_problem_;
  std::vector<std::string> journal_problems_;
  bool queue_read_; ///< or this board has no home
  git_moves commits_;
  std::vector<source_view> sources_;
  std::optional<sync_view> sync_;
  std::vector<board_event> recorded_; ///< with a clock, in the order in which they were read
  std::map<ulid, std::size_t> recorded_places_;
  std::size_t settled_ = 0; ///< so many of them are in the log
  recorded_moves moves_;    ///< of them, for moves of other sources
  bool restamped_ = false;  ///< the clock of an event is another than in the log
  bool unsettled_ = true;   ///< something was read that is not in the log yet
  epoch_us next_move_ = 0;  ///< when the first move that waits for its event comes into the log
  std::unique_ptr<event_log> log_;
  std::unique_ptr<timeline> timeline_;
};

} // namespace spec_kitty::board
