// HUB: the WebSockets of all teams.
//
//   upgrade ─▶ snapshot ─▶ live: each event once, in the order of the team's log
//   news of a team ─▶ one page is read for all its live subscribers, each frame made once
//   a client that resumes: snapshot ─▶ its `resume` ─▶ the place it knows ─▶ catching or live
//   too slow ─▶ behind: what waits is dropped ─▶ drained ─▶ reads for itself ─▶ live
//   event of a client ─▶ INGEST, as one batch with what else waits there ─▶ ack or error
//
// HUB learns of events only by reading the log, never from verdicts: an event may be stored
// although its sender got no answer. News may be lost; heads are asked for each second as well.
#pragma once

#include "app/server/actors/context.hpp"
#include "app/server/core/board.hpp"
#include "app/server/core/team_log.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace spec_kitty::server {

/// An event that a client sent, until its verdict.
struct socket_event {
  std::string id;
  std::string text;
  std::shared_ptr<const void> hold; ///< of the socket's bound on what is not handled yet
};

struct subscriber {
  enum class phase : std::uint8_t {
    opening,  ///< accepted, not open yet
    waiting,  ///< open, waits for its snapshot
    resuming, ///< has it, and says where it continues
    live,     ///< gets the pages of its team
    behind,   ///< its queue was dropped; waits until the rest is written
    catching, ///< reads pages of its own
  };

  caller_ptr owner;
  std::shared_ptr<listener::websocket_channel> channel;
  phase state = phase::opening;
  epoch_us since = 0;                    ///< when it was accepted, or began to resume
  std::optional<store::sequence> target; ///< the snapshot shows the log at least up to here
  store::sequence snapshot_through = 0;
  store::sequence next = 0; ///< the event that it gets next

  bool resumes = false;                ///< gets the log: numbers, senders, gaps
  std::optional<resume_request> asked; ///< where it continues, while that is looked up
  std::size_t looked_up = 0;           ///< of what it knows
  store::sequence reported = 0;        ///< it has been reported about everything up to here
  bool lost_its_place = false;         ///< `resumed` was dropped by an overflow

  std::deque<socket_event> waiting;       ///< not sent to INGEST yet
  std::vector<socket_event> sent;         ///< with INGEST now
  std::size_t singles = 0;                ///< so many of `waiting` go alone
  std::set<std::string, std::less<>> own; ///< events of this socket that it need not hear
};

/// A team with subscribers.
struct team_feed {
  std::set<subscriber_id> members;
  board packages;              ///< as of `through`
  std::string log;             ///< id of the team's log
  store::sequence first = 1;   ///< of the log, when it was read last
  store::sequence through = 0; ///< read and sent up to here
  store::sequence news = 0;    ///< the highest head that was heard of
  bool reading = false;
  bool shows_packages = false; ///< a member wants them: read from the log's beginning
  bool started = false;        ///< a page was read
  bool reads_anew = false;     ///< the page that is being read is of no use
  epoch_us idle_since = 0;     ///< when the last member left
};

/// Frames of a page, made when the first subscriber needs them.
class page_frames {
public:
  explicit page_frames(const store::page& page) : page_(page) {}
  std::size_t size() const { return page_.events.size(); }
  store::sequence seq(std::size_t at) const { return page_.events[at].seq; }
  std::string_view id(std::size_t at);
  const std::shared_ptr<const std::string>& text(std::size_t at);
  /// The same with number and sender.
  const std::shared_ptr<const std::string>& log_text(std::size_t at, known_names& names,
                                                     store::accounts& accounts);
  const store::page& page() const { return page_; }

private:
  const store::page& page_;
  std::vector<std::shared_ptr<const std::string>> texts_;
  std::vector<std::shared_ptr<const std::string>> log_texts_;
};

struct hub_state {
  static inline const char* name = "hub";

  /// Closes what it leaves: nobody would answer there any more.
  ~hub_state();

  // ── Sockets. ───────────────────────────────────────────────────────────────────────────────────
  void subscribe(const subscribe_call& asked);
  std::optional<listener::outbound_reply> judge(const caller& of,
                                                const listener::inbound_request& request);
  listener::websocket_events events_of(subscriber_id id);
  void open(const socket_opened& opened);
  void leave(subscriber_id id);
  void overflow(const socket_overflow& report);
  void drained(subscriber_id id);

  // ── Events out (hub_feed.cpp). ─────────────────────────────────────────────────────────────────
  void hear(const team_news& news);
  void read_on(store::team_id team);
  void read_on_for_waiting(store::team_id team);
  void read_for(subscriber_id id);
  void take_page(const page_read& read);
  void take_own_page(const page_read& read);
  /// Sends what of a page a subscriber has not had; false where it reads too slowly.
  bool send_page(subscriber& to, page_frames& frames);
  void welcome(team_feed& feed, const store::page& page);

  // ── Clients that resume (hub_resume.cpp). ─────────────────────────────────────────────────────
  void join(subscriber& fresh, team_feed& feed);
  void welcome_resuming(subscriber& fresh, const team_feed& feed, const store::page& page);
  void take_resume(subscriber& from, subscriber_id id, std::optional<resume_request> asked);
  void look_up_known(subscriber_id id);
  void take_known(const known_looked_up& looked_up);
  void begin_at(subscriber_id id, store::sequence from);
  void report_place(subscriber& to);
  bool send_log_page(subscriber& to, page_frames& frames);
  void report_through();

  // ── Events in (hub_inbound.cpp). ───────────────────────────────────────────────────────────────
  void take_text(const socket_text& text);
  void send_waiting(subscriber_id id);
  void take_verdicts(const socket_verdicts& verdicts);
  void answer_refusal(subscriber& to, const ingest_refusal& why);

  // ── What ages. ─────────────────────────────────────────────────────────────────────────────────
  void look_after();
  void check_access();
  void close_gone(const std::vector<caller_ptr>& gone);

  context_ptr context;
  std::map<subscriber_id, subscriber> subscribers;
  std::map<store::team_id, team_feed> teams;
  std::map<store::account_id, std::size_t> of_account;
  std::map<ulid, std::size_t> of_credential;
  subscriber_id last_id = 0;
  epoch_us last_check = 0;
  epoch_us last_ping = 0;
  hub_actor::pointer self = nullptr;
};

hub_actor::behavior_type hub(hub_actor::stateful_pointer<hub_state> self, context_ptr context);

} // namespace spec_kitty::server
