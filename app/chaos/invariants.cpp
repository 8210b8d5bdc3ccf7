#include "app/chaos/invariants.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace spec_kitty::chaos {

namespace {

/// Every event that is kept anywhere, with where.
template <class Visit>
void each_kept(const history& seen, const Visit& visit) {
  for (const auto& store : seen.stores)
    for (const auto& event : store.events)
      visit(event, "the store of " + store.home);
  for (const auto& server : seen.servers)
    for (const auto& event : server.events)
      visit(event, "the server " + server.name);
}

std::string named(const attempt& one) {
  return one.marker + (one.event_id.empty() ? "" : " (" + one.event_id + ")");
}

std::string of(std::uint64_t number) {
  return std::to_string(number);
}

} // namespace

findings nothing_is_lost(const history& seen) {
  std::set<std::string> ids;
  std::set<std::string> markers;
  each_kept(seen, [&](const kept_event& event, const std::string&) {
    ids.insert(event.event_id);
    markers.insert(event.marker);
  });
  findings out;
  for (const auto& one : seen.attempts) {
    const bool kept =
        one.event_id.empty() ? markers.contains(one.marker) : ids.contains(one.event_id);
    if (one.acknowledged && !kept)
      out.push_back("the acknowledged event " + named(one) + " of " + one.home + " is nowhere");
  }
  return out;
}

findings nothing_is_invented(const history& seen) {
  std::map<std::string, const attempt*> asked;
  for (const auto& one : seen.attempts)
    asked.emplace(one.marker, &one);
  std::map<std::string, std::string> id_of; // by marker
  findings out;
  each_kept(seen, [&](const kept_event& event, const std::string& where) {
    const auto found = asked.find(event.marker);
    if (found == asked.end()) {
      out.push_back(where + " has the event " + event.event_id + ", which nobody asked for");
      return;
    }
    if (found->second->refused)
      out.push_back(where + " has the event " + event.marker + ", which was refused");
    if (event.event_id.empty())
      return;
    const auto [known, fresh] = id_of.emplace(event.marker, event.event_id);
    if (!fresh && known->second != event.event_id)
      out.push_back("one attempt, " + event.marker + ", became two events: " + known->second +
                    " and " + event.event_id);
  });
  return out;
}

findings once_in_effect(const history& seen) {
  findings out;
  std::map<std::string, const kept_event*> there;
  for (const auto& server : seen.servers) {
    std::set<std::string> of_this;
    for (const auto& event : server.events) {
      if (!of_this.insert(event.event_id).second)
        out.push_back("the server " + server.name + " keeps " + event.event_id + " twice");
      there.emplace(event.event_id, &event);
    }
  }
  std::set<std::string> dead;
  for (const auto& store : seen.stores)
    for (const auto& event : store.events)
      if (event.dead)
        dead.insert(event.marker);
  std::set<std::string> markers;
  for (const auto& [id, event] : there)
    markers.insert(event->marker);
  for (const auto& one : seen.attempts) {
    const auto found = one.event_id.empty() ? there.end() : there.find(one.event_id);
    if (found != there.end() && found->second->marker != one.marker)
      out.push_back("the server keeps " + one.event_id + " as " + found->second->marker +
                    ", it was recorded as " + one.marker);
    if (seen.healed && one.acknowledged && !markers.contains(one.marker) &&
        !dead.contains(one.marker))
      out.push_back("the event " + named(one) + " of " + one.home +
                    " never came to a server, although nothing was in its way");
  }
  return out;
}

namespace {

/// Of two acknowledged attempts of one home, one asked after the other was answered: both its id
/// and its clock must be greater.
void check_order(std::vector<const attempt*> of_home, findings& out) {
  std::vector<const attempt*> by_answer = of_home;
  std::sort(of_home.begin(), of_home.end(),
            [](const attempt* a, const attempt* b) { return a->asked < b->asked; });
  std::sort(by_answer.begin(), by_answer.end(),
            [](const attempt* a, const attempt* b) { return a->answered < b->answered; });
  const attempt* highest_clock = nullptr;
  const attempt* highest_id = nullptr;
  std::size_t next = 0;
  for (const attempt* one : of_home) {
    for (; next < by_answer.size() && by_answer[next]->answered < one->asked; ++next) {
      const attempt* before = by_answer[next];
      if (highest_clock == nullptr || before->lamport_clock > highest_clock->lamport_clock)
        highest_clock = before;
      if (highest_id == nullptr || before->event_id > highest_id->event_id)
        highest_id = before;
    }
    if (one->lamport_clock != 0 && highest_clock != nullptr &&
        one->lamport_clock <= highest_clock->lamport_clock)
      out.push_back(one->home + ": the clock " + of(one->lamport_clock) + " of " + named(*one) +
                    " was given out after " + of(highest_clock->lamport_clock));
    if (!one->event_id.empty() && highest_id != nullptr && one->event_id <= highest_id->event_id)
      out.push_back(one->home + ": the id " + one->event_id + " was given out after " +
                    highest_id->event_id);
  }
}

} // namespace

