// What must hold under every fault: one small pure function for each promise of docs/guarantees.md.
//
// A checker gets the whole history and gives one line for each violation, naming the event, clock
// or home. None of them knows the injected faults, except which events a server was to
// refuse. Each is tried by `spec-kitty-chaos self-test` on a history that breaks its promise alone.
#pragma once

#include "app/chaos/history.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

struct violation {
  std::string invariant; ///< its name
  std::string words;     ///< what was seen

  bool operator==(const violation&) const = default;
};

using findings = std::vector<std::string>;

struct invariant {
  std::string_view name;
  std::string_view promise; ///< in one sentence
  findings (*check)(const history& seen);
};

/// Every acknowledged event is on a server, in a store, or in a spill file.
findings nothing_is_lost(const history& seen);
/// Every event that is kept was asked for, and no attempt became two events.
findings nothing_is_invented(const history& seen);
/// No server keeps an id twice; after healing each acknowledged event is there, unless it died of a
/// refusal, and every event there is as it was acknowledged.
findings once_in_effect(const history& seen);
/// Per home, ids and clocks rise strictly in the order of acknowledgement; no clock of a node is
/// used twice; no store's clock is behind what was acknowledged.
findings clocks_rise(const history& seen);
/// An event requested after its home, or the caller, received a clock has a greater one.
findings causality_holds(const history& seen);
/// No event of a team is sent with a token of another, or comes to a server that is not its own.
findings teams_stay_apart(const history& seen);
/// No refresh token is used again, unless the reply before may not have come, or left it good.
findings sessions_are_kept(const history& seen);
/// No refusal is counted against an event that no server was to refuse.
findings innocent_are_not_blamed(const history& seen);
/// `selected` of a run is the sum of its buckets.
findings runs_add_up(const history& seen);
/// `sync status` never reports fewer waiting events than there are, nor an ack that never came.
findings status_is_true(const history& seen);
/// Stores can be read, and their rows and counters agree.
findings stores_are_sound(const history& seen);
/// Each change of work on a branch has one event, each such event its change, in one order; the
/// cause of an event of a work package is the last one before it.
findings changes_are_recorded(const history& seen);
/// What a listener reports rises in the log, and is what the log has under that number.
findings events_are_heard_once(const history& seen);
/// Each event of the log that a listener's home did not record was reported.
findings all_events_are_heard(const history& seen);
/// After each fault the home has the session that it had, and it works; unless it was stolen.
findings sessions_continue(const history& seen);
/// After the owner's next refresh a stolen session works for nobody.
findings thefts_end_sessions(const history& seen);
/// The server keeps no session that no home has.
findings no_session_is_left(const history& seen);
/// No interrupted command leaves an intent, a lock, an uncommitted change or a process.
findings interruptions_are_settled(const history& seen);
/// No process ends by a defect, by a signal that was not sent, or not at all.
findings processes_end_well(const history& seen);

/// All of them.
std::span<const invariant> invariants();

/// Every violation of every invariant.
std::vector<violation> check_all(const history& seen);

} // namespace spec_kitty::chaos
