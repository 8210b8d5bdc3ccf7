#include "app/board/sources/home_events.hpp"

#include "app/board/core/event_reading.hpp"
#include "app/home/snapshot.hpp"
#include "config/journal.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace spec_kitty::board {

namespace {

constexpr std::size_t max_dead_letters = 100;
constexpr std::uint64_t long_wait_s = 3600;

/// The id and the clock at the beginning of a stored event, without reading the rest.
bool is_known_text(std::string_view json, const is_known_event& is_known) {
  constexpr std::string_view before_id = R"({"event_id":")";
  constexpr std::string_view before_clock = R"(","lamport_clock":)";
  if (!json.starts_with(before_id))
    return false;
  json.remove_prefix(before_id.size());
  const auto id = parse_ulid(json.substr(0, event_id_text::max_size));
  if (!id || !json.substr(event_id_text::max_size).starts_with(before_clock))
    return false;
  json.remove_prefix(event_id_text::max_size + before_clock.size());
  const auto clock = whole_number<std::uint64_t>(json.substr(0, json.find(',')));
  return clock && is_known(*id, *clock);
}

/// `1 event was`, `2 events were`.
std::string events_were(std::uint64_t count) {
  return count_of(count, "event") + (count == 1 ? " was" : " were");
}

void add_problems(sync_view& sync, const snapshot& shot) {
  const auto add = [&](std::string code, std::uint64_t count, std::string text,
                       std::string command) {
    sync.problems.push_back({std::move(code), count, std::move(text), std::move(command)});
  };
  if (sync.dead > 0)
    add("dead_letters", sync.dead,
        events_were(sync.dead) + " refused too often: it takes a person to send that again",
        "spec-kitty events retry --all");
  if (!shot.session_problem.empty())
    add("session_unreadable", 1, shot.session_problem, "spec-kitty sync doctor");
  if (shot.session_is == session_state::expired &&
      shot.session->refresh_expires_at <= shot.taken_at / 1'000'000)
    add("session_ended", 1, "the session has ended, so nothing is sent",
        "spec-kitty auth login " + shell_option("--username", shot.session->username));
  if (sync.held > 0 && shot.session)
    add("held", sync.held,
        count_of(sync.held, "event") + " held here: another team's, opted out, or forbidden",
        "spec-kitty events list --state held");
  if (shot.session && sync.queued > 0 && shot.oldest_age_s.value_or(0) > long_wait_s)
    add("long_wait", sync.queued,
        "the oldest of " + count_of(sync.queued, "event") + " has waited for " +
            duration_words(std::chrono::seconds(*shot.oldest_age_s)),
        "spec-kitty sync now");
  if (shot.spilled > 0)
    add("spilled", shot.spilled,
        events_were(shot.spilled) + " recorded beside the store, which could not be used then",
        "spec-kitty sync now");
  if (shot.queue.dropped > 0)
    add("dropped", shot.queue.dropped,
        events_were(shot.queue.dropped) + " dropped: there was no space for them",
        "spec-kitty events acknowledge-drops");
}

sync_view sync_of(const home_view& home, const snapshot& shot) {
  sync_view sync;
  sync.session = to_string(shot.session_is);
  sync.team = shot.session ? shot.session->team_slug : std::string();
  sync.server = home.config.text("sync.server_url");
  sync.queued = shot.queued;
  sync.leased = shot.leased;
  sync.held = shot.held;
  sync.dead = shot.queue.dead;
  sync.last_acknowledged_at = shot.queue.last_ack_at;
  add_problems(sync, shot);
  return sync;
}

dead_letter letter_of(const listed_event& entry, const json_value& event) {
  dead_letter letter;
  letter.event_id = text_of(event, "event_id").value_or("");
  letter.event_type = text_of(event, "event_type").value_or("");
  if (const auto* payload = member(event, "payload"))
    letter.wp_id = text_of(*payload, "wp_id").value_or("");
  letter.reason = entry.last_error.empty() ? entry.reason : entry.last_error;
  letter.last_try_at = entry.last_try_at;
  return letter;
}

bool is_of_another(const json_value& event, const std::string& project) {
  const auto of = text_of(event, "project_uuid");
  return of && *of != project;
}

} // namespace

result<sync_view> read_delivery(const home_view& home) {
  const auto shot = take_snapshot(home);
  return shot ? result<sync_view>(sync_of(home, *shot)) : result<sync_view>(shot.error());
}

result<home_reading> read_home(const home_view& home, const std::string& project,
                               const is_known_event& is_known) {
  auto sync = read_delivery(home);
  if (!sync)
    return sync.error();
  home_reading reading;
  reading.sync = std::move(*sync);
  auto store = home.open_for_reading();
  if (!store)
    return store.error();
  if (!*store)
    return reading;
  const auto listed = (*store)->list(
      home.session_team(),
      [&](const listed_event& entry) {
        const bool is_dead = entry.state == event_state::dead;
        if (!is_dead && is_known_text(entry.json, is_known))
          return true;
        std::string text(entry.json); // compact, as all that is recorded
        const auto event = compact_and_parse(text);
        if (!event)
          return true;
        if (is_of_another(*event, project))
          return true;
        if (is_dead && reading.sync.dead_letters.size() < max_dead_letters)
          reading.sync.dead_letters.push_back(letter_of(entry, *event));
        if (auto read = read_event(*event); read && !is_known(read->id, read->lamport_clock))
          reading.events.push_back(std::move(*read));
        return true;
      },
      wall_clock_now());
  if (!listed)
    return listed.error();
  return reading;
}

result<home_reading> read_home_from_beginning(const home_view& home, const std::string& project) {
  std::set<ulid> waiting;
  auto reading =
      read_home(home, project, [](const ulid& /*id*/, std::uint64_t /*clock*/) { return false; });
  if (!reading)
    return reading;
  for (const auto& event : reading->events)
    waiting.insert(event.id);
  std::vector<board_event> events;
  reading->unreadable = read_journal(home.home.path, [&](const delivered_event& delivered) {
    std::string text(delivered.json);
    const auto event = compact_and_parse(text);
    if (!event || is_of_another(*event, project))
      return true;
    if (auto read = read_event(*event); read && !waiting.contains(read->id))
      events.push_back(std::move(*read));
    return true;
  });
  std::move(reading->events.begin(), reading->events.end(), std::back_inserter(events));
  reading->events = std::move(events);
  return reading;
}

} // namespace spec_kitty::board
