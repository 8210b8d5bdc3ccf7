// Opening, and the counters that every transaction keeps.
#include "actors/queue/store.hpp"

#include "actors/clock/causality.hpp"
#include "actors/queue/process_mark.hpp"
#include "actors/queue/schema.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

/// The map is four times the cap: half-filled pages, overflow pages and the free list fit in the
/// rest, so the cap is reached before the map is full.
constexpr std::uint64_t map_per_cap = 4;
constexpr std::uint64_t min_map_bytes = std::uint64_t{16} << 20;

/// More is not copied while writers wait: of events, and of all tables, whose pages may be half
/// empty.
constexpr std::uint64_t max_copied_events = std::uint64_t{4} << 20;
constexpr std::uint64_t max_copied_tables = std::uint64_t{16} << 20;

void fill_new_store(lmdb_txn& txn, const store_tables& tables, const node_seed& seed,
                    const std::filesystem::path& folder) {
  const std::string home_id = to_string(next_ulid({}, 0, draw_randomness()));
  summary row;
  row.checked_on = this_process().boot;
  txn.put(tables.main, schema_key, encode_schema(schema_version));
  txn.put(tables.main, summary_key, row.encode());
  txn.put(tables.main, place_key, place_of(folder).encode());
  txn.put(tables.main, home_id_key, home_id);
  txn.put(tables.main, node_key, make_node_id(seed, home_id));
}

} // namespace

std::string_view to_string(event_state state) {
  switch (state) {
  case event_state::queued:
    return "queued";
  case event_state::leased:
    return "leased";
  case event_state::held:
    return "held";
  case event_state::dead:
    return "dead";
  }
  return "queued";
}

result<store> store::open(const store_options& options, open_mode mode) {
  const environment_options place{options.home / "queue",
                                  std::max(options.max_bytes * map_per_cap, min_map_bytes),
                                  options.busy_timeout, options.look_through, options.home_trusted};
  auto env = environment::open(place, mode, [&](lmdb_txn& txn, const store_tables& tables) {
    fill_new_store(txn, tables, options.seed ? options.seed() : node_seed{}, place.folder);
  });
  if (!env)
    return env.error();
  const auto node = (*env)->read([](lmdb_txn& txn, const store_tables& tables) {
    return std::string(txn.get(tables.main, node_key).value_or(""));
  });
  if (!node)
    return node.error();
  if (!is_node_id(*node))
    return to_failure(lmdb_error(MDB_CORRUPTED, "read the node id"), place.folder);
  store opened(options, *std::move(env), *node);
  if (mode == open_mode::write)
    if (auto checked = opened.check_node(); !checked)
      return checked.error();
  return opened;
}

std::uint64_t store::byte_cap() const {
  return std::min<std::uint64_t>(options_.max_bytes, env_->map_bytes() / map_per_cap);
}

result<std::uint64_t> store::clock() {
  return env_->read([](lmdb_txn& txn, const store_tables& tables) {
    return store_detail::read_summary(txn, tables).clock;
  });
}

result<bool> store::stamps_are_taken() {
  return env_->read([](lmdb_txn& txn, const store_tables& tables) {
    const auto taken = txn.get(tables.main, taken_node_key);
    return taken && txn.get(tables.main, node_key) == taken;
  });
}

result<ulid> store::newest_id() {
  return env_->read([](lmdb_txn& txn, const store_tables& tables) {
    return store_detail::read_summary(txn, tables).last_id;
  });
}

result<ulid> store::checked_on() {
  return env_->read([](lmdb_txn& txn, const store_tables& tables) {
    return store_detail::read_summary(txn, tables).checked_on;
  });
}

result<void> store::note_checked(const ulid& boot) {
  auto done = env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    row.checked_on = boot;
    txn.put(tables.main, summary_key, row.encode());
    return true;
  });
  return done ? result<void>{} : done.error();
}

result<std::uint64_t> store::merge_clock(std::uint64_t remote) {
  if (remote > max_received) // refused before a lock is taken: a hostile value costs nothing
    return receive(0, remote).error();
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    row.clock = *receive(row.clock, remote);
    txn.put(tables.main, summary_key, row.encode());
    return row.clock;
  });
}

result<bool> store::return_space() {
  if (env_->file_bytes() <= options_.keep_file_bytes)
    return false;
  const auto left = env_->read([](lmdb_txn& txn, const store_tables& tables) {
    return store_detail::read_summary(txn, tables).bytes;
  });
  if (!left)
    return left.error();
  return *left <= max_copied_events ? env_->rewrite(options_.keep_file_bytes, max_copied_tables)
                                    : result<bool>(false);
}

result<drops_done> store::acknowledge_drops() {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    const drops_done done{std::exchange(row.dropped, 0)};
    txn.put(tables.main, summary_key, row.encode());
    return done;
  });
}

result<drops_done> store::add_drops(std::uint64_t more) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    const drops_done done{row.dropped};
    row.dropped += more;
    txn.put(tables.main, summary_key, row.encode());
    return done;
  });
}

result<void> store::note_error(std::string_view json) {
  auto done = env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    txn.put(tables.main, last_error_key, json);
    return true;
  });
  return done ? result<void>{} : done.error();
}

