// The durable queue: an outbox in LMDB. Pure of actors; QUEUE is its shell.
//
//   append   one transaction: clock tick + ULID + event rows        store_append.cpp
//   lease    the oldest due events of one team, for one caller       store_lease.cpp
//   settle   the server's verdicts, event by event                  store_settle.cpp
//   read     statistics in O(1), listings in append order           store_read.cpp
//   adopt    `local` events get the team of a login                 store_adopt.cpp
//   restamp  the server's clock, new stamps where they may change   store_restamp.cpp
//   dead     what a person decides about dead letters               store_dead.cpp
//   project  what a person decides about a project's events         store_project.cpp
//   evict    at the cap the oldest go to the overflow folder        store_evict.cpp
//   spill    takes in events recorded while it could not be used    store_spill.cpp
//   import   takes in events from elsewhere, each once              store_import.cpp
//   hear     what others did: clock, place in the log, statuses      store_hear.cpp
//   status   who moved a work package last, here and elsewhere       store_status.cpp
//   announce what is recorded once per home                         store_announce.cpp
//   cause    the last event of each work package                    store_cause.cpp
//   (rows)   what every change keeps in step                        store_rows.cpp
//
// Every function is one transaction: done as a whole or not at all. docs/queue-format.md
// describes the bytes.
#pragma once

#include "actors/queue/environment.hpp"
#include "actors/queue/file_check.hpp"
#include "actors/queue/journal_writer.hpp"
#include "actors/queue/records.hpp"
#include "actors/queue/status_records.hpp"
#include "config/node_id.hpp"
#include "messages/queue.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace spec_kitty {

namespace store_detail {
struct queue_rows;
} // namespace store_detail

/// A store that was copied counts under an id of its own from then on: two homes of one node would
/// give the same clock values.
struct node_change {
  std::string before;
  std::string now;
  bool was_copied = false; ///< else a person asked for it
};

struct store_options {
  std::filesystem::path home;
  std::function<node_seed()> seed;     ///< asked when the store is made, or gets a new node id
  bool home_trusted = false;           ///< this process has just checked the home
  std::uint64_t max_events = 10000;    ///< queued, leased and held together
  std::uint64_t max_bytes = 268435456; ///< of stored rows; the map is four times as large
  std::chrono::milliseconds busy_timeout{2000};
  bool share_by_default = true; ///< sync.project_default: for projects without a decision
  bool evict_oldest = false;    ///< sync.overflow: at the cap the oldest are evicted
  /// A data file of at most so many pages is looked through as a whole before it is opened.
  std::size_t look_through = looked_through::by_default;
  /// A file of at most so many bytes is never rewritten to return its space.
  std::uint64_t keep_file_bytes = std::uint64_t{16} << 20;
  /// Called by a writer that gave the store a new node id, because the home was copied or
  /// `renew_node` asks for it; from the thread that opens it.
  std::function<void(const node_change&)> on_new_node = {};
  bool renew_node = false;          ///< a writer gives the store a new node id
  std::uint64_t keep_delivered = 0; ///< events in the journal; for QUEUE, which writes it
  std::string server = {};          ///< the URL that they are delivered to
};

/// Whether a receipt holds the event as it is stored, a copy of all of it.
enum class receipts { with_json, brief };

class store {
public:
  /// Opens the home's store. A writer makes it when missing and refuses a newer version; a reader
  /// gets not_found when it is missing.
  static result<store> open(const store_options& options, open_mode mode);

  /// Appends in order, in one transaction: tick, ULID, rows. The outer result fails when nothing
  /// was committed; an inner one when that event alone was refused (queue_full: it is counted in
  /// dropped). Success means durable.
  result<std::vector<result<append_receipt>>>
  append(std::span<const event_draft> drafts, epoch_us now, receipts form = receipts::with_json);

  /// The receive rule, max(local, remote) + 1, as one transaction. The new value.
  result<std::uint64_t> merge_clock(std::uint64_t remote);

