// What was observed while faults were injected: the only input of the invariants.
//
// The recording code takes a number from `history::tick` before asking and after being answered, so
// that of two observations one is known to have come first, or neither is.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace spec_kitty::chaos {

/// A place in the order of all observations; 0: never.
using moment = std::uint64_t;

/// One emission that was asked for. Its payload carries the marker, which nothing else does.
struct attempt {
  std::string marker;
  std::string home; ///< name of the home it was asked of
  moment asked = 0;
  moment answered = 0;             ///< 0: the process ended before it answered
  bool acknowledged = false;       ///< the answer was a receipt
  bool spilled = false;            ///< and it says: in a spill file, without id and clock yet
  bool refused = false;            ///< the answer was that nothing was recorded
  std::string event_id;            ///< of the receipt
  std::uint64_t lamport_clock = 0; ///< of the receipt; 0: it did not say
  std::uint64_t after_clock = 0;   ///< the caller already knew of an event with this clock
  std::string belongs_to;          ///< the only server that it may come to; empty: any
};

/// An event as a store or a server keeps it.
struct kept_event {
  std::string event_id;
  std::string marker; ///< empty: not one of ours
  std::string node_id;
  std::string team;
  std::uint64_t lamport_clock = 0;
  std::uint32_t tries = 0; ///< refusals that were counted against it
  bool dead = false;       ///< it is a dead letter
  bool spilled = false;    ///< it waits in a spill file: id and clock come later
};

/// A home's store when nothing runs any more.
struct store_view {
  std::string home;
  std::string trouble;            ///< why it could not be read; empty: it was
  std::vector<kept_event> events; ///< live ones in append order, then dead ones, then spilled ones
  std::uint64_t clock = 0;
  std::vector<std::string> wrong; ///< where rows and books disagree (docs/queue-format.md)
};

/// What a server keeps, in the order of arrival.
struct server_view {
  std::string name;
  std::vector<kept_event> events;
  std::string team = {}; ///< the only one whose events it may keep; empty: any
};

/// A batch or a message that went over the wire, as a server or the proxy before it saw it.
struct sending {
  std::string server;
  std::string token_team; ///< of the account whose token it carried
  std::string event_team; ///< of one of its events
};

/// A refresh token went to a server.
struct refresh_use {
  std::uint64_t token = 0;     ///< a number that stands for it
  bool may_come_again = false; ///< the reply before may not have come, or left the token good
};

/// The report of a run (`sync now`, or a run of the daemon).
struct run_seen {
  std::string home;
  std::uint64_t selected = 0;
  std::map<std::string, std::uint64_t> buckets;
};

/// What `sync status` reported.
struct status_seen {
  std::string home;
  moment asked = 0;
  std::uint64_t waiting = 0; ///< queued, leased, held, dead and spilled together
  bool says_acked = false;   ///< `last_ack_at` is there
  /// Event ids on any server, read after the answer.
  std::set<std::string> on_server;
};

/// A home took in another clock value: over a WebSocket, or from a reply.
struct clock_heard {
  std::string home;
  moment known = 0; ///< when it was certain
  std::uint64_t value = 0;
};

/// A process that may not have ended as it did: a defect, a signal that was not sent, a hang.
struct strange_end {
  std::string what;
};

/// A change of a feature's work, as a branch shows it or an event says it.
struct work_change {
  std::string subject; ///< `001-tea WP01 lane`; empty: an event that says no change
  std::string from;    ///< empty where there is no value before
  std::string to;
};

/// An event about a feature's work.
struct work_record {
  work_change change;
  bool shown = true;    ///< a branch shows what it says; else it only may not be there twice
  bool chained = false; ///< its cause is the last event of its thread
  std::string thread;   ///< the work package it is of; empty: its cause is not looked at
  std::string home;     ///< node id of the home that recorded it
  std::uint64_t lamport_clock = 0;
  std::string event_id; ///< empty: it waits in a spill file
  std::string cause;    ///< id of another event; may be empty
};

/// A repository and what was recorded of it, while no command is at work in it.
struct work_view {
  std::string when;                   ///< what was done last
  std::vector<work_change> on_branch; ///< in the order of the branch
  std::vector<work_record> recorded;  ///< in the order of the changes
  std::vector<std::string> left;      ///< what no interrupted command may leave: an intent, a lock
};

/// What a listener reported of others, over all its lives, when it had had the time for it.
struct listener_view {
  std::string listener;
  std::vector<std::pair<std::uint64_t, std::string>> heard; ///< number in the log, event id
  std::set<std::string> own;                                ///< ids that its home recorded
};

/// What became of a home's session after a fault. A session is named by its family.
struct session_seen {
  std::string after;           ///< the fault
  std::string before;          ///< the home's session when it came
  std::string now;             ///< the one that it has; empty: none
  bool works = false;          ///< the home's next refresh succeeded
  bool stolen = false;         ///< somebody else used a token of it
  bool thief_works = false;    ///< and could go on after the home's next refresh
  std::uint64_t left_open = 0; ///< sessions at the server that no home has
};

struct history {
  std::vector<attempt> attempts;
  std::vector<store_view> stores;
  std::vector<server_view> servers;
  std::vector<sending> sendings;
  std::vector<refresh_use> refreshes; ///< in the order of asking
  std::vector<run_seen> runs;
  std::vector<status_seen> statuses;
  std::vector<clock_heard> heard;
  std::vector<strange_end> strange;
  std::vector<work_view> works; ///< of one repository, one after the other
  std::set<std::string> guilty; ///< markers that a server is to refuse
  std::vector<listener_view> listeners;
  std::vector<session_seen> sessions;
  std::vector<std::string> log; ///< event ids of the team's log: the first has number 1
  bool shared_node = false;     ///< homes have one node id: copies that nobody noticed
  bool healed = false;          ///< all faults were ended and everything had time to arrive

  moment tick() { return ++last_; }

private:
  moment last_ = 0;
};

} // namespace spec_kitty::chaos
