#include "app/cli/import/event_import.hpp"

#include "messages/foreign_event.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

/// A batch is one transaction: short for other processes, and bounded in memory.
constexpr std::size_t max_import_batch_events = 1000;
constexpr std::size_t max_import_batch_bytes = std::size_t{4} << 20;

/// The id in an invalid event, for messages; may be empty.
std::string id_in(const source_event& found) {
  if (!found.event_id.empty())
    return excerpt(found.event_id);
  const auto parsed = parse_json(found.text);
  return parsed ? excerpt(text_of(*parsed, "event_id").value_or("")) : std::string();
}

} // namespace

event_import::event_import(const store_options& store, import_options options)
    : store_(store), options_(std::move(options)), local_(store, 0) {}

result<void> event_import::run(import_report& report) {
  auto done = import_all(report);
  local_.close();
  return done;
}

result<void> event_import::import_all(import_report& report) {
  if (auto examined = pass(report, true); !examined)
    return examined;
  if (auto capacity = check_store_capacity(); !capacity)
    return capacity;
  fresh_.clear();
  auto done = pass(report, false);
  std::stable_sort(report.problems.begin(), report.problems.end(),
                   [](const auto& a, const auto& b) { return a.number < b.number; });
  if (done)
    return done;
  failure why = done.error();
  why.message += "; " + count_of(report.imported, "event") + " of " + options_.name +
                 " were imported before this failure";
  return why;
}

result<void> event_import::pass(import_report& report, bool look_only) {
  auto source = open_source(options_.file, options_.name);
  if (!source)
    return source.error();
  report.unit = (*source)->unit();
  for (;;) {
    auto next = (*source)->next();
    if (!next)
      return next.error();
    if (!*next)
      return hand_over(report, look_only);
    source_event& found = **next;
    auto event = read(found);
    if (!event) {
      if (!look_only)
        report.problems.push_back({found.number, id_in(found), event.error().message, false});
      continue;
    }
    batch_bytes_ += event->tail.size();
    places_.push_back({found.number, event->event_id});
    batch_.events.push_back(std::move(*event));
    if (batch_.events.size() >= max_import_batch_events || batch_bytes_ >= max_import_batch_bytes)
      if (auto done = hand_over(report, look_only); !done)
        return done;
  }
}

result<imported_event> event_import::read(const source_event& found) const {
  if (!found.problem.empty())
    return failure{ec::bad_input, found.problem, {}};
  auto event = read_foreign_event(found.text, options_.words);
  if (!event)
    return event;
  if (!found.event_id.empty() && found.event_id != event->event_id)
    return failure{ec::invalid_event,
                   "event_id: the row has " + excerpt(found.event_id) + ", its data " +
                       event->event_id,
                   {}};
  if (const auto size = event->tail.size() + 256; size > options_.max_event_bytes)
    return failure{ec::event_too_large,
                   "the event has " + std::to_string(size) + " bytes; a batch carries at most " +
                       std::to_string(options_.max_event_bytes) + " (sync.batch_bytes)",
                   {}};
  event->tries = found.tries;
  return event;
}

result<void> event_import::hand_over(import_report& report, bool look_only) {
  batch_.look_only = look_only;
  auto done =
      local_.ask<import_done>(local_.queue_handle(), local_.patience(), std::exchange(batch_, {}));
  if (!done)
    return done.error();
  last_ = *done;
  if (look_only) {
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (done->events[i].what == import_outcome::added &&
          fresh_.insert(places_[i].event_id).second)
        fresh_bytes_ += done->events[i].bytes;
  } else {
    note(report, *done);
    options_.progress(report.imported + report.skipped + report.problems.size());
  }
  places_.clear();
  batch_bytes_ = 0;
  const auto full = std::any_of(done->events.begin(), done->events.end(), [](const auto& answer) {
    return answer.what == import_outcome::no_capacity;
  });
  if (full)
    return failure{ec::queue_full, "another process has filled the queue during this import",
                   "run: spec-kitty sync now, then import again"};
  return {};
}

void event_import::note(import_report& report, const import_done& done) const {
  report.restamped += done.restamped;
  for (std::size_t i = 0; i < done.events.size(); ++i) {
    const auto& answer = done.events[i];
    switch (answer.what) {
    case import_outcome::added:
      ++report.imported;
      break;
    case import_outcome::known:
      ++report.skipped;
      break;
    case import_outcome::conflict:
    case import_outcome::refused:
      report.problems.push_back({places_[i].number, places_[i].event_id, answer.message,
                                 answer.what == import_outcome::conflict});
      break;
    case import_outcome::no_capacity:
      break;
    }
  }
}

result<void> event_import::check_store_capacity() const {
  const std::uint64_t events = last_.live + fresh_.size();
  const std::uint64_t bytes = last_.bytes + fresh_bytes_;
  std::string commands;
  const auto raise = [&](const char* key, std::uint64_t value) {
    commands += (commands.empty() ? "run: spec-kitty config set " : " && spec-kitty config set ") +
                std::string(key) + " " + std::to_string(value);
  };
  if (events > store_.max_events)
    raise("sync.max_queue_size", events);
  if (bytes > last_.byte_cap)
    raise("sync.max_queue_bytes", bytes);
  if (commands.empty() || fresh_.empty())
    return {};
  return failure{ec::queue_full,
                 options_.name + " has " + count_of(fresh_.size(), "new event") + " of " +
                     std::to_string(fresh_bytes_) + " bytes; with the " +
                     std::to_string(last_.live) + " queued ones they exceed the maximum of " +
                     count_of(store_.max_events, "event") + " or " +
                     std::to_string(last_.byte_cap) + " bytes: nothing was imported",
                 commands};
}

} // namespace spec_kitty
