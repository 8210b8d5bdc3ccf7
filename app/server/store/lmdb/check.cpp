#include "app/server/store/lmdb/check.hpp"

#include "app/server/store/leaf.hpp"
#include "app/server/store/lmdb/block.hpp"
#include "app/server/store/lmdb/pending.hpp"
#include "app/server/store/lmdb/rows.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace spec_kitty::server::store {

namespace {

/// What is counted of a team while its rows are read.
struct team_count {
  head_row head;
  std::uint64_t text_bytes = 0; ///< in blocks
  std::uint64_t rows = 0;       ///< in ids
  std::uint64_t rows_with_text = 0;
  std::uint64_t max_lamport = 0;
  std::vector<bool> without_text; ///< which sequence numbers below `first` have a row
};

class store_checker {
public:
  store_checker(const lmdb_txn& txn, const store_tables& tables, const std::atomic<bool>& stop)
      : txn_(txn), tables_(tables), stop_(stop) {}

  result<check_report> run() {
    read_team_rows();
    for (auto& [team, count] : teams_) {
      check_blocks(team, count);
      if (stop_)
        return store_is_stopping();
    }
    check_block_teams();
    if (!check_ids())
      return store_is_stopping();
    for (auto& [team, count] : teams_)
      check_counts(team, count);
    report_.teams = teams_.size();
    return std::move(report_);
  }

private:
  void find(team_id team, sequence seq, std::string what) {
    if (++report_.finding_count <= max_check_findings)
      report_.findings.push_back({team, seq, std::move(what)});
  }

  void read_team_rows() {
    lmdb_cursor cursor(txn_, tables_.heads);
    for (bool more = cursor.first(); more; more = cursor.next()) {
      const team_id team = row_reader(cursor.key()).u32();
      try {
        const auto head = decode_head(cursor.value());
        if (head.removed)
          removed_.push_back(team);
        else
          teams_[team].head = head;
        if (head.first > head.head + 1)
          find(team, 0, "retention went beyond the newest event");
      } catch (const damaged_row& error) {
        find(team, 0, std::string("the team's head cannot be read: ") + error.what());
      }
      if (!txn_.get(tables_.teams, key_of_team(team)))
        find(team, 0, "events of a team that does not exist");
    }
  }

  void check_blocks(team_id team, team_count& count) {
    sequence through = count.head.first - 1;
    lmdb_cursor cursor(txn_, tables_.blocks);
    for (bool more = cursor.seek(key_of_block(team, 0)); more && !stop_; more = cursor.next()) {
      const auto place = decode_block_key(cursor.key());
      if (place.team != team)
        break;
      try {
        const auto events = codec_.unpack(cursor.value(), memory_);
        const sequence first = place.last + 1 - events.size();
        if (first > through + 1)
          find(team, through + 1, "events are missing up to " + std::to_string(first - 1));
        else if (first <= through)
          find(team, first, "a block begins before the end of the one before it");
        for (std::size_t i = 0; i < events.size(); ++i)
          check_event(team, count, first + i, events[i]);
      } catch (const damaged_row& error) {
        find(team, place.last, error.what());
      }
      through = place.last;
    }
    if (through < count.head.head)
      find(team, through + 1,
           "events are missing up to the newest, " + std::to_string(count.head.head));
    else if (through > count.head.head)
      find(team, count.head.head + 1, "blocks reach beyond the newest event");
  }

  void check_event(team_id team, team_count& count, sequence seq, const block_event& event) {
    count.text_bytes += event.text.size();
    const auto row = txn_.get(tables_.ids, view_of(key_of_id(event.id, team)));
    if (!row) {
      find(team, seq, "an event without a row");
      return;
    }
    const auto known = decode_id(*row);
    if (known.seq != seq)
      find(team, seq, "the event's row has the number " + std::to_string(known.seq));
    if (known.account != event.account)
      find(team, seq, "the event's row has another account");
    if (event.erased)
      return;
    ++report_.texts;
    if (known.leaf != kept(hasher_.of(event.text)))
      find(team, seq, "the text does not fit its leaf");
  }

  /// Blocks of teams without a head.
  void check_block_teams() {
    team_id last = 0;
    lmdb_cursor cursor(txn_, tables_.blocks);
    for (bool more = cursor.first(); more;
         more = cursor.seek(key_of_block(last, ~sequence{0})) && skip(cursor, last)) {
      last = decode_block_key(cursor.key()).team;
      if (!teams_.contains(last) &&
          std::find(removed_.begin(), removed_.end(), last) == removed_.end())
        find(last, 0, "blocks of a team without a head");
    }
  }
  /// Past a key that is the very last of its team.
  static bool skip(lmdb_cursor& cursor, team_id team) {
    return decode_block_key(cursor.key()).team != team || cursor.next();
  }

  bool check_ids() {
    lmdb_cursor cursor(txn_, tables_.ids);
    for (bool more = cursor.first(); more; more = cursor.next()) {
      if ((++report_.events & 0xFFFF) == 0 && stop_)
        return false;
      try {
        check_id(team_of_id_key(cursor.key()), decode_id(cursor.value()));
      } catch (const damaged_row& error) {
        find(0, 0, error.what());
      }
    }
    return true;
  }

  void check_id(team_id team, const id_row& row) {
    const auto found = teams_.find(team);
    if (found == teams_.end()) {
      if (std::find(removed_.begin(), removed_.end(), team) == removed_.end())
        find(team, row.seq, "a row of a team that does not exist");
      return;
    }
    auto& count = found->second;
    ++count.rows;
    count.max_lamport = std::max(count.max_lamport, row.lamport);
    if (row.seq == 0 || row.seq > count.head.head) {
      find(team, row.seq, "a row with a number that the team has not reached");
      return;
    }
    if (row.seq >= count.head.first) {
      ++count.rows_with_text;
      return;
    }
    count.without_text.resize(static_cast<std::size_t>(count.head.first - 1));
    auto is_known = count.without_text[static_cast<std::size_t>(row.seq - 1)];
    if (is_known)
      find(team, row.seq, "two rows have the same number");
    is_known = true;
  }

  void check_counts(team_id team, const team_count& count) {
    const std::uint64_t with_text = count.head.head + 1 - count.head.first;
    if (count.rows_with_text > with_text)
      find(team, 0, count_of(count.rows_with_text - with_text, "row") + " without an event");
    if (count.rows < count.head.head)
      find(team, 0, count_of(count.head.head - count.rows, "row") + " missing");
    if (count.text_bytes != count.head.text_bytes)
      find(team, 0,
           "the texts have " + std::to_string(count.text_bytes) + " bytes, not " +
               std::to_string(count.head.text_bytes));
    if (count.max_lamport != count.head.max_lamport)
      find(team, 0,
           "the highest stamp is " + std::to_string(count.max_lamport) + ", not " +
               std::to_string(count.head.max_lamport));
  }

  const lmdb_txn& txn_;
  const store_tables& tables_;
  const std::atomic<bool>& stop_;
  block_codec codec_;
  leaf_hasher hasher_;
  std::string memory_;
  std::map<team_id, team_count> teams_;
  std::vector<team_id> removed_;
  check_report report_;
};

} // namespace

result<check_report> check_store(const lmdb_txn& txn, const store_tables& tables,
                                 const std::atomic<bool>& stop) {
  return store_checker(txn, tables, stop).run();
}

} // namespace spec_kitty::server::store