findings clocks_rise(const history& seen) {
  findings out;
  std::map<std::string, std::vector<const attempt*>> homes;
  std::map<std::string, std::uint64_t> highest;
  for (const auto& one : seen.attempts)
    if (one.acknowledged && !one.event_id.empty()) {
      homes[one.home].push_back(&one);
      highest[one.home] = std::max(highest[one.home], one.lamport_clock);
    }
  for (auto& [home, attempts] : homes)
    check_order(std::move(attempts), out);

  std::map<std::pair<std::string, std::uint64_t>, std::string> owner; // of a node's clock value
  each_kept(seen, [&](const kept_event& event, const std::string&) {
    if (event.lamport_clock == 0)
      return;
    const auto [known, fresh] =
        owner.emplace(std::pair(event.node_id, event.lamport_clock), event.event_id);
    if (!fresh && known->second != event.event_id)
      out.push_back("the clock " + of(event.lamport_clock) + " of " + event.node_id +
                    " was used by " + known->second + " and " + event.event_id);
  });
  for (const auto& store : seen.stores) {
    if (!store.trouble.empty())
      continue;
    std::uint64_t least = highest[store.home];
    for (const auto& event : store.events)
      least = std::max(least, event.lamport_clock);
    if (store.clock < least)
      out.push_back(store.home + ": the clock stands at " + of(store.clock) + " after " +
                    of(least) + " was given out");
  }
  return out;
}

findings causality_holds(const history& seen) {
  findings out;
  for (const auto& one : seen.attempts)
    if (one.lamport_clock != 0 && one.lamport_clock <= one.after_clock)
      out.push_back(one.home + ": " + named(one) + " has the clock " + of(one.lamport_clock) +
                    ", but was recorded on hearing of " + of(one.after_clock));
  for (const auto& value : seen.heard)
    for (const auto& one : seen.attempts)
      if (one.home == value.home && one.lamport_clock != 0 && one.asked > value.known &&
          one.lamport_clock <= value.value)
        out.push_back(one.home + ": " + named(one) + " has the clock " + of(one.lamport_clock) +
                      ", but " + of(value.value) + " had been heard before");
  return out;
}

findings teams_stay_apart(const history& seen) {
  std::set<std::string> out; // each kind once, not each batch
  for (const auto& one : seen.sendings)
    if (one.token_team != one.event_team)
      out.insert("an event of the team " + one.event_team + " went to " + one.server +
                 " with a token of " + one.token_team);
  return {out.begin(), out.end()};
}

findings innocent_are_not_blamed(const history& seen) {
  findings out;
  for (const auto& store : seen.stores)
    for (const auto& event : store.events)
      if ((event.tries > 0 || event.dead) && !seen.guilty.contains(event.marker))
        out.push_back(store.home + ": " + event.marker + (event.dead ? " is dead" : " was blamed") +
                      " after " + of(event.tries) + " tries, and no server was to refuse it");
  return out;
}

findings runs_add_up(const history& seen) {
  findings out;
  for (const auto& run : seen.runs) {
    std::uint64_t sum = 0;
    for (const auto& [name, count] : run.buckets)
      sum += count;
    if (sum != run.selected)
      out.push_back(run.home + ": a run selected " + of(run.selected) + ", its buckets hold " +
                    of(sum));
  }
  return out;
}

findings status_is_true(const history& seen) {
  findings out;
  for (const auto& status : seen.statuses) {
    std::uint64_t must_wait = 0;
    for (const auto& one : seen.attempts)
      if (one.home == status.home && one.acknowledged && one.answered < status.asked &&
          !one.event_id.empty() && !status.on_server.contains(one.event_id))
        ++must_wait;
    if (status.waiting < must_wait)
      out.push_back(status.home + ": the status says that " + of(status.waiting) +
                    " events wait, and " + of(must_wait) + " are not on the server");
    if (status.says_acked && status.on_server.empty())
      out.push_back(status.home +
                    ": the status speaks of an acknowledgement, and no server has kept "
                    "anything");
  }
  return out;
}

findings stores_are_sound(const history& seen) {
  findings out;
  for (const auto& store : seen.stores) {
    if (!store.trouble.empty())
      out.push_back(store.home + ": the store cannot be read: " + store.trouble);
    for (const auto& wrong : store.wrong)
      out.push_back(store.home + ": " + wrong);
  }
  return out;
}

findings processes_end_well(const history& seen) {
  findings out;
  for (const auto& one : seen.strange)
    out.push_back(one.what);
  return out;
}

std::span<const invariant> invariants() {
  static constexpr std::array<invariant, 11> all = {{
      {"nothing-lost", "no acknowledged event is lost", nothing_is_lost},
      {"nothing-invented", "no event appears that nobody recorded", nothing_is_invented},
      {"once", "each event is on the server once in effect", once_in_effect},
      {"order", "clocks and ids of a node rise strictly in the order of acknowledgement",
       clocks_rise},
      {"causality", "an event has a greater clock than all that its node had heard",
       causality_holds},
      {"tenancy", "no event of one team goes out with a token of another", teams_stay_apart},
      {"no-blame", "no refusal is counted against an innocent event", innocent_are_not_blamed},
      {"accounting", "what a run selected is the sum of its buckets", runs_add_up},
      {"status", "the status never claims more than is true", status_is_true},
      {"store", "stores can be read, and their books agree with their rows", stores_are_sound},
      {"ends", "no process ends by a defect, an unsent signal, or not at all", processes_end_well},
  }};
  return all;
}

std::vector<violation> check_all(const history& seen) {
  std::vector<violation> out;
  for (const auto& one : invariants())
    for (auto& words : one.check(seen))
      out.push_back({std::string(one.name), std::move(words)});
  return out;
}

} // namespace spec_kitty::chaos
