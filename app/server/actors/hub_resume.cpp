// Clients that resume: they say which events they know, and get everything behind the newest of
// them that the log has, with numbers, senders and gaps. Source: docs/protocol.md, Resume.
#include "app/server/actors/hub.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace spec_kitty::server {

namespace {

using phase = subscriber::phase;

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string_view words_of(store::gap_reason why) {
  return why == store::gap_reason::retention ? "retention" : "erased";
}

/// Machine tokens may be used by several homes: each hears what the others send.
bool is_of_its_session(const subscriber& to, const store::stored_event& event) {
  return to.owner->as != role::machine && event.sender == to.owner->credential;
}

constexpr std::uint64_t mark_of(store::sequence seq) {
  return seq + 1;
}

} // namespace

const std::shared_ptr<const std::string>& page_frames::log_text(std::size_t at, known_names& names,
                                                                store::accounts& accounts) {
  log_texts_.resize(page_.events.size());
  const store::stored_event& event = page_.events[at];
  if (!log_texts_[at])
    log_texts_[at] = shared(
        log_event_message(event.seq, names.account_json(accounts, event.account), event.text));
  return log_texts_[at];
}

/// The first member that wants the work packages has them read from the log's beginning; those that
/// listen already pass over what they have had.
void hub_state::join(subscriber& fresh, team_feed& feed) {
  if (fresh.resumes) {
    const auto log = context->names.log(context->accounts(), fresh.owner->team);
    if (log)
      feed.log = *log;
    else
      fresh.channel->close(1011, "the server cannot read the team's events now");
    return;
  }
  if (std::exchange(feed.shows_packages, true) || !feed.started)
    return;
  feed.through = 0;
  feed.reads_anew = feed.reading;
}

void hub_state::welcome_resuming(subscriber& fresh, const team_feed& feed,
                                 const store::page& page) {
  fresh.state = phase::resuming;
  fresh.since = context->steady();
  fresh.channel->send(shared(resume_snapshot({feed.log, page.head.first, page.head.head})));
}

void hub_state::take_resume(subscriber& from, subscriber_id id,
                            std::optional<resume_request> asked) {
  if (!asked || from.state != phase::resuming || from.asked) {
    from.channel->close(1002, asked
                                  ? "resume comes once, after the snapshot"
                                  : "resume needs \"known\", pairs of number and id, or \"from\"");
    return;
  }
  from.asked = std::move(asked);
  from.looked_up = 0;
  look_up_known(id);
}

/// The newest event that client and log both have; without one, the log's beginning.
void hub_state::look_up_known(subscriber_id id) {
  subscriber& fresh = subscribers.at(id);
  const team_feed& feed = teams[fresh.owner->team];
  if (fresh.asked->from == resume_request::start::head)
    return begin_at(id, std::max(feed.through, feed.news));
  if (fresh.looked_up >= fresh.asked->known.size())
    return begin_at(id, feed.first - 1);
  context->engine().find(
      fresh.owner->team, fresh.asked->known[fresh.looked_up].event, context->store_deadline(),
      [handle = hub_actor(self), id](const result<store::found_event>& found) {
        const bool readable = found || found.error().code == ec::not_found;
        caf::anon_send(handle, known_looked_up{id, readable, found ? found->seq : 0});
      });
}

void hub_state::take_known(const known_looked_up& looked_up) {
  const auto found = subscribers.find(looked_up.id);
  if (found == subscribers.end() || found->second.state != phase::resuming || !found->second.asked)
    return;
  subscriber& fresh = found->second;
  if (!looked_up.readable) {
    fresh.channel->close(1011, "the server cannot read the team's events now");
    return;
  }
  const known_event& known = fresh.asked->known[fresh.looked_up];
  if (looked_up.found == known.seq)
    return begin_at(looked_up.id, known.seq);
  ++fresh.looked_up;
  look_up_known(looked_up.id);
}

void hub_state::begin_at(subscriber_id id, store::sequence from) {
  subscriber& fresh = subscribers.at(id);
  const team_feed& feed = teams[fresh.owner->team];
  fresh.asked.reset();
  fresh.snapshot_through = fresh.reported = from;
  fresh.next = from + 1;
  fresh.lost_its_place = true;
  report_place(fresh);
  fresh.state = fresh.next <= feed.through ? phase::catching : phase::live;
  if (fresh.state == phase::live)
    return;
  context->metrics.subscribers_behind.add(1);
  read_for(id);
}

void hub_state::report_place(subscriber& to) {
  if (!to.lost_its_place)
    return;
  const team_feed& feed = teams[to.owner->team];
  const store::sequence from = to.snapshot_through;
  to.lost_its_place = !to.channel->send(
      shared(resumed_message(feed.log, from, std::max({feed.through, feed.news, from}))),
      mark_of(from));
}

bool hub_state::send_log_page(subscriber& to, page_frames& frames) {
  const store::page& page = frames.page();
  auto gap = page.gaps.begin();
  const auto send_gaps = [&](store::sequence before) {
    for (; gap != page.gaps.end() && gap->from < before; ++gap) {
      if (gap->to < to.next)
        continue;
      if (!to.channel->send(
              shared(gap_message(std::max(gap->from, to.next), gap->to, words_of(gap->reason))),
              mark_of(gap->to)))
        return false;
      to.reported = gap->to;
      to.next = gap->to + 1;
    }
    return true;
  };
  for (std::size_t at = 0; at < frames.size(); ++at) {
    const store::stored_event& event = page.events[at];
    if (!send_gaps(event.seq))
      return false;
    if (event.seq < to.next)
      continue;
    const bool came_here = !to.own.empty() && to.own.erase(std::string(frames.id(at))) > 0;
    if (!came_here && !is_of_its_session(to, event)) {
      if (!to.channel->send(frames.log_text(at, context->names, context->accounts()),
                            mark_of(event.seq)))
        return false;
      context->metrics.websocket_events_sent.add();
      to.reported = event.seq;
    }
    to.next = event.seq + 1;
  }
  if (!send_gaps(std::numeric_limits<store::sequence>::max()))
    return false;
  to.next = std::max(to.next, page.through + 1);
  return true;
}

/// Each second: what was passed over because the client's own session sent it.
void hub_state::report_through() {
  for (auto& [id, entry] : subscribers) {
    const bool listens = entry.state == phase::live || entry.state == phase::catching;
    if (!entry.resumes || !listens || entry.reported + 1 >= entry.next)
      continue;
    if (entry.channel->send(shared(through_message(entry.next - 1))))
      entry.reported = entry.next - 1;
  }
}

} // namespace spec_kitty::server
