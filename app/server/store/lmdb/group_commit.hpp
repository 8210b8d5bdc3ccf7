// One group in one transaction: verdicts, sequence numbers, rows and blocks.
//
//   for each event: put its id where it is new ─▶ stored: next number, into the team's block
//                                              ─▶ known: duplicate or differs, by its leaf
//                     where it is new and its stamp is taken or out of reach: behind, ahead
//   then: open blocks, heads, stamps
//
// An id that is in the group twice meets its own row: doubles need no rule of their own.
#pragma once

#include "app/server/store/lmdb/block.hpp"
#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/lmdb/group_queue.hpp"
#include "app/server/store/lmdb/rows.hpp"
#include "app/server/store/lmdb/used_stamps.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace spec_kitty::server::store {

/// What became of each submission of a group.
struct group_outcome {
  std::vector<result<committed>> submissions;
  std::vector<team_head> news; ///< teams that have new events
  std::uint64_t stored = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t differing = 0;
  std::uint64_t refused = 0; ///< for their stamps
};

/// Writes groups, one after the other; on the writer's thread.
class group_commit {
public:
  explicit group_commit(block_codec& codec) : codec_(codec) {}

  /// Within a transaction that the caller commits or gives up. A submission for a team that does
  /// not exist fails alone; whatever is thrown fails all.
  group_outcome run(lmdb_txn& txn, const store_tables& tables,
                    const std::vector<waiting_submission>& group);

private:
  /// A team that the group writes to.
  struct team_state {
    head_row row;
    std::vector<block_event> block; ///< not written yet
    std::size_t block_bytes = 0;
    bool has_news = false;
  };
  struct target {
    lmdb_txn& txn;
    const store_tables& tables;
  };

  team_state* find_team(target to, team_id team);
  void store(target to, const batch& events, group_outcome& out, std::vector<outcome>& verdicts);
  outcome store_event(target to, const batch& events, const new_event& event, team_state& team);
  /// What is wrong with the stamp of an event that is not kept; nothing: it is good.
  std::optional<outcome> refuse_stamp(target to, const batch& events, const new_event& event,
                                      const team_state& team);
  void raise_stamp(const batch& events, const new_event& event);
  void write_stamps(target to);
  void close_block(target to, team_id team, team_state& state);
  void finish(target to, group_outcome& out);

  block_codec& codec_;
  std::map<team_id, team_state> teams_;
  std::map<std::string, std::uint64_t> stamps_;
  used_stamps used_;
  /// Nodes of the batch at hand of which an event was `behind`, with the time of the other event.
  std::map<std::string, std::uint64_t, std::less<>> behind_;
  std::string row_;
  std::string stamp_key_;
};

} // namespace spec_kitty::server::store
