#include "app/store_check/rebuilt_store.hpp"

#include "actors/clock/mirror.hpp"
#include "actors/queue/file_check.hpp"
#include "actors/queue/process_mark.hpp"
#include "actors/queue/schema.hpp"
#include "actors/queue/store.hpp"
#include "config/node_id.hpp"

#include <algorithm>
#include <set>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t ms_per_day = 86'400'000;

/// Whether a partition's key has its id as well.
bool is_further_partition(std::string_view key) {
  return std::count(key.begin(), key.end(), '\0') > 1;
}

/// The partitions of the new store. Ids go from 1 without gaps: the next one is found by counting.
class new_partitions {
public:
  explicit new_partitions(const salvaged& kept) : rows_(kept.partitions) {
    for (const auto& [key, row] : rows_)
      key_of_[row.id] = key;
    for (const auto* records : {&kept.events})
      for (const auto& [seq, bytes] : *records)
        find_place(*event_record::decode(bytes));
    for (const auto& [seq, bytes] : kept.dead)
      find_place(*event_record::decode(dead_record::decode(bytes)->record));
    number();
  }

  /// The event with its partition's new id.
  std::string placed(std::string_view record) const {
    auto event = *event_record::decode(record);
    event.partition_id = rows_.at(key_of_.at(event.partition_id)).id;
    std::string bytes(event.encoded_size(), '\0');
    event.encode(bytes.data());
    return bytes;
  }
  partition_record& of(std::string_view placed_record) {
    return rows_.at(key_by_new_id_.at(event_record::decode(placed_record)->partition_id));
  }
  std::map<std::string, partition_record>& rows() { return rows_; }

private:
  /// A partition whose row is lost: the event says its team and project.
  void find_place(const event_record& event) {
    if (key_of_.contains(event.partition_id))
      return;
    const auto text = parse_json(event.json());
    const auto text_at = [&](const char* name) {
      return text ? text_of(*text, name).value_or("") : std::string();
    };
    std::string team = text_at("team_slug");
    if (team.empty())
      team = local_team;
    rows_.try_emplace(team);
    const std::string key = partition_key(team, text_at("project_uuid"));
    rows_.try_emplace(key);
    key_of_[event.partition_id] = key;
  }

  void number() {
    std::set<std::uint32_t> ids;
    for (const auto& [key, row] : rows_)
      ids.insert(row.id);
    const bool dense = ids.size() == rows_.size() && !ids.contains(0) &&
                       (ids.empty() || *ids.rbegin() == rows_.size());
    std::uint32_t next = 0;
    std::map<std::string, partition_record> numbered;
    std::map<std::string, std::string> new_keys;
    for (auto& [key, row] : rows_) {
      row.id = dense ? row.id : ++next;
      row.live = 0;
      new_keys[key] =
          is_further_partition(key)
              ? further_partition_key(team_of_partition(key), project_of_partition(key), row.id)
              : key;
      key_by_new_id_[row.id] = new_keys[key];
      numbered.emplace(new_keys[key], row);
    }
    rows_ = std::move(numbered);
    for (auto& [id, key] : key_of_)
      key = new_keys[key];
  }

  std::map<std::string, partition_record> rows_;
  std::map<std::uint32_t, std::string> key_of_; ///< by the id that events have
  std::map<std::uint32_t, std::string> key_by_new_id_;
};

/// Fills the new store in its first transaction.
class filling {
public:
  filling(lmdb_txn& txn, const store_tables& tables, const salvaged& kept, const fs::path& queue)
      : txn_(txn), tables_(tables), kept_(kept), queue_(queue), partitions_(kept) {}

  rebuilt run() {
    row_ = kept_.row.value_or(summary{});
    row_.live = row_.bytes = row_.dead = 0;
    for (const auto& [seq, bytes] : kept_.events)
      add(seq, partitions_.placed(bytes));
    for (const auto& [seq, bytes] : kept_.dead)
      add_dead(seq, *dead_record::decode(bytes));
    for (auto& [key, row] : partitions_.rows())
      txn_.put(tables_.teams, key, sealed(key, row.encode()));
    for (const auto& [type, count] : types_)
      txn_.put(tables_.main, count_key(type), encode_u64(count));
    const auto mirror = read_mirror(queue_.parent_path());
    main_rows(mirror ? mirror->node_id : std::string());
    rebuilt done{row_.live, row_.dead, row_.clock, std::string(*txn_.get(tables_.main, node_key)),
                 hold_projects_without_row()};
    if (mirror && mirror->node_id == done.node_id)
      done.clock = std::max(done.clock, mirror->value);
    return done;
  }

private:
  void add(std::uint64_t seq, const std::string& bytes) {
    const auto event = *event_record::decode(bytes);
    if (!txn_.put_new(tables_.ids, id_key(event.id), position_key(seq)))
      return; // an older copy
    std::copy(bytes.begin(), bytes.end(),
              txn_.append(tables_.events, position_key(seq), bytes.size()));
    txn_.put(tables_.team_queue, team_queue_key(event.partition_id, seq), {});
    ++partitions_.of(bytes).live;
    ++types_[std::string(event.type)];
    ++row_.live;
    row_.bytes += bytes.size();
    count(seq, event);
    if (const auto tries = kept_.attempts.find(seq); tries != kept_.attempts.end())
      txn_.put(tables_.attempts, position_key(seq), attempt_record::decode(tries->second).encode());
  }

