// Appends: Lamport tick, ULID and rows share one transaction, so two processes never share a value
// and a crash never leaves an id without its event.
#include "actors/queue/store_status.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

failure full(const summary& row, std::uint64_t max_events, std::uint64_t max_bytes) {
  const bool by_count = row.live >= max_events;
  return {ec::queue_full,
          by_count
              ? "the queue holds " + count_of(row.live, "event") + ", its cap: 1 event NOT recorded"
              : "the queue holds " + std::to_string(row.bytes) + " bytes of its cap of " +
                    std::to_string(max_bytes) + ": 1 event NOT recorded",
          by_count ? "run: spec-kitty sync now, or raise sync.max_queue_size"
                   : "run: spec-kitty sync now, or raise sync.max_queue_bytes"};
}

const failure exhausted{ec::store_unusable, "the Lamport clock has reached 2^53 - 1",
                        "this home can record no more events; use another --home"};
const failure unreadable{ec::internal, "the event as written is not JSON: it is NOT recorded",
                         "check its payload with a JSON tool such as jq"};

} // namespace

std::vector<std::string> store::attempted_ids() const {
  std::vector<std::string> ids;
  for (const auto& id : attempted_)
    ids.push_back(id == ulid{} ? std::string() : to_string(id));
  return ids;
}

result<std::vector<result<append_receipt>>> store::append(std::span<const event_draft> drafts,
                                                          epoch_us now, receipts form) {
  if (auto space = check_free_space(env_->folder(), store_detail::free_space_reserve); !space)
    return space.error();
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    const ulid_randomness random = draw_randomness(); // a system call: once for the whole burst
    std::vector<result<append_receipt>> answers;
    answers.reserve(drafts.size());
    attempted_.clear();
    attempted_.reserve(drafts.size());
    store_detail::queue_rows rows(txn, tables);
    store_detail::event_maker maker(node_id_, now, random);
    summary& row = rows.row;
    for (const auto& draft : drafts) {
      if (auto known = rows.recorded_as(draft)) {
        attempted_.emplace_back();
        append_receipt before;
        before.event_id = std::move(*known);
        before.known = true;
        before.queued = row.live;
        answers.emplace_back(std::move(before));
        continue;
      }
      if (row.clock >= max_lamport) {
        attempted_.emplace_back();
        answers.emplace_back(exhausted);
        continue;
      }
      const event_record& made = maker.make(draft, rows.causes.cause_of(draft), row);
      const std::size_t size = made.encoded_size();
      const auto fits = [&] {
        return row.live < options_.max_events && row.bytes + size <= byte_cap();
      };
      if (!fits() && options_.evict_oldest)
        evict(rows, drafts.size() - answers.size(), size, now);
      if (!fits()) {
        ++row.dropped;
        attempted_.emplace_back();
        answers.emplace_back(full(row, options_.max_events, byte_cap()));
        continue;
      }
      if (draft.well_formed) {
        rows.add_well_formed(made, draft.team_slug, rows.project_of(draft));
      } else if (!rows.add(made, draft.team_slug, rows.project_of(draft))) {
        attempted_.emplace_back();
        answers.emplace_back(unreadable);
        continue;
      }
      rows.remember_once(draft, made.id, now);
      rows.causes.remember(draft, made.id);
      store_detail::record_own_status(txn, tables, draft, made.id, made.lamport, now);
      row.last_id = made.id;
      attempted_.push_back(made.id);
      answers.emplace_back(append_receipt{std::string(maker.id()), made.lamport,
                                          form == receipts::with_json ? made.json() : std::string(),
                                          row.live, std::nullopt, false});
    }
    rows.write_back();
    return answers;
  });
}

} // namespace spec_kitty
