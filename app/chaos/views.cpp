#include "app/chaos/views.hpp"

#include "actors/queue/spill.hpp"
#include "app/chaos/process.hpp"
#include "app/chaos/store_check.hpp"
#include "util/json.hpp"

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view marker_field = R"("entry_content":")";

std::uint64_t number_of(const json_value& object, const char* name) {
  return static_cast<std::uint64_t>(whole_number_of(object, name).value_or(0));
}

kept_event event_of(std::string_view json) {
  kept_event out;
  out.marker = marker_of(json);
  if (const auto parsed = parse_json(json)) {
    out.event_id = text_of(*parsed, "event_id").value_or("");
    out.node_id = text_of(*parsed, "node_id").value_or("");
    out.team = text_of(*parsed, "team_slug").value_or("");
    out.lamport_clock = number_of(*parsed, "lamport_clock");
  }
  return out;
}

void add_spilled(const fs::path& home, store_view& view) {
  for (const auto& file : spill_files(home))
    for (const auto& waiting : parse_spill(support::read_text(file.path)).events) {
      kept_event out;
      out.marker = marker_of(waiting.draft.payload);
      out.event_id = waiting.event_id;
      out.spilled = true;
      view.events.push_back(std::move(out));
    }
}

void add_stored(store& queue, const fs::path& home, home_is how, store_view& view) {
  const auto listed = queue.list(
      "",
      [&](const listed_event& entry) {
        kept_event out = event_of(entry.json);
        out.tries = entry.retry_count;
        out.dead = entry.state == event_state::dead;
        view.events.push_back(std::move(out));
        return true;
      },
      wall_clock_now());
  if (!listed)
    view.trouble = listed.error().message;
  if (const auto clock = queue.clock())
    view.clock = *clock;
  if (how == home_is::quiet)
    view.wrong = support::lines_of(recount(queue, home));
}

} // namespace

std::string line_with(std::string_view marker) {
  return R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP01","entry_type":"note",)" +
         std::string(marker_field) + std::string(marker) + "\"}}\n";
}

std::string marker_of(std::string_view event_json) {
  const auto at = event_json.find(marker_field);
  if (at == std::string_view::npos)
    return {};
  const auto from = at + marker_field.size();
  return std::string(event_json.substr(from, event_json.find('"', from) - from));
}

store_view view_store(const std::string& name, const fs::path& home, home_is how) {
  store_view view;
  view.home = name;
  add_spilled(home, view);
  std::error_code error;
  if (fs::exists(home / "queue", error)) {
    auto queue = store::open({home,
                              [] {
                                return node_seed{"host", "user", true};
                              }},
                             open_mode::write);
    if (queue)
      add_stored(*queue, home, how, view);
    else
      view.trouble = queue.error().message;
  }
  return view;
}

std::vector<std::string> stored_events(const fs::path& home) {
  constexpr std::size_t checksum = 9; // in front of a spilled event's JSON
  std::vector<std::string> events;
  for (const auto& file : spill_files(home))
    for (const auto& line : support::lines_of(support::read_text(file.path)))
      if (line.size() > checksum)
        events.push_back(line.substr(checksum));
  auto queue = store::open({home, [] { return node_seed{"host", "user", true}; }}, open_mode::read);
  if (queue)
    (void)queue->list(
        "",
        [&](const listed_event& entry) {
          events.emplace_back(entry.json);
          return true;
        },
        wall_clock_now());
  return events;
}

bool has_spilled(const fs::path& home) {
  return !spill_files(home).empty();
}

server_view view_server(const std::string& name, const std::string& team,
                        const std::vector<std::string>& events) {
  server_view view;
  view.name = name;
  view.team = team;
  for (const auto& event : events)
    view.events.push_back(event_of(event));
  return view;
}

bool take_answer(std::string_view line, attempt& attempt) {
  const auto parsed = parse_json(line);
  if (!parsed || !parsed->IsObject())
    return false;
  const json_value* event = member(*parsed, "event");
  const json_value& event_json = event != nullptr && event->IsObject() ? *event : *parsed;
  if (const auto id = text_of(event_json, "event_id")) {
    attempt.acknowledged = true;
    attempt.event_id = *id;
    attempt.lamport_clock = number_of(event_json, "lamport_clock");
    return true;
  }
  if (const json_value* spilled = member(*parsed, "spilled");
      spilled != nullptr && spilled->IsTrue()) {
    attempt.acknowledged = true;
    attempt.spilled = true;
    return true;
  }
  // A refusal may leave the outcome open (a commit that failed): it promises nothing.
  return member(*parsed, "error") != nullptr;
}

} // namespace spec_kitty::chaos
