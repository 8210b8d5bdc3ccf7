#include "actors/queue/file_check.hpp"

#include "actors/clock/mirror.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

/// A row of the main table that a person's decision is in, or the summary.
bool is_sealed_row(std::string_view key) {
  return key.starts_with('p') && key != "pt";
}

/// The main table's rows that matter here, each looked up.
std::string look_up_main(pages::walker& pages, const pages::file_header& head, file_tables& found) {
  const auto look = [&](std::string_view key) {
    if (const auto row = pages.find(head.main, key))
      note_main_row(found, *row);
  };
  look(schema_key);
  look(summary_key);
  look(node_key);
  for (const auto& table : file_table_list)
    look(table.name);
  const auto pass = [](const pages::row&) {};
  return pages.walk(head.main, pages::key_order::bytes, pass) ? "" : pages.why();
}

std::string look_through_main(pages::walker& pages, const pages::file_header& head,
                              file_tables& found) {
  std::string wrong;
  const auto note = [&](const pages::row& row) {
    note_main_row(found, row);
    if (is_sealed_row(row.key) && !row.is_tree && found.schema == schema_version &&
        !is_sealed(row.key, row.value))
      wrong = "a project's row is damaged";
  };
  return pages.walk(head.main, pages::key_order::bytes, note) ? wrong : pages.why();
}

std::string look_through_tables(pages::walker& pages, const file_tables& found, bool whole) {
  partition_counts partitions;
  for (const auto& table : file_table_list) {
    const pages::tree& tree = found.*table.place;
    if (table.place == &file_tables::partitions && (table.name == "tm") != (found.schema < 3))
      continue;
    bool right_size = true;
    const auto note = [&](const pages::row& row) {
      right_size = right_size && !row.is_tree &&
                   (table.key_bytes == 0 || row.key.size() == table.key_bytes) &&
                   (table.value_bytes == 0 || row.value.size() == table.value_bytes);
      if (!whole || !right_size)
        return;
      if (table.place == &file_tables::partitions)
        partitions.note_row(row, found.schema);
      else if (table.place == &file_tables::queues)
        partitions.note_queued(row);
    };
    if (!pages.walk(tree, pages::key_order::bytes, note))
      return pages.why() + " (" + std::string(table.name) + ")";
    if (!right_size)
      return "a row of " + std::string(table.name) + " has a wrong length";
  }
  return whole ? partitions.contradiction(found.row->live) : "";
}

/// A meta page may have pages that are newer than its number: a commit that failed while it wrote
/// that page, or a number that is damaged. In the second case clock.json has seen the commit.
bool lost_its_last_commit(std::string_view file, pages::walker& pages,
                          const pages::file_header& head, const summary& row,
                          const std::filesystem::path& home) {
  const auto heads = pages::possible_headers(file);
  if (home.empty() || std::all_of(heads.begin(), heads.end(), [&](const auto& other) {
        return pages.is_before_its_time(other);
      }))
    return false;
  const auto mirror = read_mirror(home);
  const auto node = pages.find(head.main, node_key);
  return mirror && node && mirror->node_id == node->value && mirror->value > row.clock;
}

} // namespace

void note_main_row(file_tables& found, const pages::row& row) {
  if (row.key == schema_key) {
    found.schema = decode_schema(row.value).value_or(0);
    if (found.schema < schema_version)
      found.row = summary::decode_older(row.value);
  } else if (row.key == summary_key && !row.is_tree) {
    found.row = summary::decode(row.value);
  } else if (row.key == node_key) {
    found.has_node = is_node_id(row.value);
  } else if (row.is_tree) {
    for (const auto& table : file_table_list)
      if (row.key == table.name)
        found.*table.place = pages::tree::decode(row.value);
  }
}

std::string contradiction(const file_tables& found) {
  if (found.schema == 0 || !found.row)
    return "its summary is missing or damaged";
  if (!found.has_node)
    return "its node id is missing or damaged";
  for (const auto& table : file_table_list)
    if ((found.*table.place).flags != 0)
      return "the table " + std::string(table.name) + " is damaged";
  const auto differs = [](const pages::tree& table, std::uint64_t counted, const char* what) {
    return table.entries == counted ? std::string()
                                    : "its summary counts " + std::to_string(counted) + " " + what +
                                          ", a table has " + std::to_string(table.entries);
  };
  for (const auto* table : {&found.events, &found.ids, &found.queues})
    if (auto wrong = differs(*table, found.row->live, "waiting events"); !wrong.empty())
      return wrong;
  return differs(found.dead, found.row->dead, "dead letters");
}

void partition_counts::note_row(const pages::row& row, std::uint32_t schema) {
  auto read = partition_record::decode(row.value);
  damaged = damaged || read.id == 0 || (schema == schema_version && !is_sealed(row.key, row.value));
  damaged = !rows.emplace(read.id, std::move(read)).second || damaged;
}

void partition_counts::note_queued(const pages::row& row) {
  ++queued[partition_of_queue_key(row.key)];
}

std::string partition_counts::contradiction(std::uint64_t live) const {
  if (damaged)
    return "the row of a partition is damaged";
  std::uint64_t sum = 0;
  std::size_t with_events = 0;
  for (const auto& [id, row] : rows) {
    const auto waiting = queued.find(id);
    const std::uint64_t there = waiting == queued.end() ? 0 : waiting->second;
    if (there != row.live)
      return "a partition counts " + count_of(row.live, "waiting event") + ", its queue has " +
             std::to_string(there);
    sum += row.live;
    with_events += there > 0 ? 1U : 0U;
  }
  return sum == live && with_events == queued.size()
             ? ""
             : "the partitions count " + count_of(sum, "waiting event") + ", the summary " +
                   std::to_string(live);
}

result<std::string> damage_in(const std::filesystem::path& data_file, std::size_t whole_up_to) {
  const auto file = pages::mapped_file::open(data_file);
  if (!file)
    return file.error();
  std::string why;
  const auto head = pages::read_header(file->bytes(), why);
  const auto home = data_file.parent_path().parent_path().parent_path();
  return head ? damage_in(file->bytes(), *head, whole_up_to, home) : why;
}

std::string damage_in(std::string_view file, const pages::file_header& head,
                      std::size_t whole_up_to, const std::filesystem::path& home) {
  const bool whole = head.last_page < whole_up_to;
  const auto part =
      whole_up_to <= looked_through::by_emit ? pages::reach::last : pages::reach::edges;
  pages::walker pages(file, head, whole ? pages::reach::all : part);
  file_tables found;
  if (auto wrong = whole ? look_through_main(pages, head, found) : look_up_main(pages, head, found);
      !wrong.empty() && found.schema <= schema_version)
    return wrong;
  if (found.schema > schema_version)
    return {}; // a newer version's tables are its own
  if (auto wrong = contradiction(found); !wrong.empty())
    return wrong;
  if (lost_its_last_commit(file, pages, head, *found.row, home))
    return "the state after its last commit cannot be found";
  if (auto wrong = look_through_tables(pages, found, whole); !wrong.empty())
    return wrong;
  return pages.walk_free() ? "" : pages.why();
}

} // namespace spec_kitty
