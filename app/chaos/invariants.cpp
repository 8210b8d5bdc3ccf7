#include "app/chaos/invariants.hpp"

#include <array>
#include <utility>

namespace spec_kitty::chaos {

std::span<const invariant> invariants() {
  static constexpr std::array<invariant, 19> all = {{
      {"nothing-lost", "no acknowledged event is lost", nothing_is_lost},
      {"nothing-invented", "no event appears that was not recorded", nothing_is_invented},
      {"once", "each event is on the server once in effect", once_in_effect},
      {"order", "clocks and ids of a node rise strictly in the order of acknowledgement",
       clocks_rise},
      {"causality", "an event has a greater clock than every value that its node had received",
       causality_holds},
      {"tenancy", "no event of one team is sent with a token of another team", teams_stay_apart},
      {"session", "no refresh token is used again when its reply brought another",
       sessions_are_kept},
      {"no-blame", "no refusal is counted against an innocent event", innocent_are_not_blamed},
      {"accounting", "the buckets of a run sum to what it selected", runs_add_up},
      {"status", "the status never claims more than is true", status_is_true},
      {"store", "stores can be read, and their counters agree with their rows", stores_are_sound},
      {"transitions", "each change of a work package on its branch has one event, in one order",
       changes_are_recorded},
      {"settled", "an interrupted command leaves nothing behind that the next does not clear",
       interruptions_are_settled},
      {"heard-once", "a listener reports each event of others once, in the order of the log",
       events_are_heard_once},
      {"heard-all", "a listener misses no event of others", all_events_are_heard},
      {"same-session", "a session that nobody ended or stole continues, and is the same one",
       sessions_continue},
      {"theft-ends", "a session that a thief used ends with the owner's next refresh, for both",
       thefts_end_sessions},
      {"none-unused", "no session is left at the server that no home has", no_session_is_left},
      {"ends", "no process crashes, hangs, or ends by a signal that was not sent",
       processes_end_well},
  }};
  return all;
}

std::vector<violation> check_all(const history& seen) {
  std::vector<violation> out;
  for (const auto& invariant : invariants())
    for (auto& words : invariant.check(seen))
      out.push_back({std::string(invariant.name), std::move(words)});
  return out;
}

} // namespace spec_kitty::chaos
