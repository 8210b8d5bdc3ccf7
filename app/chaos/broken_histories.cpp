#include "app/chaos/self_test.hpp"

#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

attempt recorded(history& seen, const std::string& number, std::uint64_t clock) {
  attempt attempt;
  attempt.marker = "home-" + number;
  attempt.home = "home";
  attempt.asked = seen.tick();
  attempt.answered = seen.tick();
  attempt.acknowledged = true;
  attempt.event_id = "01J000000000000000000000" + number;
  attempt.lamport_clock = clock;
  return attempt;
}

kept_event kept(const attempt& attempt) {
  kept_event out;
  out.event_id = attempt.event_id;
  out.marker = attempt.marker;
  out.node_id = "node";
  out.team = "team-a";
  out.lamport_clock = attempt.lamport_clock;
  return out;
}

/// WP01 went from planned over doing to for_review: on the branch, and in two events.
work_view moved_twice() {
  work_view view;
  view.when = "after a kill";
  std::string cause;
  std::string from = "planned";
  for (const char* to : {"doing", "for_review"}) {
    const work_change change{"001-tea WP01 lane", from, to};
    view.on_branch.push_back(change);
    const auto number = view.on_branch.size();
    view.recorded.push_back(
        {change, true, true, "001-tea WP01", "node", number, "E" + std::to_string(number), cause});
    cause = view.recorded.back().event_id;
    from = to;
  }
  return view;
}

} // namespace

history sound_history() {
  history seen;
  for (std::uint64_t i = 1; i <= 4; ++i)
    seen.attempts.push_back(recorded(seen, "0" + std::to_string(i), i * 10));
  const auto& all = seen.attempts;
  seen.servers.push_back({"server", {kept(all[0]), kept(all[1])}, "team-a"});
  store_view store;
  store.home = "home";
  store.clock = 40;
  store.events = {kept(all[2]), kept(all[3])};
  store.events[1].tries = 1;
  seen.guilty.insert(all[3].marker);
  seen.stores.push_back(store);
  seen.sendings.push_back({"server", "team-a", "team-a"});
  seen.refreshes = {{1, false}, {2, false}, {2, true}};
  seen.runs.push_back({"home", 4, {{"synced", 2}, {"rejected", 1}, {"transient", 1}}});
  status_seen status{"home", seen.tick(), 2, true, {}};
  status.on_server = {all[0].event_id, all[1].event_id};
  seen.statuses.push_back(status);
  seen.heard.push_back({"home", all[2].answered, 35});
  seen.works.push_back(moved_twice());
  seen.log = {all[0].event_id, all[1].event_id};
  seen.listeners.push_back({"home", {{2, all[1].event_id}}, {all[0].event_id}});
  seen.sessions = {{"a lost reply", "family-1", "family-1", true},
                   {"a theft", "family-1", "", false, true}};
  return seen;
}

history history_that_breaks(std::string_view invariant) {
  history seen = sound_history();
  auto& store = seen.stores[0];
  if (invariant == "nothing-lost") {
    store.events.erase(store.events.begin());
  } else if (invariant == "nothing-invented") {
    auto more = store.events[0];
    more.event_id += "X";
    more.lamport_clock = 39;
    store.events.push_back(more);
  } else if (invariant == "once") {
    seen.servers[0].events.push_back(seen.servers[0].events[0]);
  } else if (invariant == "order") {
    std::swap(seen.attempts[0].lamport_clock, seen.attempts[1].lamport_clock);
  } else if (invariant == "causality") {
    seen.heard[0].value = 40;
  } else if (invariant == "tenancy") {
    seen.sendings.push_back({"server", "team-b", "team-a"});
  } else if (invariant == "session") {
    seen.refreshes.push_back({1, false});
  } else if (invariant == "no-blame") {
    store.events[0].tries = 1;
  } else if (invariant == "accounting") {
    seen.runs[0].selected = 5;
  } else if (invariant == "status") {
    seen.statuses[0].waiting = 1;
  } else if (invariant == "store") {
    store.wrong.emplace_back("live: the store says 2, there are 3");
  } else if (invariant == "transitions") {
    seen.works[0].recorded.pop_back();
  } else if (invariant == "settled") {
    seen.works[0].left.emplace_back("left a lock: index.lock");
  } else if (invariant == "heard-once") {
    seen.listeners[0].heard.push_back(seen.listeners[0].heard[0]);
  } else if (invariant == "heard-all") {
    seen.listeners[0].heard.clear();
  } else if (invariant == "same-session") {
    seen.sessions[0].now = "family-2";
  } else if (invariant == "theft-ends") {
    seen.sessions[1].thief_works = true;
  } else if (invariant == "none-unused") {
    seen.sessions[0].left_open = 1;
  } else if (invariant == "ends") {
    seen.strange.push_back({"`emit` was ended by signal 11"});
  } else {
    throw std::invalid_argument("no history breaks " + std::string(invariant));
  }
  return seen;
}

} // namespace spec_kitty::chaos