namespace store_detail {

summary read_summary(const lmdb_txn& txn, const store_tables& tables) {
  const auto schema = schema_of(txn, tables.main);
  const bool is_older = schema && *schema < schema_version;
  const auto bytes = txn.get(tables.main, is_older ? schema_key : summary_key);
  std::optional<summary> row;
  if (schema && bytes)
    row = is_older ? summary::decode_older(*bytes) : summary::decode(*bytes);
  if (!row)
    throw lmdb_error(MDB_CORRUPTED, "read the summary row");
  return *row;
}

partition_record& partition_counters::at(std::string_view team, std::string_view project) {
  if (project.empty())
    return row(team);
  row(team);
  key_.assign(team).append(1, '\0').append(project);
  return row(key_);
}

partition_record& partition_counters::row(std::string_view key) {
  for (auto& [known, row] : rows_)
    if (known == key)
      return row;
  partition_record row;
  if (const auto bytes = txn_.get(tables_.teams, key))
    row = partition_record::decode(*bytes);
  else
    row.id = static_cast<std::uint32_t>(
        txn_.entries(tables_.teams) + 1 +
        static_cast<std::size_t>(std::count_if(rows_.begin(), rows_.end(), [&](const auto& known) {
          return !txn_.get(tables_.teams, known.first);
        })));
  return rows_.emplace_back(std::string(key), std::move(row)).second;
}

partition_record& partition_counters::at_id(std::uint32_t id) {
  return entry_of(id).second;
}

std::string_view partition_counters::team_of(std::uint32_t id) {
  return team_of_partition(entry_of(id).first);
}

std::string_view partition_counters::project_of(std::uint32_t id) {
  return project_of_partition(entry_of(id).first);
}

std::pair<std::string, partition_record>& partition_counters::entry_of(std::uint32_t id) {
  for (auto& known : rows_)
    if (known.second.id == id)
      return known;
  lmdb_cursor cursor(txn_, tables_.teams);
  for (bool more = cursor.first(); more; more = cursor.next())
    if (partition_record::decode(cursor.value()).id == id) {
      row(cursor.key());
      return rows_.back();
    }
  throw lmdb_error(MDB_CORRUPTED, "find the team of an event");
}

project_record read_project_row(const lmdb_txn& txn, const store_tables& tables,
                                std::string_view project) {
  const auto bytes = txn.get(tables.main, project_row_key(project));
  return bytes ? project_record::decode(*bytes) : project_record{};
}

void put_project(lmdb_txn& txn, const store_tables& tables, std::string_view project,
                 const project_record& row) {
  const std::string key = project_row_key(project);
  txn.put(tables.main, key, sealed(key, row.encode()));
}

std::vector<partition> all_partitions(const lmdb_txn& txn, const store_tables& tables,
                                      bool share_by_default) {
  std::vector<partition> partitions;
  lmdb_cursor cursor(txn, tables.teams);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    partition found{std::string(team_of_partition(cursor.key())),
                    std::string(project_of_partition(cursor.key())),
                    partition_record::decode(cursor.value())};
    const auto choice = found.project.empty() ? sharing::undecided
                                              : read_project_row(txn, tables, found.project).choice;
    found.shared = choice == sharing::shared || (choice == sharing::undecided && share_by_default);
    partitions.push_back(std::move(found));
  }
  return partitions;
}

void partition_counters::write_back() {
  for (const auto& [slug, row] : rows_)
    txn_.put(tables_.teams, slug, sealed(slug, row.encode()));
}

void type_counters::add(std::string_view type, std::int64_t difference) {
  for (auto& [known, change] : rows_)
    if (known == type) {
      change += difference;
      return;
    }
  rows_.emplace_back(std::string(type), difference);
}

void type_counters::write_back() {
  for (const auto& [type, change] : rows_) {
    const std::string row_key = count_key(type);
    const auto bytes = txn_.get(tables_.main, row_key);
    const auto before = static_cast<std::int64_t>(bytes ? decode_u64(*bytes) : 0);
    txn_.put(tables_.main, row_key,
             encode_u64(static_cast<std::uint64_t>(std::max<std::int64_t>(0, before + change))));
  }
}

head_parts read_head(const event_record& event) {
  const auto head = parse_json(std::string(event.head) + "}");
  if (!head)
    throw lmdb_error(MDB_CORRUPTED, "read an event's head");
  return {{to_string(event.id), event.lamport, text_of(*head, "node_id").value_or("")},
          text_of(*head, "team_slug").value_or("")};
}

std::string rewrite_head(lmdb_txn& txn, const store_tables& tables, summary& row, std::uint64_t seq,
                         event_record event, const head_parts& head) {
  const std::string type(event.type); // copies: the views lie in a page that put() may move
  const std::string tail(event.tail);
  const std::string text = render_head(head.stamp, head.team_slug);
  row.bytes -= event.encoded_size();
  event.lamport = head.stamp.lamport_clock;
  event.type = type;
  event.head = text;
  event.tail = tail;
  std::string bytes(event.encoded_size(), '\0');
  event.encode(bytes.data());
  row.bytes += bytes.size();
  txn.put(tables.events, position_key(seq), bytes);
  return event.json(head.team_slug);
}

std::optional<event_record> read_event(const lmdb_txn& txn, const store_tables& tables,
                                       std::uint64_t seq) {
  const auto bytes = txn.get(tables.events, position_key(seq));
  if (!bytes)
    return std::nullopt;
  auto record = event_record::decode(*bytes);
  if (!record)
    throw lmdb_error(MDB_CORRUPTED, "read an event");
  return record;
}

} // namespace store_detail

} // namespace spec_kitty
