// Events from elsewhere, in their order. Idempotent by event_id, so an import that was killed is
// repeated: events that are here already are skipped, the rest follows.
//
// An event keeps its stamp, with one exception: a clock value of this home's own node that stands
// for another event here is not given out a second time. The imported event gets the next value, as
// a reconciliation with the server would give it; its id stays.
#include "actors/clock/causality.hpp"
#include "actors/queue/store_rows.hpp"
#include "messages/foreign_event.hpp"
#include "util/files.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace spec_kitty {

namespace {

/// How far ahead of this machine's time an id may be and still count as the newest here. New ids
/// rise above the newest: an id from the far future would use up the range for them, and every
/// later id would carry its time. Such an event is imported; only the newest id does not follow it.
constexpr std::uint64_t max_ahead_ms = 24ULL * 60 * 60 * 1000;

constexpr const char* counted_elsewhere = "refused before it was imported";

/// One transaction's work.
class importing {
public:
  importing(lmdb_txn& txn, const store_tables& tables, const std::string& node_id, epoch_us now)
      : rows_(txn, tables), node_id_(node_id), now_(now) {
    if (rows_.row.dead > 0)
      find_dead();
  }

  import_done run(const import_request& request, std::uint64_t max_events,
                  std::uint64_t max_bytes) {
    import_done done;
    done.events.reserve(request.events.size());
    for (const auto& event : request.events) {
      const ulid id = *parse_ulid(event.event_id);
      import_answer answer = judge(event, id);
      if (answer.what == import_outcome::added && !request.look_only) {
        const bool taken = is_taken(event);
        if (rows_.row.live >= max_events || rows_.row.bytes + answer.bytes > max_bytes)
          answer.what = import_outcome::no_capacity;
        else if (taken && rows_.row.clock >= max_lamport)
          answer = {import_outcome::refused, 0,
                    "lamport_clock: already used, and no higher value is left"};
        else if (!add(event, id, taken ? rows_.row.clock + 1 : event.lamport_clock))
          answer = {import_outcome::refused, 0, "the event as written is not JSON"};
        done.restamped += taken && answer.what == import_outcome::added ? 1U : 0U;
      }
      done.events.push_back(std::move(answer));
    }
    if (!request.look_only)
      rows_.write_back();
    done.live = rows_.row.live;
    done.bytes = rows_.row.bytes;
    done.byte_cap = max_bytes;
    done.clock = rows_.row.clock;
    return done;
  }

private:
  void find_dead() {
    lmdb_cursor cursor(rows_.txn, rows_.tables.dead);
    for (bool more = cursor.first(); more; more = cursor.next()) {
      const auto dead = dead_record::decode(cursor.value());
      const auto event = dead ? event_record::decode(dead->record) : std::nullopt;
      if (!event)
        throw lmdb_error(MDB_CORRUPTED, "read a dead letter");
      dead_.emplace(to_string(event->id), json_of(*event));
      note_own_clock(*event);
    }
  }

  std::string json_of(const event_record& event) {
    return event.json(rows_.teams.team_of(event.partition_id));
  }

  void note_own_clock(const event_record& event) {
    if (event.head.find('"' + node_id_ + '"') != std::string_view::npos)
      own_clocks_.insert(event.lamport);
  }

  /// The event that has this id here, queued or dead; empty when there is no such event.
  std::string place_of(const ulid& id) {
    if (const auto at = rows_.txn.get(rows_.tables.ids, id_key(id)))
      if (const auto event = store_detail::read_event(rows_.txn, rows_.tables, position_of(*at)))
        return json_of(*event);
    const auto dead = dead_.find(to_string(id));
    return dead == dead_.end() ? std::string() : dead->second;
  }

  import_answer judge(const imported_event& event, const ulid& id) {
    import_answer answer;
    const std::string head =
        render_head({event.event_id, event.lamport_clock, event.node_id}, event.team_slug);
    if (const auto here = place_of(id); !here.empty()) {
      const auto field = differing_field(here, head + event.tail);
      answer.what = field.empty() ? import_outcome::known : import_outcome::conflict;
      if (!field.empty())
        answer.message =
            "this id belongs to another event here, which is kept: " + field + " differs";
      return answer;
    }
    if (const auto believed = receive(0, event.lamport_clock); !believed) {
      answer.what = import_outcome::refused;
      answer.message = "lamport_clock: " + believed.error().message;
    }
    event_record record;
    record.type = event.event_type;
    record.head = head;
    record.tail = event.tail;
    answer.bytes = record.encoded_size();
    return answer;
  }

