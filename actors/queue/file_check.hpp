// The checks of the data file before LMDB opens it: header, size, pages, and whether the summary
// agrees with the tables and the partitions. A file of few pages is looked through as a whole, but
// for the content of events; of a larger one the edges of each table. So the time is bounded.
#pragma once

#include "actors/queue/page_walk.hpp"
#include "actors/queue/records.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// Pages of a file that is looked through as a whole when it is opened.
namespace looked_through {
inline constexpr std::size_t by_emit = 12;
inline constexpr std::size_t by_default = 4096;
inline constexpr std::size_t always = ~std::size_t{0};
} // namespace looked_through

/// The tables of a store and what its summary says, as they stand in the file.
struct file_tables {
  std::uint32_t schema = 0;
  std::optional<summary> row;
  bool has_node = false; ///< a node id that may stand in events
  pages::tree events;
  pages::tree ids;
  pages::tree attempts;
  pages::tree dead;
  pages::tree leases;
  pages::tree partitions;
  pages::tree queues;
};

/// The names of those tables, with their places and the lengths of their keys and values (0: any).
struct file_table {
  std::string_view name;
  pages::tree file_tables::*place;
  std::size_t key_bytes;
  std::size_t value_bytes;
};
inline constexpr std::array<file_table, 8> file_table_list = {{
    {"ev", &file_tables::events, 8, 0},
    {"ids", &file_tables::ids, 16, 8},
    {"att", &file_tables::attempts, 8, 0},
    {"dead", &file_tables::dead, 8, 0},
    {"lz", &file_tables::leases, 8, 0},
    {"pt", &file_tables::partitions, 0, 0},
    {"tm", &file_tables::partitions, 0, 0},
    {"tq", &file_tables::queues, 12, 0},
}};

/// Takes up a row of the main table.
void note_main_row(file_tables& found, const pages::row& row);

/// What contradicts the summary; empty: nothing.
std::string contradiction(const file_tables& found);

/// Of each partition its row, and how many events its queue has.
struct partition_counts {
  std::map<std::uint32_t, partition_record> rows;
  std::map<std::uint32_t, std::uint64_t> queued;
  bool damaged = false;

  void note_row(const pages::row& row, std::uint32_t schema);
  void note_queued(const pages::row& row);
  std::string contradiction(std::uint64_t live) const;
};

/// What is wrong with a data file; empty: nothing that can be seen so. A failure where it cannot be
/// read.
result<std::string> damage_in(const std::filesystem::path& data_file, std::size_t whole_up_to);
/// With a home its clock.json counts as well.
std::string damage_in(std::string_view file, const pages::file_header& head,
                      std::size_t whole_up_to, const std::filesystem::path& home = {});

} // namespace spec_kitty
