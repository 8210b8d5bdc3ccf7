#include "app/server/store/lmdb/reads.hpp"

#include <algorithm>

namespace spec_kitty::server::store {

namespace {

constexpr std::size_t max_page_events = 10'000;
constexpr std::size_t usual_page_events = 1000;

failure team_not_found(team_id team) {
  return {ec::not_found, "team " + std::to_string(team) + " does not exist", {}};
}

/// A page in the making. Its texts stay where they were unpacked.
class page_builder {
public:
  /// After a number, in a log that has so many.
  page_builder(sequence after, sequence head, page_limits limits)
      : events_left_(std::clamp<std::size_t>(limits.events, 1, max_page_events)),
        bytes_left_(limits.bytes) {
    out_.through = after;
    out_.events.reserve(std::min<std::size_t>({events_left_, head - after, usual_page_events}));
  }

  /// Adds what a block has after the page's end; false once the page is full.
  bool add(const block_ptr& block, sequence last) {
    const sequence first = last + 1 - block->events.size();
    if (first > out_.through + 1)
      throw damaged_row("a block is missing after event " + std::to_string(out_.through));
    out_.memory.push_back(block);
    for (sequence seq = out_.through + 1; seq <= last; ++seq)
      if (!add_event(seq, block->events[static_cast<std::size_t>(seq - first)]))
        return false;
    return true;
  }
  void add_gap(sequence from, sequence to, gap_reason reason) {
    if (!out_.gaps.empty() && out_.gaps.back().to + 1 == from && out_.gaps.back().reason == reason)
      out_.gaps.back().to = to;
    else
      out_.gaps.push_back({from, to, reason});
    out_.through = to;
  }
  sequence through() const { return out_.through; }

  page finish(const team_head& head) {
    out_.head = head;
    return std::move(out_);
  }

private:
  /// False, and nothing is added, once the page is full.
  bool add_event(sequence seq, const block_event& event) {
    if (event.erased) {
      add_gap(seq, seq, gap_reason::erased);
      return true;
    }
    if (events_left_ == 0 || (event.text.size() > bytes_left_ && !out_.events.empty()))
      return false;
    --events_left_;
    bytes_left_ -= std::min(bytes_left_, event.text.size());
    out_.events.push_back({seq, event.account, event.sender, event.received_at, event.text});
    out_.through = seq;
    return true;
  }

  std::size_t events_left_;
  std::size_t bytes_left_;
  page out_;
};

} // namespace

std::optional<head_row> read_head(const lmdb_txn& txn, const store_tables& tables, team_id team) {
  const auto row = txn.get(tables.heads, key_of_team(team));
  if (!row)
    return std::nullopt;
  const auto head = decode_head(*row);
  return head.removed ? std::nullopt : std::optional(head);
}

result<page> read_page(const lmdb_txn& txn, const store_tables& tables, const block_reader& blocks,
                       team_id team, sequence after, page_limits limits) {
  const auto head = read_head(txn, tables, team);
  if (!head)
    return team_not_found(team);
  page_builder out(std::min(after, head->head), head->head, limits);
  if (after + 1 < head->first && after < head->head)
    out.add_gap(after + 1, head->first - 1, gap_reason::retention);
  lmdb_cursor cursor(txn, tables.blocks);
  bool more = out.through() < head->head && cursor.seek(key_of_block(team, out.through() + 1));
  for (; more && out.through() < head->head; more = cursor.next()) {
    const auto place = decode_block_key(cursor.key());
    if (place.team != team)
      break;
    if (!out.add(blocks.kept.block_of(cursor.key(), cursor.value(), blocks.codec), place.last))
      return out.finish(public_head(team, *head));
  }
  if (out.through() < head->head)
    throw damaged_row("the newest block of team " + std::to_string(team) + " is missing");
  return out.finish(public_head(team, *head));
}

result<found_event> find_event(const lmdb_txn& txn, const store_tables& tables,
                               const block_reader& blocks, team_id team, const ulid& id) {
  const auto head = read_head(txn, tables, team);
  const auto row = txn.get(tables.ids, view_of(key_of_id(id, team)));
  if (!head || !row)
    return failure{ec::not_found, "the team has no event with this id", {}};
  const auto known = decode_id(*row);
  found_event out{known.seq, known.lamport, known.account, known.leaf, false, {}};
  if (known.seq < head->first)
    return out;
  lmdb_cursor cursor(txn, tables.blocks);
  if (!cursor.seek(key_of_block(team, known.seq)) || decode_block_key(cursor.key()).team != team)
    throw damaged_row("the block of event " + std::to_string(known.seq) + " is missing");
  const auto block = blocks.kept.block_of(cursor.key(), cursor.value(), blocks.codec);
  const auto& events = block->events;
  const sequence first = decode_block_key(cursor.key()).last + 1 - events.size();
  if (known.seq < first)
    throw damaged_row("the block of event " + std::to_string(known.seq) + " is missing");
  const auto& event = events[static_cast<std::size_t>(known.seq - first)];
  out.has_text = !event.erased;
  out.text = std::string(event.text);
  return out;
}

std::vector<team_head> read_heads(const lmdb_txn& txn, const store_tables& tables,
                                  const std::vector<team_id>& teams) {
  std::vector<team_head> out;
  for (const team_id team : teams)
    if (const auto head = read_head(txn, tables, team))
      out.push_back(public_head(team, *head));
  if (!teams.empty())
    return out;
  lmdb_cursor cursor(txn, tables.heads);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const auto head = decode_head(cursor.value());
    if (!head.removed)
      out.push_back(public_head(row_reader(cursor.key()).u32(), head));
  }
  return out;
}

} // namespace spec_kitty::server::store
