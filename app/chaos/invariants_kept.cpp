// Events: none lost, none invented, each once in effect.
#include "app/chaos/invariants.hpp"
#include "app/chaos/invariants_words.hpp"

namespace spec_kitty::chaos {

findings nothing_is_lost(const history& seen) {
  std::set<std::string> ids;
  std::set<std::string> markers;
  each_kept(seen, [&](const kept_event& event, const std::string&) {
    ids.insert(event.event_id);
    markers.insert(event.marker);
  });
  findings out;
  for (const auto& attempt : seen.attempts) {
    const bool kept = attempt.event_id.empty() ? markers.contains(attempt.marker)
                                               : ids.contains(attempt.event_id);
    if (attempt.acknowledged && !kept)
      out.push_back("the acknowledged event " + named(attempt) + " of " + attempt.home +
                    " is nowhere");
  }
  return out;
}

findings nothing_is_invented(const history& seen) {
  std::map<std::string, const attempt*> asked;
  for (const auto& attempt : seen.attempts)
    asked.emplace(attempt.marker, &attempt);
  std::map<std::string, std::string> id_of; // by marker
  findings out;
  each_kept(seen, [&](const kept_event& event, const std::string& where) {
    const auto found = asked.find(event.marker);
    if (found == asked.end()) {
      out.push_back(where + " has the event " + event.event_id + ", which was not requested");
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
  for (const auto& attempt : seen.attempts) {
    const auto found = attempt.event_id.empty() ? there.end() : there.find(attempt.event_id);
    if (found != there.end() && found->second->marker != attempt.marker)
      out.push_back("the server keeps " + attempt.event_id + " as " + found->second->marker +
                    ", it was recorded as " + attempt.marker);
    if (seen.healed && attempt.acknowledged && !markers.contains(attempt.marker) &&
        !dead.contains(attempt.marker))
      out.push_back("the event " + named(attempt) + " of " + attempt.home +
                    " never came to a server, although nothing was in its way");
  }
  return out;
}

} // namespace spec_kitty::chaos