  /// What this home has heard of a team's log at a server.
  result<cursor_found> cursor(const cursor_request& asked);
  /// The server continues behind a place of a log, maybe another log than before. Where numbers
  /// that this home has heard are gone, that is kept until it is acknowledged.
  result<join_done> join_log(const join_request& where, epoch_us now);
  /// What a connection brought, in one transaction: the receive rule, the place, statuses. The new
  /// clock value. A place of a log that is no longer the team's is passed over.
  result<std::uint64_t> hear(const heard_burst& burst, epoch_us now);
  /// Logs that were taken back count as seen from now on.
  result<taken_back_done> acknowledge_taken_back();
  /// Who moved each of these work packages of a feature last, as far as this home knows.
  result<std::vector<status_record>> statuses(std::string_view project, std::string_view feature,
                                              const std::vector<std::string>& wp_ids);

  /// The Lamport value.
  result<std::uint64_t> clock();

  /// Whether a server has refused stamps of this home's node id as another event's: a copy of the
  /// home is or was in use under the same id.
  result<bool> stamps_are_taken();

  /// The newest id given out; zeros in a new store.
  result<ulid> newest_id();

  /// The boot on which the store was made, or last found whole; zeros: never.
  result<ulid> checked_on();
  result<void> note_checked(const ulid& boot);

  /// What a run for the team would select now.
  result<due_count> due(const due_request& asked);

  /// Gives the oldest due events to the caller until settled. At most one lease per team is out;
  /// a lease whose owner is gone or whose time is over is taken back first.
  result<lease_grant> lease(const lease_request& request, const process_mark& owner, epoch_us now);

  /// Applies verdicts and ends the lease. Removal needs only position and id to match (a late
  /// acknowledgement is still true); counting a try needs the lease to be the caller's, and so does
  /// extending it by further events. What was removed because the server has it is added to
  /// `delivered`.
  result<settle_outcome> settle(const settle_request& request, epoch_us now,
                                std::vector<settled_event>* delivered = nullptr);

  /// Gives `local` events the team of the account that logged in, when it is the account last
  /// seen in this home or the first ever, or when the request says so.
  result<adoption> adopt(const adopt_request& request);

  /// Merges the server's clock and stamps anew, in order, what was never sent and what the request
  /// names. A restamped event keeps its id; no value is used twice. bad_input for an absurd clock.
  result<restamp_done> restamp(const restamp_request& request);

  /// Holds a team's events (403), or ends the hold.
  result<hold_done> hold(const hold_request& request, epoch_us now);

  /// Dead letters go back to their old place, or are deleted. An unknown id: nothing is done.
  result<dead_done> decide_dead(const dead_request& request);

  /// Holds or shares the events of a project from now on, those that wait included.
  result<project_done> decide_project(const project_request& request, epoch_us now);

  /// Gives the file's space back to the disk, where it has more than `keep_file_bytes` and at most
  /// 4 MiB of events are left. True where it did. For those that drain: it writes what is left.
  result<bool> return_space();
  /// Removes what an interrupted `return_space` left, of whatever process.
  void remove_leftovers() { env_->remove_leftovers(); }

  /// Sets the count of dropped events to 0.
  result<drops_done> acknowledge_drops();
  /// Adds events that were dropped outside of the store to that count.
  result<drops_done> add_drops(std::uint64_t more);

  /// Takes in the events of the home's spill files, in order of time, each once, and removes the
  /// files afterwards. The number taken in.
  result<std::uint64_t> take_in_spill(epoch_us now);

  /// Takes in events from elsewhere, in their order; those that are here already stay as they are.
  /// The outer result fails when nothing was committed.
  result<import_done> import_events(const import_request& request, epoch_us now);

  /// After an append that failed with commit_unknown: the id of each draft; empty where refused.
  std::vector<std::string> attempted_ids() const;

  /// Remembers the last failure, a JSON object, for the status.
  result<void> note_error(std::string_view json);

  result<queue_stats> stats();

  /// Events in append order, in pages: calls `visit` until it returns false. `team` is the team
  /// of the session (empty: none), to distinguish held from queued.
  result<void> list(std::string_view team, const std::function<bool(const listed_event&)>& visit,
                    epoch_us now);

  const std::string& node_id() const { return node_id_; }
  /// The node id before this opening gave it a new one.
  const std::optional<std::string>& former_node_id() const { return former_node_id_; }

private:
  store(store_options options, std::shared_ptr<environment> environment, std::string node_id)
      : options_(std::move(options)), env_(std::move(environment)), node_id_(std::move(node_id)) {}

