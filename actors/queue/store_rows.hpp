// The rows that every change of the queue keeps in step: summary, partitions, types, indices. For
// the store's own files only.
#pragma once

#include "actors/queue/store.hpp"

#include <initializer_list>
#include <memory>
#include <set>
#include <unordered_map>

namespace spec_kitty::store_detail {

/// Space that must stay free for deletes and the mirror, which need disk space too.
inline constexpr std::uint64_t free_space_reserve = std::uint64_t{1} << 20;

/// Builds the records of drafts, one after the other in the same memory.
class event_maker {
public:
  event_maker(std::string_view node_id, epoch_us now, const ulid_randomness& random)
      : node_id_(node_id), now_(now), random_(random) {}

  /// With the next clock value after `row`'s, and the next id, unless it has one already; without
  /// its partition. Its views lie in the draft, and here until the next call.
  const event_record& make(const event_draft& draft, std::optional<std::string_view> cause,
                           const summary& row, const std::optional<ulid>& known_id = std::nullopt);
  /// The id of the record that was made last, as text.
  std::string_view id() const { return id_.view(); }

private:
  std::string_view node_id_;
  epoch_us now_;
  const ulid_randomness& random_;
  event_id_text id_;
  std::string json_;
  event_record record_;
};

/// A row's key: the mark and 16 bytes that begin the SHA-256 of project, 0, feature, 0, work
/// package (empty: the feature itself).
std::string subject_key(char mark, std::string_view project, std::string_view feature,
                        std::string_view wp_id);

/// The mark and 16 bytes that begin the SHA-256 of the names, with a 0 between them.
std::string hashed_key(char mark, std::initializer_list<std::string_view> names);

/// The last event of each work package, and of each feature whatever it was about, read once in a
/// transaction and written back once.
class last_events {
public:
  last_events(lmdb_txn& txn, const store_tables& tables) : txn_(txn), tables_(tables) {}
  /// The draft's own cause; without one, the last event of its work package, else of its feature.
  /// Valid until the next call of a function of this class.
  std::optional<std::string_view> cause_of(const event_draft& draft);
  void remember(const event_draft& draft, const ulid& event);
  void write_back();

private:
  struct row {
    std::string key;
    ulid event;
    bool known = false;
    bool changed = false;
  };
  row& at(const event_draft& draft, std::string_view wp_id);
  std::string name_;   ///< of the row that at() looks for
  event_id_text text_; ///< of the last cause

  lmdb_txn& txn_;
  const store_tables& tables_;
  std::unordered_map<std::string, row> rows_;
};

/// Cursors over an event's rows: what is put or taken out in order is found beside what went
/// before.
struct row_cursors {
  row_cursors(const lmdb_txn& txn, const store_tables& tables)
      : events(txn, tables.events), ids(txn, tables.ids), team_queue(txn, tables.team_queue) {}

  lmdb_cursor events;
  lmdb_cursor ids;
  lmdb_cursor team_queue;
};

/// One transaction's view of the queue. Nothing is kept before write_back().
struct queue_rows {
  queue_rows(lmdb_txn& txn_, const store_tables& tables_)
      : txn(txn_), tables(tables_), row(read_summary(txn_, tables_)), teams(txn_, tables_),
        types(txn_, tables_), causes(txn_, tables_) {}

  /// Puts an event at the end of the queue, in its partition. The clock never falls below it.
  /// False, and nothing is put, where its text does not read back as JSON.
  [[nodiscard]] bool add(const event_record& event, std::string_view team,
                         std::string_view project);
  /// The same without that look: for an event of a draft that is well_formed.
  void add_well_formed(event_record event, std::string_view team, std::string_view project);
  /// The id of the event that was recorded under one of the draft's keys (empty: announced before
  /// ids were kept); nothing when all of them are new.
  std::optional<std::string> recorded_as(const event_draft& draft) const;
  /// Remembers the event under the draft's intent key and the first of its announcement keys.
  void remember_once(const event_draft& draft, const ulid& event, epoch_us now);
  /// The key under which the project's events are kept. Its first event notes its name; what was
  /// decided under another of its keys is carried over. Where one of its keys is kept here and
  /// another shared, the event is kept here.
  const std::string& project_of(const event_draft& draft);
  /// The same for a project with one key.
  void remember_project(const std::string& key, const std::string& name);
  /// Gives an event another team or project; its place in the queue stays.
  void move_to_partition(std::uint64_t seq, std::string_view team, std::string_view project);
  /// Takes an event out of the queue: delivered, dead or evicted.
  void take_out(std::uint64_t seq, const event_record& event);
  void write_back();
  /// Opened when first needed.
  row_cursors& cursors();
  /// Before and after many rows go.
  void close_cursors() { cursors_.reset(); }

  lmdb_txn& txn;
  const store_tables& tables;
  summary row;
  partition_counters teams;
  type_counters types;
  last_events causes;

private:
  void prune_intents(epoch_us now);

  std::unique_ptr<row_cursors> cursors_;
  bool pruned_ = false;
  std::string joined_;     ///< an event whose head and tail stand apart
  std::string next_claim_; ///< memory for the one that is compared
  std::string claim_;      ///< of the last event: a burst is of one project
  std::string claim_kept_; ///< and the answer
};

/// Positions that are leased.
std::set<std::uint64_t> positions_in_hand(const lmdb_txn& txn, const store_tables& tables,
                                          epoch_us now);

} // namespace spec_kitty::store_detail
