#include "app/store_check/full_check.hpp"

#include "actors/queue/file_check.hpp"

#include <algorithm>
#include <map>

namespace spec_kitty {

namespace {

constexpr std::size_t max_findings = 20;

/// What the other tables must agree with.
struct seen_event {
  std::uint64_t seq = 0;
  ulid id;
  std::uint32_t partition_id = 0;
};

/// The tables are whole: what is in their rows?
class row_check {
public:
  row_check(std::string_view file, const pages::file_header& head)
      : pages_(file, head, pages::reach::all) {
    const auto note = [this](const pages::row& row) {
      note_main_row(tables_, row);
      if (row.key.starts_with(count_key("")) && !row.is_tree)
        counts_[std::string(row.key.substr(1))] = decode_u64(row.value);
    };
    pages_.walk(head.main, pages::key_order::bytes, note);
  }

  store_findings run() && {
    events();
    references();
    others();
    return std::move(found_);
  }

private:
  void wrong(std::string what) {
    if (found_.damage.size() < max_findings)
      found_.damage.push_back(std::move(what));
  }
  void each(const pages::tree& table, const pages::walker::visitor& visit) {
    if (!pages_.walk(table, pages::key_order::bytes, visit))
      wrong(pages_.why());
  }
  const seen_event* event_at(std::uint64_t seq) const {
    const auto at =
        std::lower_bound(seen_.begin(), seen_.end(), seq,
                         [](const auto& event, auto wanted) { return event.seq < wanted; });
    return at != seen_.end() && at->seq == seq ? &*at : nullptr;
  }

  void events() {
    std::map<std::string, std::uint64_t, std::less<>> types;
    std::uint64_t bytes = 0;
    each(tables_.events, [&](const pages::row& row) {
      const std::uint64_t seq = position_of(row.key);
      const auto event = event_record::decode(row.value);
      if (!event)
        return wrong("the event at position " + std::to_string(seq) + " is damaged");
      ++found_.events;
      bytes += row.value.size();
      seen_.push_back({seq, event->id, event->partition_id});
      if (seq >= tables_.row->next_seq || event->lamport > tables_.row->clock)
        wrong("the event " + to_string(event->id) + " is newer than the summary");
      if (const auto type = types.find(event->type); type != types.end())
        ++type->second;
      else
        types.emplace(event->type, 1);
    });
    if (bytes != tables_.row->bytes)
      wrong("the summary counts " + std::to_string(tables_.row->bytes) +
            " bytes, the events have " + std::to_string(bytes));
    std::erase_if(counts_, [](const auto& type) { return type.second == 0; });
    if (!std::equal(types.begin(), types.end(), counts_.begin(), counts_.end()))
      wrong("the counts of the event types are wrong");
  }

  void references() {
    each(tables_.ids, [&](const pages::row& row) {
      const auto* event = event_at(position_of(row.value));
      if (event == nullptr || id_key(event->id) != row.key)
        wrong("a row of ids leads to no event");
    });
    each(tables_.queues, [&](const pages::row& row) {
      const auto* event = event_at(position_of(row.key));
      if (event == nullptr || event->partition_id != partition_of_queue_key(row.key))
        wrong("the queue of a partition has a position without an event");
    });
    each(tables_.attempts, [&](const pages::row& row) {
      if (event_at(position_of(row.key)) == nullptr)
        wrong("attempts are counted for no event");
    });
  }

  void others() {
    each(tables_.dead, [&](const pages::row& row) {
      const auto dead = dead_record::decode(row.value);
      if (dead && event_record::decode(dead->record))
        ++found_.dead;
      else
        wrong("the dead letter at position " + std::to_string(position_of(row.key)) +
              " is damaged");
    });
    each(tables_.leases, [&](const pages::row& row) {
      if (!lease_record::decode(row.value))
        wrong("a lease is damaged");
    });
  }

  pages::walker pages_;
  file_tables tables_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::vector<seen_event> seen_;
  store_findings found_;
};

} // namespace

store_findings check_everything(std::string_view file, const pages::file_header& head,
                                const std::filesystem::path& home) {
  if (auto wrong = damage_in(file, head, looked_through::always, home); !wrong.empty())
    return {{std::move(wrong)}, 0, 0};
  return row_check(file, head).run();
}

} // namespace spec_kitty
