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

} // namespace spec_kitty::chaos