  void add_dead(std::uint64_t seq, dead_record dead) {
    dead.record = partitions_.placed(dead.record);
    const auto event = *event_record::decode(dead.record);
    if (txn_.get(tables_.ids, id_key(event.id)))
      return; // it is queued again
    txn_.put(tables_.dead, position_key(seq), dead.encode());
    ++row_.dead;
    count(seq, event);
  }

  /// Each project that recorded events has a row, with a person's choice in it. Where that is lost,
  /// the project may have been opted out: its events are held until somebody opts in.
  std::vector<std::string> hold_projects_without_row() {
    std::vector<std::string> held;
    for (const auto& [key, row] : partitions_.rows()) {
      const std::string project(project_of_partition(key));
      const std::string place = project_row_key(project);
      if (project.empty() || txn_.get(tables_.main, place))
        continue;
      txn_.put(tables_.main, place,
               sealed(place, project_record{sharing::kept_here, project}.encode()));
      held.push_back(project);
    }
    return held;
  }

  /// What the summary must be above.
  void count(std::uint64_t seq, const event_record& event) {
    row_.next_seq = std::max(row_.next_seq, seq + 1);
    row_.clock = std::max(row_.clock, event.lamport);
    const auto soon = static_cast<std::uint64_t>(wall_clock_now()) / 1000 + ms_per_day;
    if (event.id.milliseconds() <= soon && row_.last_id.bytes < event.id.bytes)
      row_.last_id = event.id;
    if (const auto head = parse_json(std::string(event.head) + "}"))
      node_ = text_of(*head, "node_id").value_or(node_);
  }

  void main_rows(const std::string& mirrored_node) {
    for (const auto& row : kept_.main) {
      const bool is_table = std::any_of(file_table_list.begin(), file_table_list.end(),
                                        [&](const auto& table) { return table.name == row.first; });
      if (!is_table)
        txn_.put(tables_.main, row.first, row.second);
    }
    const std::string home_id =
        std::string(txn_.get(tables_.main, home_id_key)
                        .value_or(to_string(next_ulid({}, 0, draw_randomness()))));
    txn_.put(tables_.main, home_id_key, home_id);
    if (!txn_.get(tables_.main, node_key)) {
      if (node_.empty())
        node_ = mirrored_node;
      txn_.put(tables_.main, node_key, node_.empty() ? make_node_id({}, home_id) : node_);
    }
    if (!txn_.get(tables_.main, place_key)) // a copied home is still known as one
      txn_.put(tables_.main, place_key, place_of(queue_).encode());
    txn_.put(tables_.main, schema_key, encode_schema(schema_version));
    row_.accepted = std::max(row_.accepted, row_.live + row_.dead);
    row_.dropped += kept_.lost.size() + kept_.unnamed;
    row_.checked_on = this_process().boot;
    txn_.put(tables_.main, summary_key, row_.encode());
  }

  lmdb_txn& txn_;
  const store_tables& tables_;
  const salvaged& kept_;
  const fs::path& queue_;
  new_partitions partitions_;
  summary row_;
  std::map<std::string, std::uint64_t> types_;
  std::string node_;
};

} // namespace

result<rebuilt> write_rebuilt_store(const salvaged& kept, const fs::path& queue,
                                    const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& [seq, record] : kept.events)
    bytes += record.size();
  for (const auto& [seq, record] : kept.dead)
    bytes += record.size();
  environment_options options;
  options.folder = folder;
  options.map_bytes = std::max<std::size_t>(options.map_bytes, 4 * bytes);
  rebuilt done;
  const auto made =
      environment::open(options, open_mode::write, [&](lmdb_txn& txn, const store_tables& tables) {
        done = filling(txn, tables, kept, queue).run();
      });
  return made ? result<rebuilt>(done) : made.error();
}

} // namespace spec_kitty