  /// True when this home's node gave the value to another event. A value above the clock was never
  /// given out, so an import in order never has to look.
  bool is_taken(const imported_event& event) {
    if (event.node_id != node_id_ || event.lamport_clock > rows_.row.clock)
      return false;
    if (!std::exchange(read_clocks_, true)) {
      lmdb_cursor cursor(rows_.txn, rows_.tables.events);
      for (bool more = cursor.first(); more; more = cursor.next()) {
        const auto record = event_record::decode(cursor.value());
        if (!record)
          throw lmdb_error(MDB_CORRUPTED, "read an event");
        note_own_clock(*record);
      }
    }
    return own_clocks_.contains(event.lamport_clock);
  }

  /// Puts it at the end of the queue; false where its text is not JSON.
  bool add(const imported_event& event, const ulid& id, std::uint64_t lamport) {
    event_record record;
    record.id = id;
    record.lamport = lamport;
    record.recorded_at = now_;
    const std::string head =
        render_head({event.event_id, record.lamport, event.node_id}, event.team_slug);
    record.type = event.event_type;
    record.head = head;
    record.tail = event.tail;
    const std::uint64_t seq = rows_.row.next_seq;
    const bool unknown = event.project_key.empty() && event.node_id == node_id_;
    const std::string& project = unknown ? doubtful_key() : event.project_key;
    if (!rows_.add(record, event.team_slug, project))
      return false;
    if (!unknown)
      rows_.remember_project(event.project_key, event.project_name);
    if (event.tries > 0)
      rows_.txn.put(rows_.tables.attempts, position_key(seq),
                    attempt_record{event.tries, 0, 0, 0, counted_elsewhere}.encode());
    note_own_clock(record);
    const auto now_ms = static_cast<std::uint64_t>(std::max<epoch_us>(now_, 0) / 1000);
    if (id.milliseconds() <= now_ms + max_ahead_ms && id.bytes > rows_.row.last_id.bytes)
      rows_.row.last_id = id;
    return true;
  }

  /// The key for events that this home recorded and that name no project: they may be of a git
  /// folder that opted out. Empty where none did.
  const std::string& doubtful_key() {
    if (doubtful_key_)
      return *doubtful_key_;
    std::string kept;
    project_record project;
    {
      const std::string first = project_row_key("git:");
      lmdb_cursor cursor(rows_.txn, rows_.tables.main);
      for (bool more = cursor.seek(first); more && kept.empty() && cursor.key().starts_with(first);
           more = cursor.next()) {
        project = project_record::decode(cursor.value());
        if (project.choice == sharing::kept_here)
          kept = cursor.key().substr(project_row_key("").size());
      }
    }
    doubtful_key_ = kept.empty() ? kept : doubtful_project(kept);
    if (!kept.empty())
      store_detail::put_project(rows_.txn, rows_.tables, *doubtful_key_, project);
    return *doubtful_key_;
  }

  store_detail::queue_rows rows_;
  const std::string& node_id_;
  epoch_us now_;
  std::map<std::string, std::string> dead_;      ///< by event id
  std::unordered_set<std::uint64_t> own_clocks_; ///< once read_clocks_: every one in the store
  bool read_clocks_ = false;
  std::optional<std::string> doubtful_key_; ///< once it was needed
};

} // namespace

result<import_done> store::import_events(const import_request& request, epoch_us now) {
  const auto work = [&](lmdb_txn& txn, const store_tables& tables) {
    return importing(txn, tables, node_id_, now).run(request, options_.max_events, byte_cap());
  };
  if (request.look_only)
    return env_->read(work);
  if (auto space = check_free_space(env_->folder(), store_detail::free_space_reserve); !space)
    return space.error();
  return env_->write(work);
}

} // namespace spec_kitty
