// Takes in what was recorded while the store could not be used: in order of time, each event once.
//
// A file's name is noted in the transaction that takes its events in, and the file goes after the
// commit: a process killed between the two leaves a file that is known and removed later.
// Folder and files are read under the store's lock, so no other opener is half-way.
#include "actors/queue/spill.hpp"
#include "actors/queue/store_rows.hpp"
#include "util/files.hpp"
#include "util/fsync.hpp"

#include <algorithm>
#include <cerrno>

namespace spec_kitty {

namespace {

constexpr char taken_mark = 'x';

std::string mark_key(const std::string& name) {
  return std::string(1, taken_mark) + name;
}

/// Waits until the removal of spill files is on disk; false when that fails.
bool removals_are_durable(const std::filesystem::path& home) {
  const int error = fsync_directory(home / "spill");
  // The folder may have been removed and made again, or be gone: the home's names count as well.
  return (error == 0 || error == ENOENT) && fsync_directory(home) == 0;
}

/// Marks of removed files are dropped once the removal is durable: after a power loss a file may
/// exist again, and would be taken in twice.
void drop_old_marks(lmdb_txn& txn, const store_tables& tables, const std::set<std::string>& there,
                    const std::filesystem::path& home) {
  std::vector<std::string> old;
  {
    lmdb_cursor cursor(txn, tables.main);
    for (bool more = cursor.seek(std::string(1, taken_mark));
         more && cursor.key().starts_with(taken_mark); more = cursor.next())
      if (!there.contains(std::string(cursor.key().substr(1))))
        old.emplace_back(cursor.key());
  }
  if (old.empty() || !removals_are_durable(home))
    return;
  for (const auto& mark : old)
    txn.erase(tables.main, mark);
}

struct retiring {
  std::filesystem::path path;
  bool damaged = false;
};

/// The fixed part of an event in one form, however its numbers were written.
std::string same_form(std::string_view tail) {
  const auto parsed =
      parse_json("{" + std::string(tail.substr(std::min<std::size_t>(1, tail.size()))));
  return parsed ? to_text(*parsed) : std::string(tail);
}

/// Whether the event at a place is this one: its cause may have been found in the store.
bool is_kept(const lmdb_txn& txn, const store_tables& tables, std::string_view at,
             const event_draft& draft) {
  const auto event = store_detail::read_event(txn, tables, position_of(at));
  if (!event)
    return false;
  const auto kept = parse_json(event->json(draft.team_slug));
  const auto cause =
      draft.causation_id || !kept ? draft.causation_id : text_of(*kept, "causation_id");
  return same_form(event->tail) == same_form(render_tail(draft, cause));
}

} // namespace

result<std::uint64_t> store::take_in_spill(epoch_us now) {
  if (spill_files(options_.home).empty())
    return std::uint64_t{0};
  if (auto space = check_free_space(env_->folder(), store_detail::free_space_reserve); !space)
    return space.error();
  std::vector<retiring> done;
  auto taken = env_->write([&](lmdb_txn& txn, const store_tables& tables) -> std::uint64_t {
    done.clear();
    store_detail::queue_rows rows(txn, tables);
    std::vector<spilled_event> waiting;
    std::set<std::string> there;
    for (const auto& file : spill_files(options_.home)) {
      const std::string name = file.path.filename().string();
      there.insert(name);
      auto content = read_spill(file.path);
      if (!content)
        continue; // unreadable now: it stays, and the status shows it
      done.push_back({file.path, content->damaged > 0});
      if (!txn.put_new(tables.main, mark_key(name), {}))
        continue; // taken in before, by a process that could not remove it
      std::move(content->events.begin(), content->events.end(), std::back_inserter(waiting));
    }
    drop_old_marks(txn, tables, there, options_.home);
    std::stable_sort(waiting.begin(), waiting.end(),
                     [](const auto& a, const auto& b) { return a.recorded_at < b.recorded_at; });
    // Ids that a caller may know already are reserved: fresh ids come after all of them.
    for (const auto& event : waiting)
      if (const auto announced = parse_ulid(event.event_id))
        rows.row.last_id = std::max(rows.row.last_id, *announced);
    const ulid_randomness random = draw_randomness();
    store_detail::event_maker maker(node_id_, now, random);
    std::uint64_t count = 0;
    for (const auto& event : waiting) {
      auto known = parse_ulid(event.event_id);
      if (const auto at = known ? txn.get(tables.ids, id_key(*known)) : std::nullopt) {
        if (is_kept(txn, tables, *at, event.draft))
          continue;    // its commit had taken effect
        known.reset(); // it had not, and another event has this id now
      }
      if (rows.recorded_as(event.draft))
        continue;
      if (rows.row.clock >= max_lamport)
        throw lmdb_error(ERANGE, "stamp a spilled event");
      const event_record& made =
          maker.make(event.draft, rows.causes.cause_of(event.draft), rows.row, known);
      if (!rows.add(made, event.draft.team_slug, rows.project_of(event.draft))) {
        for (auto& file : done) // its file is not known any more: all of them are set aside
          file.damaged = true;
        continue;
      }
      rows.remember_once(event.draft, made.id, now);
      rows.causes.remember(event.draft, made.id);
      rows.row.last_id = std::max(rows.row.last_id, made.id);
      ++count;
    }
    rows.write_back();
    return count;
  });
  if (taken)
    for (const auto& file : done)
      retire_spill(file.path, file.damaged);
  return taken;
}

} // namespace spec_kitty
