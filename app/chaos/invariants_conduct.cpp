// How programs behave: teams and sessions, blame, reports, the store's books, their end.
#include "app/chaos/invariants.hpp"
#include "app/chaos/invariants_words.hpp"

namespace spec_kitty::chaos {

findings teams_stay_apart(const history& seen) {
  std::set<std::string> out; // each kind once, not each batch
  for (const auto& sending : seen.sendings)
    if (sending.token_team != sending.event_team)
      out.insert("an event of the team " + sending.event_team + " went to " + sending.server +
                 " with a token of " + sending.token_team);
  std::map<std::string, std::string> home_server; // by marker
  for (const auto& attempt : seen.attempts)
    home_server.emplace(attempt.marker, attempt.belongs_to);
  for (const auto& server : seen.servers)
    for (const auto& event : server.events) {
      if (!server.team.empty() && event.team != server.team)
        out.insert("the server " + server.name + " keeps an event of the team " + event.team);
      const auto& own = home_server[event.marker];
      if (!own.empty() && own != server.name)
        out.insert(event.marker + " belongs to the server " + own + " and came to " + server.name);
    }
  return {out.begin(), out.end()};
}

findings sessions_are_kept(const history& seen) {
  std::set<std::uint64_t> used;
  findings out;
  for (const auto& refresh : seen.refreshes)
    if (!used.insert(refresh.token).second && !refresh.may_come_again)
      out.push_back("refresh token " + of(refresh.token) +
                    " was used again although its reply had come");
  return out;
}

findings sessions_continue(const history& seen) {
  findings out;
  for (const auto& session : seen.sessions) {
    if (session.stolen)
      continue;
    if (!session.works)
      out.push_back("after `" + session.after + "` the session was over, and nobody had ended it");
    else if (session.now != session.before)
      out.push_back("after `" + session.after + "` the session was another one");
  }
  return out;
}

findings thefts_end_sessions(const history& seen) {
  findings out;
  for (const auto& session : seen.sessions)
    if (session.stolen && (session.works || session.thief_works))
      out.push_back("after `" + session.after + "` the session still worked for the " +
                    (session.works ? "owner" : "thief"));
  return out;
}

findings no_session_is_left(const history& seen) {
  findings out;
  for (const auto& session : seen.sessions)
    if (session.left_open > 0)
      out.push_back("after `" + session.after + "` the server kept " + of(session.left_open) +
                    " sessions that no home has");
  return out;
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
    for (const auto& attempt : seen.attempts)
      if (attempt.home == status.home && attempt.acknowledged && attempt.answered < status.asked &&
          !attempt.event_id.empty() && !status.on_server.contains(attempt.event_id))
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
  for (const auto& stray : seen.strange)
    out.push_back(stray.what);
  return out;
}

} // namespace spec_kitty::chaos
