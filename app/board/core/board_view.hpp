// What a board shows at one point: plain data, which view_json.hpp writes.
//
//   what is on disk, or a team's log ─▶ board_view ─ with_events ─▶ now
//                                                  ─ as_of ───────▶ the same at a point in the past
//                                            both ─ add_waits ────▶ agents, and who waits for whom
//
// Pure.
#pragma once

#include "app/board/core/log.hpp"
#include "app/board/core/state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::board {

struct subtask_counts {
  std::uint32_t done = 0;
  std::uint32_t all = 0;
};

struct package_view {
  std::string id;
  std::string title;
  std::string lane{name_of(lane::planned)}; ///< one of the four, or as its log names it
  std::string agent;
  std::string assignee;
  std::string note;       ///< the latest note or error
  std::string event_lane; ///< the lane after its latest event, where it is another; else empty
  std::string last_event; ///< id; empty: none is known
  epoch_us since = 0;     ///< in its lane; 0: not known
  epoch_us last_sign = 0; ///< of its latest event; 0: none is known
  std::vector<std::string> dependencies;
  std::vector<std::string> waits_for;     ///< of these, those that are not done: add_waits
  std::optional<subtask_counts> subtasks; ///< nothing: not known, as in the past
  std::uint32_t errors = 0;
  std::uint32_t sent_back = 0;
  std::uint32_t steps_unseen = 0; ///< events whose lane before was not the one seen before
  bool failed = false;
  bool conflict = false;
};

struct feature_view {
  std::string slug;
  std::string number; ///< may be empty
  std::string title;  ///< may be empty
  epoch_us accepted_at = 0;
  bool read_only = false; ///< another program writes its lanes
  bool on_disk = true;
  std::vector<package_view> packages; ///< in order of their ids
};

/// An agent that works on something.
struct agent_view {
  std::string name;
  std::string feature;
  std::string wp_id;
  epoch_us since = 0;
  epoch_us last_sign = 0;
  std::string state; ///< working, silent or failed
};

/// Something that waits for somebody.
struct wait_view {
  std::string kind; ///< review, failed, silent, dependency
  std::string feature;
  std::string wp_id;
  std::string waiter;    ///< agent or person; may be empty
  std::string waits_for; ///< in words
  epoch_us since = 0;
  std::string command; ///< may be empty
  bool urgent = false; ///< a person must act
};

/// Something about the delivery of events that a person can clear.
struct sync_problem {
  std::string code;
  std::uint64_t count = 0;
  std::string text;
  std::string command;
};

/// An event that is not sent any more.
struct dead_letter {
  std::string event_id;
  std::string event_type;
  std::string wp_id;  ///< may be empty
  std::string reason; ///< the server's words
  epoch_us last_try_at = 0;
};

/// Where the events of this home stand.
struct sync_view {
  std::string session; ///< logged_out, expired, authenticated
  std::string team;
  std::string server;
  std::uint64_t queued = 0;
  std::uint64_t leased = 0;
  std::uint64_t held = 0;
  std::uint64_t dead = 0;
  epoch_us last_acknowledged_at = 0;
  std::vector<sync_problem> problems;
  std::vector<dead_letter> dead_letters; ///< the oldest hundred
};

/// A home of a team, as its server hears of it.
struct node_view {
  std::string node_id;
  std::string by; ///< the account that sent its latest event
  std::uint64_t events = 0;
  epoch_us heard_at = 0; ///< when the server received the latest
};

/// How far one source of the past reaches.
struct source_view {
  event_origin kind = event_origin::event;
  epoch_us from = 0;
  epoch_us to = 0;
  std::uint64_t count = 0;
};

/// A point in the total order: after so many events.
struct point_view {
  std::size_t position = 0;
  std::uint32_t seq = 0;
  std::string event_id; ///< the last of them; empty: none
  epoch_us at = 0;
};

struct board_view {
  std::string home = "local"; ///< or team
  std::string project;        ///< its name, for people
  epoch_us taken_at = 0;
  point_view head;
  std::optional<point_view> at; ///< the point shown; nothing: now
  std::vector<source_view> sources;
  bool history_complete = true; ///< false: the history of git could not be read to its beginning
  std::uint64_t unplaced = 0;
  std::vector<std::string> unreadable; ///< what could not be read, and why
  std::vector<feature_view> features;  ///< in order of their slugs
  std::vector<agent_view> agents;
  std::vector<wait_view> waits;
  std::optional<sync_view> sync;
  std::vector<node_view> nodes; ///< of a team, the latest heard first
};

/// The point after the first `position` events of a log.
point_view point_at(const event_log& log, std::size_t position);

/// Adds what the events tell to what is known otherwise, whose lanes stay.
void with_events(board_view& now, const event_log& log, const board_state& state);

/// The board as events leave it at a point: features and work packages that were there, with the
/// titles and dependencies of now.
board_view as_of(const board_view& now, const event_log& log, const board_state& state,
                 std::size_t position);

/// How long an agent may be silent, and a review may wait.
struct patience {
  epoch_us agent = 3600LL * 1'000'000;
  epoch_us review = 24 * 3600LL * 1'000'000;
};

/// Finds the agents at work and who waits for whom, at the moment of `view.taken_at`; what a person
/// must act on comes first, then what waits longest.
void add_waits(board_view& view, const patience& bounds = {});

} // namespace spec_kitty::board
