// BOARDS: the boards of teams for people in a browser, folded from the teams' logs.
//
//   GET /board/…, stream ─▶ who is this browser, in which team, with which role
//                              │
//                              ▼
//   store ─ pages of the log ─▶ shown_board ─▶ replies, and what differs to every open stream
//
// A board is made when somebody asks for it, kept while it is looked at, and dropped when nobody
// has asked for ten minutes or the memory is for others. On a thread of its own: a fold takes
// seconds where a log is long, and is done page by page between the requests of other teams.
#pragma once

#include "app/board/api/stream_hub.hpp"
#include "app/board/core/team_board.hpp"
#include "app/server/actors/account_rates.hpp"
#include "app/server/actors/context.hpp"
#include "app/server/pages/browser_sessions.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace spec_kitty::server {

/// How long SESSIONS may take.
inline constexpr auto identify_patience = std::chrono::seconds(10);

/// A team's board in memory.
struct shown_board {
  shown_board(store::team_id of, std::string name, const std::function<epoch_us()>& clock)
      : team(of), board(std::move(name), clock), streams([](const json_value&) { return true; }) {}

  using request = std::function<void(shown_board&)>;

  store::team_id team;
  spec_kitty::board::team_board board;
  spec_kitty::board::stream_hub streams; ///< of browsers that were identified before
  store::sequence through = 0;
  store::sequence head = 0;
  bool reading = false;
  bool whole = false;           ///< it has been read to its head once
  std::vector<request> waiting; ///< for that
  std::size_t earlier = 0;      ///< events that changed the past since the last publishing
  epoch_us used = 0;            ///< on the clock of steady(), as all that follow
  epoch_us next_publishing = 0;
  bool publishing_asked = false;
  listener::outbound_reply columns; ///< compressed: the same for all, and large
  std::size_t columns_count = no_columns;

  static constexpr std::size_t no_columns = ~std::size_t{0};
};

/// A stream of a person's browser.
struct team_stream : spec_kitty::board::open_stream {
  caller_ptr owner;
};

struct boards_state {
  static inline const char* name = "boards";

  ~boards_state();

  // board_requests.cpp
  void handle(const http_call& asked);
  void handle(const upgrade_call& asked);
  void answer(const http_call& asked, const browser_session& person);
  void accept(const upgrade_call& asked, const caller_ptr& of, const std::string& team_name);
  listener::websocket_events events_of(const std::shared_ptr<team_stream>& stream,
                                       const std::string& team_name);
  /// Too many streams of this account, or in all.
  std::optional<listener::outbound_reply> judge(const caller& of,
                                                const listener::inbound_request& request) const;
  void check_access();

  // board_feed.cpp
  /// Calls `then` when the board has been read; false, and nothing is called, where too much waits
  /// or no memory is left.
  bool with_board(store::team_id team, const std::string& team_name, shown_board::request then);
  void read_on(const std::shared_ptr<shown_board>& of);
  void take_page(const std::shared_ptr<shown_board>& of, const result<store::page>& page);
  void add_events(shown_board& to, const store::page& page);
  void publish(const std::shared_ptr<shown_board>& of);
  void hear(const team_news& news);
  void look_after();
  void forget(store::team_id team);
  /// Whether there is room for one more, after those that nobody looks at were dropped.
  bool free_memory();
  /// Tells the figures how much is held.
  void report() const;

  context_ptr context;
  std::optional<browser_sessions> sessions;
  std::optional<account_rates> rates;
  std::map<store::team_id, std::shared_ptr<shown_board>> boards;
  std::set<std::shared_ptr<team_stream>> streams;
  std::map<store::account_id, std::string> account_names;
  epoch_us next_check = 0;
  epoch_us next_sign = 0;
  boards_actor::pointer self = nullptr;
};

boards_actor::behavior_type boards(boards_actor::stateful_pointer<boards_state> self,
                                   context_ptr context);

} // namespace spec_kitty::server