  /// Gives the store a new node id where the home was copied, or the options ask for it.
  result<void> check_node();
  result<settle_outcome> settle_part(const settle_request& request, epoch_us now, bool last,
                                     std::vector<settled_event>* delivered);
  std::uint64_t byte_cap() const;
  /// Frees capacity for that many events, or bytes: moves the oldest to the overflow folder.
  void evict(store_detail::queue_rows& rows, std::size_t events, std::size_t bytes,
             epoch_us now) const;

  store_options options_;
  std::shared_ptr<environment> env_;
  std::string node_id_;
  std::optional<std::string> former_node_id_;
  std::vector<ulid> attempted_; ///< zeros: refused
};

/// The key under which it is remembered that a work package of a project's feature was announced;
/// with an empty `wp_id`, the feature itself. 17 bytes.
std::string announcement_key(std::string_view project, std::string_view feature,
                             std::string_view wp_id);

namespace store_detail {

/// The summary row, of an older store too; throws lmdb_error(MDB_CORRUPTED) when it is missing or
/// garbled.
summary read_summary(const lmdb_txn& txn, const store_tables& tables);

/// Partitions (a team's, or a project's in a team) that a transaction touches, read once and
/// written back once. References hold until the next call of at().
class partition_counters {
public:
  partition_counters(lmdb_txn& txn, const store_tables& tables) : txn_(txn), tables_(tables) {}
  /// The row of a partition, made on first use; a team's own row comes before those of its
  /// projects.
  partition_record& at(std::string_view team, std::string_view project = {});
  /// The row with this id; throws lmdb_error(MDB_CORRUPTED) when it is missing.
  partition_record& at_id(std::uint32_t id);
  /// The team of that row, whose events are sent as that team's; until the next call of at().
  std::string_view team_of(std::uint32_t id);
  /// The project key of that row; empty: none. Valid as long.
  std::string_view project_of(std::uint32_t id);
  void write_back();

private:
  partition_record& row(std::string_view key);
  std::pair<std::string, partition_record>& entry_of(std::uint32_t id);

  lmdb_txn& txn_;
  const store_tables& tables_;
  std::vector<std::pair<std::string, partition_record>> rows_;
  std::string key_; ///< of the row that at() looks for
};

/// A partition, and whether its events may be sent.
struct partition {
  std::string team;
  std::string project; ///< key; empty: none
  partition_record row;
  bool shared = true;
};

/// Every partition, in the order of team and project.
std::vector<partition> all_partitions(const lmdb_txn& txn, const store_tables& tables,
                                      bool share_by_default);

/// A project's row; undecided when it has none.
project_record read_project_row(const lmdb_txn& txn, const store_tables& tables,
                                std::string_view project);
void put_project(lmdb_txn& txn, const store_tables& tables, std::string_view project,
                 const project_record& row);

/// Counts per event type, kept like the partitions' rows.
class type_counters {
public:
  type_counters(lmdb_txn& txn, const store_tables& tables) : txn_(txn), tables_(tables) {}
  void add(std::string_view type, std::int64_t difference);
  void write_back();

private:
  lmdb_txn& txn_;
  const store_tables& tables_;
  std::vector<std::pair<std::string, std::int64_t>> rows_;
};

/// Every row of a place in a log.
std::vector<cursor_record> all_cursors(const lmdb_txn& txn, const store_tables& tables);

/// The event at a position; throws lmdb_error(MDB_CORRUPTED) when its bytes are damaged.
std::optional<event_record> read_event(const lmdb_txn& txn, const store_tables& tables,
                                       std::uint64_t seq);

/// What the store may rewrite in an event: the parts of its head.
struct head_parts {
  event_stamp stamp;
  std::string team_slug;
};
head_parts read_head(const event_record& event);

/// Writes an event with another head in its old place, and adjusts the row's byte count. Returns
/// the new record as JSON.
std::string rewrite_head(lmdb_txn& txn, const store_tables& tables, summary& row, std::uint64_t seq,
                         event_record event, const head_parts& head);

/// True for a lease that counts: not expired, its owner alive. A lease with over a minute more left
/// than it was given for has expired too: the clock was set back since.
bool is_current(const lease_record& lease, epoch_us now);

} // namespace store_detail

} // namespace spec_kitty
