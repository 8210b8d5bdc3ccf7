// BOARDS: how a board is filled from its team's log, and what is sent when it changes.
#include "app/server/actors/boards.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr store::page_limits page_of_board = {5000, std::size_t{4} << 20};
/// Older events of a longer log are not on its board.
constexpr store::sequence max_board_events = 1'000'000;
/// What follows a change within this time is sent with it.
constexpr epoch_us gathering = 20'000;
/// Where changes follow without a pause, publishing takes at most a third of the time.
constexpr epoch_us max_gathering = 1'000'000;
constexpr std::size_t max_account_names = 100'000;

} // namespace

bool boards_state::free_memory() {
  for (;;) {
    std::size_t events = 0;
    auto oldest = boards.end();
    for (auto entry = boards.begin(); entry != boards.end(); ++entry) {
      events += entry->second->board.log().size();
      if (entry->second->streams.count() == 0 && entry->second->waiting.empty() &&
          (oldest == boards.end() || entry->second->used < oldest->second->used))
        oldest = entry;
    }
    const board_bounds& bounds = context->options.boards;
    if (boards.size() < bounds.boards && events < bounds.events)
      return true;
    if (oldest == boards.end())
      return false;
    boards.erase(oldest);
  }
}

void boards_state::report() const {
  std::size_t events = 0;
  for (const auto& [team, known] : boards)
    events += known->board.log().size();
  context->metrics.boards.set(static_cast<std::int64_t>(boards.size()));
  context->metrics.board_events.set(static_cast<std::int64_t>(events));
}

bool boards_state::with_board(store::team_id team, const std::string& team_name,
                              shown_board::request then) {
  auto found = boards.find(team);
  if (found == boards.end()) {
    if (!free_memory())
      return false;
    auto fresh = std::make_shared<shown_board>(team, team_name, context->options.wall_clock);
    found = boards.emplace(team, std::move(fresh)).first;
  }
  const auto known = found->second;
  known->used = context->steady();
  if (known->whole) {
    then(*known);
    return true;
  }
  if (known->waiting.size() >= context->options.boards.waiting)
    return false;
  known->waiting.push_back(std::move(then));
  if (known->reading)
    return true;
  known->reading = true;
  context->engine().heads({team}, context->store_deadline(),
                          [handle = boards_actor(self), this, weak = std::weak_ptr(known)](
                              const result<std::vector<store::team_head>>& heads) {
                            const store::sequence head =
                                heads && !heads->empty() ? heads->front().head : 0;
                            caf::anon_send(handle, job{[this, weak, head] {
                                             const auto of = weak.lock();
                                             if (!of)
                                               return;
                                             of->reading = false;
                                             if (head > max_board_events && of->through == 0) {
                                               of->through = head - max_board_events;
                                               of->board.miss_some();
                                             }
                                             read_on(of);
                                           }});
                          });
  return true;
}

void boards_state::read_on(const std::shared_ptr<shown_board>& of) {
  if (of->reading)
    return;
  of->reading = true;
  context->engine().read(
      of->team, of->through, page_of_board, context->store_deadline(),
      [handle = boards_actor(self), this, weak = std::weak_ptr(of)](result<store::page> page) {
        auto read = std::make_shared<result<store::page>>(std::move(page));
        caf::anon_send(handle, job{[this, weak, read] {
                         if (const auto known = weak.lock())
                           take_page(known, *read);
                       }});
      });
}

void boards_state::add_events(shown_board& to, const store::page& page) {
  if (account_names.size() > max_account_names)
    account_names.clear();
  std::vector<spec_kitty::board::team_event> events;
  events.reserve(page.events.size());
  for (const auto& event : page.events) {
    const auto [name, is_new] = account_names.try_emplace(event.account);
    if (is_new)
      if (const auto user = context->accounts().user_of(event.account); user && *user)
        name->second = (*user)->name;
    events.push_back({event.text, name->second, event.received_at});
  }
  to.earlier += to.board.add(events);
  if (!page.gaps.empty())
    to.board.miss_some();
}

void boards_state::take_page(const std::shared_ptr<shown_board>& of,
                             const result<store::page>& page) {
  of->reading = false;
  if (!page) { // what waits is answered with 503; the next request, or tick, tries again
    of->waiting.clear();
    if (page.error().code == ec::not_found || !of->whole)
      forget(of->team);
    return;
  }
  of->through = page->through;
  of->head = std::max(of->head, page->head.head);
  const bool is_last = of->through >= page->head.head;
  if (!is_last)
    read_on(of); // the store reads the next page while this one is folded
  add_events(*of, *page);
  if (!of->whole && is_last) {
    of->whole = true;
    of->earlier = 0;
    of->streams.begin_after(of->board);
    for (const auto& then : std::exchange(of->waiting, {}))
      then(*of);
  }
  if (of->whole)
    publish(of);
}

void boards_state::publish(const std::shared_ptr<shown_board>& of) {
  if (!of->whole || of->publishing_asked)
    return;
  if (of->streams.count() == 0) { // who comes gets everything
    of->streams.begin_after(of->board);
    of->earlier = 0;
    return;
  }
  const epoch_us now = context->steady();
  if (now < of->next_publishing) {
    of->publishing_asked = true;
    self->delayed_send(self, std::chrono::microseconds(of->next_publishing - now),
                       job{[this, weak = std::weak_ptr(of)] {
                         if (const auto known = weak.lock()) {
                           known->publishing_asked = false;
                           known->next_publishing = 0;
                           publish(known);
                         }
                       }});
    return;
  }
  of->streams.publish(of->board, std::exchange(of->earlier, 0));
  const epoch_us done = context->steady();
  of->next_publishing = done + std::clamp(2 * (done - now), gathering, max_gathering);
}

void boards_state::hear(const team_news& news) {
  for (const auto& at : news.heads) {
    const auto known = boards.find(at.team);
    if (known == boards.end() || !known->second->whole)
      continue;
    known->second->head = std::max(known->second->head, at.head);
    if (known->second->head > known->second->through)
      read_on(known->second);
  }
}

} // namespace spec_kitty::server
