#include "app/chaos/power/judge.hpp"

#include "actors/queue/overflow.hpp"
#include "actors/queue/spill.hpp"
#include "app/chaos/store_check.hpp"
#include "config/credentials.hpp"
#include "config/settings.hpp"
#include "util/files.hpp"
#include "util/gzip.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <stdexcept>

namespace spec_kitty::chaos::power {

namespace fs = std::filesystem;

namespace {

constexpr const char* last_marker = "after the power loss";

void write_file(const fs::path& file, const std::string& bytes) {
  const unique_fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the image cannot be written: " + file.string());
}

kept_event read_event(const std::string& json) {
  kept_event out;
  const auto event = parse_json(json);
  if (!event)
    return out;
  out.event_id = text_of(*event, "event_id").value_or("");
  out.node_id = text_of(*event, "node_id").value_or("");
  out.team = text_of(*event, "team_slug").value_or("");
  out.lamport_clock =
      static_cast<std::uint64_t>(whole_number_of(*event, "lamport_clock").value_or(0));
  if (const json_value* payload = member(*event, "payload"))
    out.marker = text_of(*payload, "entry_content").value_or("");
  return out;
}

/// One event more, as an attempt that came after all others.
attempt record_one_more(store& queue, moment now, std::string& trouble) {
  attempt last;
  last.marker = last_marker;
  last.home = home_name;
  last.asked = now + 1;
  last.answered = now + 2;
  event_draft draft;
  draft.event_type = "HistoryAdded";
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload =
      std::string(R"({"wp_id":"WP01","entry_type":"note","entry_content":")") + last_marker + "\"}";
  draft.timestamp = format_timestamp(wall_clock_now());
  const auto receipts = queue.append({&draft, 1}, wall_clock_now());
  if (!receipts || !receipts->front()) {
    trouble = "nothing can be recorded: " +
              (receipts ? receipts->front().error().message : receipts.error().message);
    return last;
  }
  last.acknowledged = true;
  last.event_id = receipts->front()->event_id;
  last.lamport_clock = receipts->front()->lamport_clock;
  return last;
}

void look_into(store& queue, const fs::path& home, store_view& out) {
  const auto listed = queue.list(
      "",
      [&](const listed_event& row) {
        out.events.push_back(read_event(row.json));
        out.events.back().tries = row.retry_count;
        out.events.back().dead = row.state == event_state::dead;
        return true;
      },
      wall_clock_now());
  if (!listed)
    out.trouble = listed.error().message;
  for (const auto& file : spill_files(home))
    out.wrong.push_back("the spill file " + file.path.filename().string() + " was not taken in");
  for (const auto& file : damaged_spill_files(home))
    out.wrong.push_back("the spill file " + file.filename().string() + " is damaged");
  if (const auto clock = queue.clock())
    out.clock = *clock;
  if (auto books = recount(queue, home); !books.empty())
    out.wrong.push_back(std::move(books));
}

/// Events that made room for others: kept too, and once is what their import makes of them.
server_view look_into_overflow(const fs::path& home, std::vector<std::string>& wrong) {
  server_view out{"overflow", {}};
  std::set<std::string> known;
  for (const auto& file : overflow_files(home)) {
    std::string text;
    gunzip_stream unpacked;
    if (!unpacked.feed(support::read_text(file.path), text) || !unpacked.is_whole())
      wrong.push_back(file.path.filename().string() + " is damaged");
    for (const auto& line : support::lines_of(text))
      if (auto event = read_event(line); known.insert(event.event_id).second)
        out.events.push_back(std::move(event));
  }
  return out;
}

/// Settings and session: each file is whole, and as new as was promised.
void look_at_files(const fs::path& home, const recording& seen, moment cut, store_view& out) {
  const auto values = settings::load(home);
  if (!values)
    out.wrong.push_back("the configuration cannot be read: " + values.error().message);
  const auto session = read_credentials(home);
  if (!session)
    out.wrong.push_back("the session cannot be read: " + session.error().message);
  // Of several promises about one thing the newest counts; what was asked for later may be there.
  bool kept = true;
  std::string broken;
  for (const auto& entry : seen.promises) {
    const bool as_promised = entry.kind == promise::what::setting
                                 ? values && values->text(entry.key) == entry.value
                                 : session && *session && (*session)->username == entry.value;
    if (entry.answered != 0 && entry.answered <= cut) {
      kept = as_promised;
      broken =
          entry.kind == promise::what::setting ? entry.key + " = " + entry.value : "the session";
    } else {
      kept = kept || as_promised;
    }
  }
  if (!kept)
    out.wrong.push_back(broken + " is missing, although it was reported as done");
}

} // namespace

void write_image(const image& what, const fs::path& folder, dice& chance) {
  std::error_code none;
  fs::remove_all(folder / home_name, none);
  for (const auto& path : what.folders)
    if (::mkdir((folder / path).c_str(), 0700) != 0)
      throw std::runtime_error("the image cannot be written: " + path);
  for (const auto& [path, bytes] : what.files) {
    std::string written = bytes;
    if (path.ends_with("/lock.mdb") && chance.one_in(4))
      for (auto& byte : written)
        byte = static_cast<char>(chance.next());
    write_file(folder / path, written);
  }
}

std::vector<violation> judge_image(const fs::path& folder, const recording& seen, moment cut,
                                   const std::string& on_server) {
  const fs::path home = folder / home_name;
  history found;
  for (auto attempt : seen.attempts) {
    if (attempt.answered > cut) { // it was not to be
      attempt.answered = 0;
      attempt.acknowledged = attempt.refused = false;
      attempt.lamport_clock = 0;
      attempt.event_id.clear();
    }
    found.attempts.push_back(std::move(attempt));
  }
  store_view view;
  view.home = home_name;
  auto queue = store::open({home,
                            [] {
                              return node_seed{"host", "user", true};
                            }},
                           open_mode::write);
  if (!queue) {
    view.trouble = queue.error().message;
  } else {
    if (const auto taken = queue->take_in_spill(wall_clock_now()); !taken)
      view.wrong.push_back("spilled events cannot be taken in: " + taken.error().message);
    found.attempts.push_back(record_one_more(*queue, seen.steps.size() + 1, view.trouble));
    look_into(*queue, home, view);
    for (const auto& event : view.events)
      if (event.marker != last_marker && event.event_id >= found.attempts.back().event_id)
        view.wrong.push_back("the id " + event.event_id + " is not below the newest, " +
                             found.attempts.back().event_id);
  }
  look_at_files(home, seen, cut, view);
  found.servers.push_back(look_into_overflow(home, view.wrong));
  found.stores.push_back(std::move(view));
  server_view server{"server", {}};
  for (const auto& line : support::lines_of(on_server))
    server.events.push_back(read_event(line));
  found.servers.push_back(std::move(server));
  return check_all(found);
}

} // namespace spec_kitty::chaos::power
