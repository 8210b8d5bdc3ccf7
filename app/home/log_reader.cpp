#include "app/home/log_reader.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty {

namespace {

constexpr epoch_us ask_again_after = 1'000'000;
constexpr epoch_us page_patience = 180'000'000;

std::string gone_words(std::uint64_t from, std::uint64_t to) {
  return "the server's log was taken back: the events " + std::to_string(from) + " to " +
         std::to_string(to) + " are gone there, or others have their numbers now";
}

} // namespace

log_reader log_reader::behind(log_place place) {
  log_reader reader(std::move(place));
  reader.catching_ = true;
  return reader;
}

bool log_reader::takes(const event_received& event) {
  if (event.seq == 0)
    return true; // a server without numbers
  if (place_.log.empty() && !catching_)
    place_ = {event.log, event.seq - 1};
  if (event.log != place_.log && !place_.log.empty())
    return false; // it is reported which log stands in its place
  live_seen_ = std::max(live_seen_, event.seq);
  if (catching_ || event.seq <= place_.seq)
    return false;
  place_.seq = event.seq;
  return true;
}

std::optional<std::string> log_reader::joined(const log_joined& where) {
  std::optional<std::string> words;
  const bool follows = !place_.log.empty() && place_.log == where.former_log;
  const bool same = place_.log == where.log.log;
  if (place_.log.empty() && !catching_)
    place_ = {where.log.log, where.from};
  if (follows || (same && where.lost)) {
    place_.log = where.log.log;
    live_seen_ = 0;
    if (const std::uint64_t back_to = where.lost ? where.lost->from - 1 : where.from;
        place_.seq > back_to) {
      words = gone_words(back_to + 1, place_.seq);
      place_.seq = back_to;
    }
  }
  if (place_.log == where.log.log && where.from > place_.seq)
    catching_ = true;
  return words;
}

void log_reader::fall_behind(std::uint64_t before) {
  place_.seq = before;
  catching_ = true;
}

std::optional<log_page_request> log_reader::next_request(epoch_us steady) {
  if (!catching_ || steady < ask_at_ || (asked_at_ && steady < *asked_at_ + page_patience))
    return std::nullopt;
  asked_at_ = steady;
  return log_page_request{0, place_.log, place_.seq};
}

log_reader::page_events log_reader::take_page(const result<log_page>& page, epoch_us steady) {
  page_events reported;
  asked_at_.reset();
  if (!page) {
    ask_at_ = steady + ask_again_after;
    if (page.error().code == ec::not_found) {
      reported.warning =
          "the team's log at the server is another one now; what comes after number " +
          std::to_string(place_.seq) + " of it follows";
      place_.log.clear();
      live_seen_ = 0;
    } else if (std::exchange(trouble_, page.error().message) != page.error().message) {
      reported.warning = "older events cannot be read now: " + page.error().message;
    }
    return reported;
  }
  trouble_.clear();
  place_.log = page->log;
  if (place_.seq > page->head) {
    reported.warning = gone_words(page->head + 1, place_.seq);
    place_.seq = page->head;
  }
  for (const log_event& event : page->events)
    if (event.seq > place_.seq)
      reported.events.push_back({event.json, event.seq, event.by, page->log});
  place_.seq = std::max(place_.seq, page->through);
  catching_ = place_.seq < std::max(page->head, live_seen_);
  return reported;
}

} // namespace spec_kitty
