// Clocks and ids: rising, and above what was heard.
#include "app/chaos/invariants.hpp"
#include "app/chaos/invariants_words.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::chaos {

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
  for (const attempt* entry : of_home) {
    for (; next < by_answer.size() && by_answer[next]->answered < entry->asked; ++next) {
      const attempt* before = by_answer[next];
      if (highest_clock == nullptr || before->lamport_clock > highest_clock->lamport_clock)
        highest_clock = before;
      if (highest_id == nullptr || before->event_id > highest_id->event_id)
        highest_id = before;
    }
    if (entry->lamport_clock != 0 && highest_clock != nullptr &&
        entry->lamport_clock <= highest_clock->lamport_clock)
      out.push_back(entry->home + ": the clock " + of(entry->lamport_clock) + " of " +
                    named(*entry) + " was given out after " + of(highest_clock->lamport_clock));
    if (!entry->event_id.empty() && highest_id != nullptr &&
        entry->event_id <= highest_id->event_id)
      out.push_back(entry->home + ": the id " + entry->event_id + " was given out after " +
                    highest_id->event_id);
  }
}

} // namespace

findings clocks_rise(const history& seen) {
  findings out;
  std::map<std::string, std::vector<const attempt*>> homes;
  std::map<std::string, std::uint64_t> highest;
  for (const auto& attempt : seen.attempts)
    if (attempt.acknowledged && !attempt.event_id.empty()) {
      homes[attempt.home].push_back(&attempt);
      highest[attempt.home] = std::max(highest[attempt.home], attempt.lamport_clock);
    }
  for (auto& [home, attempts] : homes)
    check_order(std::move(attempts), out);

  std::map<std::pair<std::string, std::uint64_t>, std::string> owner; // of a node's clock value
  const auto note = [&](const kept_event& event) {
    if (event.lamport_clock == 0)
      return;
    // Copies of a home may send for two teams: each of them has stamps of its own.
    const std::string node = event.node_id + (seen.shared_node ? " in " + event.team : "");
    const auto [known, fresh] = owner.emplace(std::pair(node, event.lamport_clock), event.event_id);
    if (!fresh && known->second != event.event_id)
      out.push_back("the clock " + of(event.lamport_clock) + " of " + node + " was used by " +
                    known->second + " and " + event.event_id);
  };
  for (const auto& server : seen.servers)
    std::for_each(server.events.begin(), server.events.end(), note);
  for (const auto& store : seen.stores)
    if (!seen.shared_node) // else what waits may have a stamp that is taken, until it is refused
      std::for_each(store.events.begin(), store.events.end(), note);
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

findings events_are_heard_once(const history& seen) {
  findings out;
  for (const auto& listener : seen.listeners) {
    std::uint64_t last = 0;
    for (const auto& [number, event] : listener.heard) {
      if (number <= last)
        out.push_back(listener.listener + ": event " + of(number) + " after " + of(last));
      last = std::max(last, number);
      if (number == 0 || number > seen.log.size() || seen.log[number - 1] != event)
        out.push_back(listener.listener + ": the log has another event than " + event + " at " +
                      of(number));
    }
  }
  return out;
}

findings all_events_are_heard(const history& seen) {
  findings out;
  for (const auto& listener : seen.listeners) {
    std::set<std::string> known = listener.own;
    for (const auto& [number, event] : listener.heard)
      known.insert(event);
    for (std::size_t i = 0; i < seen.log.size(); ++i)
      if (!known.contains(seen.log[i]))
        out.push_back(listener.listener + ": event " + of(i + 1) + " (" + seen.log[i] +
                      ") was not heard");
  }
  return out;
}

findings causality_holds(const history& seen) {
  findings out;
  for (const auto& attempt : seen.attempts)
    if (attempt.lamport_clock != 0 && attempt.lamport_clock <= attempt.after_clock)
      out.push_back(attempt.home + ": " + named(attempt) + " has the clock " +
                    of(attempt.lamport_clock) + ", but was recorded on hearing of " +
                    of(attempt.after_clock));
  for (const auto& value : seen.heard)
    for (const auto& attempt : seen.attempts)
      if (attempt.home == value.home && attempt.lamport_clock != 0 && attempt.asked > value.known &&
          attempt.lamport_clock <= value.value)
        out.push_back(attempt.home + ": " + named(attempt) + " has the clock " +
                      of(attempt.lamport_clock) + ", but " + of(value.value) +
                      " had been heard before");
  return out;
}

} // namespace spec_kitty::chaos
