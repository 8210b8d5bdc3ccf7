#include "app/server/actors/hub.hpp"
#include "app/server/core/socket_message.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr store::page_limits shared_page{1000, std::size_t{1} << 20};
constexpr store::page_limits own_page{500, std::size_t{256} << 10};

} // namespace

std::string_view page_frames::id(std::size_t at) {
  return event_id_in(page_.events[at].text);
}

const std::shared_ptr<const std::string>& page_frames::text(std::size_t at) {
  texts_.resize(page_.events.size());
  if (!texts_[at])
    texts_[at] = std::make_shared<const std::string>(event_message(page_.events[at].text));
  return texts_[at];
}

void hub_state::hear(const team_news& news) {
  for (const store::team_head& head : news.heads) {
    const auto found = teams.find(head.team);
    if (found == teams.end())
      continue;
    team_feed& feed = found->second;
    feed.news = std::max(feed.news, head.head);
    if (!feed.members.empty() && feed.news > feed.through)
      read_on(head.team);
  }
}

void hub_state::read_on(store::team_id team) {
  team_feed& feed = teams[team];
  if (feed.reading)
    return;
  feed.reading = true;
  // Where nobody wants the work packages, what is there already needs no reading.
  const bool from_head = !feed.started && !feed.shows_packages;
  context->engine().read(
      team, from_head ? std::numeric_limits<store::sequence>::max() : feed.through, shared_page,
      context->store_deadline(), [handle = hub_actor(self), team](result<store::page> page) {
        caf::anon_send(
            handle,
            page_read{team, 0, std::make_shared<const result<store::page>>(std::move(page))});
      });
}

void hub_state::read_for(subscriber_id id) {
  const subscriber& slow = subscribers.at(id);
  const store::team_id team = slow.owner->team;
  context->engine().read(
      team, slow.next - 1, own_page, context->store_deadline(),
      [handle = hub_actor(self), team, id](result<store::page> page) {
        caf::anon_send(
            handle,
            page_read{team, id, std::make_shared<const result<store::page>>(std::move(page))});
      });
}

bool hub_state::send_page(subscriber& to, page_frames& frames) {
  if (to.resumes)
    return send_log_page(to, frames);
  for (std::size_t at = 0; at < frames.size(); ++at) {
    const store::sequence seq = frames.seq(at);
    if (seq < to.next)
      continue;
    if (!to.own.empty()) {
      if (const auto own = to.own.find(frames.id(at)); own != to.own.end()) {
        to.own.erase(own);
        to.next = seq + 1;
        continue;
      }
    }
    if (!to.channel->send(frames.text(at), seq))
      return false;
    context->metrics.websocket_events_sent.add();
    to.next = seq + 1;
  }
  to.next = std::max(to.next, frames.page().through + 1);
  return true;
}

/// Sends the snapshot to those that wait for it, once it shows what was there when they came.
void hub_state::welcome(team_feed& feed, const store::page& page) {
  std::shared_ptr<const std::string> snapshot;
  for (const subscriber_id id : feed.members) {
    subscriber& fresh = subscribers.at(id);
    if (fresh.state != subscriber::phase::waiting)
      continue;
    if (fresh.resumes) {
      welcome_resuming(fresh, feed, page);
      continue;
    }
    if (!fresh.target)
      fresh.target = page.head.head;
    if (feed.through < *fresh.target)
      continue;
    if (!snapshot)
      snapshot = std::make_shared<const std::string>(
          feed.packages.snapshot(context->options.limits.snapshot_bytes));
    fresh.snapshot_through = feed.through;
    fresh.next = feed.through + 1;
    fresh.state = subscriber::phase::live;
    fresh.channel->send(snapshot, feed.through);
  }
}

void hub_state::take_page(const page_read& read) {
  if (read.id != 0)
    return take_own_page(read);
  team_feed& feed = teams[read.team];
  feed.reading = false;
  if (std::exchange(feed.reads_anew, false))
    return read_on(read.team);
  if (!*read.page) {
    if (read.page->error().code == ec::not_found) // the team was removed
      for (const subscriber_id id : feed.members)
        subscribers.at(id).channel->close(1008, "access was withdrawn");
    return; // else the next tick tries again
  }
  const store::page& page = **read.page;
  feed.started = true;
  feed.first = page.head.first;
  if (feed.shows_packages)
    for (const store::stored_event& event : page.events)
      feed.packages.apply(event.text);
  page_frames frames(page);
  for (const subscriber_id id : feed.members) {
    subscriber& listening = subscribers.at(id);
    if (listening.state == subscriber::phase::live)
      (void)send_page(listening, frames); // too slow: its overflow is reported
  }
  feed.through = std::max(feed.through, page.through);
  feed.news = std::max(feed.news, page.head.head);
  welcome(feed, page);
  if (!feed.members.empty() && feed.through < feed.news)
    read_on(read.team);
}

void hub_state::take_own_page(const page_read& read) {
  const auto found = subscribers.find(read.id);
  if (found == subscribers.end() || found->second.state != subscriber::phase::catching)
    return;
  subscriber& slow = found->second;
  if (!*read.page) {
    slow.channel->close(1011, "the server cannot read the team's events now");
    return;
  }
  const store::page& page = **read.page;
  page_frames frames(page);
  if (!send_page(slow, frames))
    return; // its overflow is reported
  if (slow.next <= teams[read.team].through)
    return read_for(read.id);
  slow.state = subscriber::phase::live;
  context->metrics.subscribers_behind.add(-1);
}

} // namespace spec_kitty::server
