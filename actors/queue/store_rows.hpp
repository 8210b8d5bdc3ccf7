// The rows that every change of the queue keeps in step: summary, partitions, types, indices. For
// the store's own files only.
#pragma once

#include "actors/queue/store.hpp"

#include <set>

namespace spec_kitty::store_detail {

/// Space that must stay free for deletes and the mirror, which need disk space too.
inline constexpr std::uint64_t free_space_reserve = std::uint64_t{1} << 20;

/// Builds the record of a draft and keeps the bytes that its views lie in.
class event_maker {
public:
  /// The next clock value after `row`'s, and the next id, unless it has one already.
  event_maker(const event_draft& draft, const summary& row, std::string_view node_id, epoch_us now,
              const ulid_randomness& random, const std::optional<ulid>& known_id = std::nullopt);
  event_maker(const event_maker&) = delete;
  event_maker& operator=(const event_maker&) = delete;

  event_record record; ///< without its partition

private:
  std::string type_;
  std::string head_;
  std::string tail_;
};

/// One transaction's view of the queue. Nothing is kept before write_back().
struct queue_rows {
  queue_rows(lmdb_txn& txn_, const store_tables& tables_)
      : txn(txn_), tables(tables_), row(read_summary(txn_, tables_)), teams(txn_, tables_),
        types(txn_, tables_) {}

  /// Puts an event at the end of the queue, in its partition. The clock never falls below it.
  void add(event_record event, std::string_view team, std::string_view project);
  /// The id of the event that was announced under one of the keys (empty: announced before ids were
  /// kept); nothing when all of them are new.
  std::optional<std::string> announced_as(const std::vector<std::string>& keys) const;
  /// Remembers the event under the first of them.
  void remember_announcement(const std::vector<std::string>& keys, const ulid& event);
  /// Notes a project's name with its first event.
  void remember_project(std::string_view key, std::string_view name);
  /// Gives an event another team or project; its place in the queue stays.
  void move_to_partition(std::uint64_t seq, std::string_view team, std::string_view project);
  /// Takes an event out of the queue: delivered, dead or evicted.
  void take_out(std::uint64_t seq, const event_record& event);
  void write_back();

  lmdb_txn& txn;
  const store_tables& tables;
  summary row;
  partition_counters teams;
  type_counters types;
};

/// Positions that are leased.
std::set<std::uint64_t> positions_in_hand(const lmdb_txn& txn, const store_tables& tables,
                                          epoch_us now);

} // namespace spec_kitty::store_detail
