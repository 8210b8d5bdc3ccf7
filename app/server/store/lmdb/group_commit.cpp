#include "app/server/store/lmdb/group_commit.hpp"

#include "app/server/store/leaf.hpp"
#include "app/server/store/lmdb/tail.hpp"

#include <algorithm>

namespace spec_kitty::server::store {

namespace {

failure team_does_not_exist(team_id team) {
  return {ec::not_found, "team " + std::to_string(team) + " does not exist", {}};
}

} // namespace

group_commit::team_state* group_commit::find_team(target to, team_id team) {
  if (const auto known = teams_.find(team); known != teams_.end())
    return known->second.row.removed ? nullptr : &known->second;
  const auto row = to.txn.get(to.tables.heads, key_of_team(team));
  if (!row)
    return nullptr;
  team_state state;
  state.row = decode_head(*row);
  auto& kept_state = teams_.emplace(team, std::move(state)).first->second;
  return kept_state.row.removed ? nullptr : &kept_state;
}

group_outcome group_commit::run(lmdb_txn& txn, const store_tables& tables,
                                const std::vector<waiting_submission>& group) {
  const target to{txn, tables};
  teams_.clear();
  stamps_.clear();
  used_.clear();
  group_outcome out;
  for (const auto& submission : group) {
    const auto missing =
        std::find_if(submission.batches.begin(), submission.batches.end(),
                     [&](const batch& part) { return find_team(to, part.team) == nullptr; });
    if (missing != submission.batches.end()) {
      out.submissions.emplace_back(team_does_not_exist(missing->team));
      continue;
    }
    committed done;
    for (const auto& part : submission.batches)
      store(to, part, out, done.batches.emplace_back());
    out.submissions.emplace_back(std::move(done));
  }
  finish(to, out);
  for (std::size_t i = 0; i < group.size(); ++i)
    if (out.submissions[i]) {
      std::set<team_id> named;
      for (const auto& part : group[i].batches)
        if (named.insert(part.team).second)
          out.submissions[i]->heads.push_back(public_head(part.team, teams_.at(part.team).row));
    }
  return out;
}

void group_commit::store(target to, const batch& events, group_outcome& out,
                         std::vector<outcome>& verdicts) {
  team_state& team = teams_.at(events.team);
  verdicts.reserve(events.events.size());
  behind_.clear();
  for (const auto& event : events.events) {
    verdicts.push_back(store_event(to, events, event, team));
    switch (verdicts.back().what) {
    case verdict::stored:
      ++out.stored;
      break;
    case verdict::duplicate:
      ++out.duplicates;
      break;
    case verdict::differs:
      ++out.differing;
      break;
    case verdict::behind:
    case verdict::ahead:
      ++out.refused;
      break;
    }
  }
}

std::optional<outcome> group_commit::refuse_stamp(target to, const batch& events,
                                                  const new_event& event, const team_state& team) {
  if (event.lamport > max_stamp_step && event.lamport - max_stamp_step > team.row.max_lamport)
    return outcome{verdict::ahead, 0, 0, 0};
  if (const auto node = behind_.find(event.node); node != behind_.end())
    return outcome{verdict::behind, 0, 0, node->second};
  const auto taken = used_.find(to.txn, to.tables, events, event);
  if (!taken)
    return std::nullopt;
  return outcome{verdict::behind, 0, 0, *taken};
}

outcome group_commit::store_event(target to, const batch& events, const new_event& event,
                                  team_state& team) {
  const auto key = key_of_id(event.id, events.team);
  const kept_leaf leaf = kept(event.leaf);
  if (auto refused = refuse_stamp(to, events, event, team)) {
    if (const auto row = to.txn.get(to.tables.ids, view_of(key))) {
      const auto known = decode_id(*row);
      return {known.leaf == leaf ? verdict::duplicate : verdict::differs, known.seq, known.lamport,
              0};
    }
    // What follows of this node must not pass it.
    if (refused->what == verdict::behind)
      behind_.emplace(event.node, refused->taken_ms);
    return *refused;
  }
  encode(id_row{team.row.head + 1, leaf, event.lamport, events.account}, row_);
  MDB_val k = to_val(view_of(key));
  MDB_val v = to_val(row_);
  const int rc = mdb_put(to.txn.get(), to.tables.ids, &k, &v, MDB_NOOVERWRITE);
  if (rc == MDB_KEYEXIST) {
    const auto known = decode_id(to_view(v));
    return {known.leaf == leaf ? verdict::duplicate : verdict::differs, known.seq, known.lamport,
            0};
  }
  if (rc != MDB_SUCCESS)
    throw lmdb_error(rc, "keep an id");

  if (!team.block.empty() && team.block_bytes + event.text.size() > block_text_bytes)
    close_block(to, events.team, team);
  ++team.row.head;
  team.has_news = true;
  team.row.max_lamport = std::max(team.row.max_lamport, event.lamport);
  team.row.newest_received = std::max(team.row.newest_received, events.received_at);
  team.row.text_bytes += event.text.size();
  team.block.push_back(
      {event.id, events.sender, events.received_at, events.account, false, event.text});
  team.block_bytes += event.text.size();
  if (team.block.size() == max_block_events)
    close_block(to, events.team, team);
  raise_stamp(events, event);
  used_.add(to.txn, to.tables, events, event);
  return {verdict::stored, team.row.head, event.lamport, 0};
}

void group_commit::raise_stamp(const batch& events, const new_event& event) {
  stamp_key_.clear();
  row_writer(stamp_key_).u32(events.team).u32(events.account).raw(event.node);
  auto& highest = stamps_[stamp_key_];
  highest = std::max(highest, event.lamport);
}

void group_commit::write_stamps(target to) {
  for (const auto& [key, lamport] : stamps_) {
    const auto known = to.txn.get(to.tables.stamps, key);
    if (known && row_reader(*known).u64() >= lamport)
      continue;
    row_.clear();
    row_writer(row_).u64(lamport);
    to.txn.put(to.tables.stamps, key, row_);
  }
}

void group_commit::close_block(target to, team_id team, team_state& state) {
  if (state.block.empty())
    return;
  to.txn.put(to.tables.blocks, key_of_block(team, state.row.head), codec_.pack(state.block));
  note_block(state.row, state.block.size());
  state.block.clear();
  state.block_bytes = 0;
}

void group_commit::finish(target to, group_outcome& out) {
  for (auto& [team, state] : teams_) {
    if (!state.has_news)
      continue;
    close_block(to, team, state);
    if (needs_merge(state.row))
      merge_tail(to.txn, to.tables, codec_, team, state.row);
    to.txn.put(to.tables.heads, key_of_team(team), encode(state.row));
    out.news.push_back(public_head(team, state.row));
  }
  write_stamps(to);
  used_.write(to.txn, to.tables);
}

} // namespace spec_kitty::server::store
