// The floors of recording and of draining as whole processes: LMDB with the store's flags, rows of
// an event's size, and nothing around it.
//
//   floor_stream append FOLDER ROWS BYTES GROUP   commits the rows in groups
//   floor_stream drain FOLDER BATCH               reads, joins, compresses and deletes them
#include "benchmarks/bench_support.hpp"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace spec_kitty::bench {
namespace {

constexpr std::size_t map_bytes = std::size_t{16} << 30;

/// Text of that size that compresses as events do: the most of it is the same in each.
std::string row_of(std::size_t bytes, std::size_t number) {
  std::string row = typical_event();
  row += std::to_string(number * 2654435761U);
  row.resize(bytes, 'x');
  return row;
}

void append(const std::string& folder, std::size_t rows, std::size_t bytes, std::size_t group) {
  std::filesystem::create_directories(folder);
  raw_lmdb lmdb(folder, map_bytes);
  for (std::size_t at = 0; at < rows; at += group)
    lmdb.append(std::min(group, rows - at), row_of(bytes, at));
}

void drain(const std::string& folder, std::size_t batch) {
  raw_lmdb lmdb(folder, map_bytes);
  std::vector<Bytef> packed;
  for (std::string text = lmdb.join(batch); !text.empty(); text = lmdb.join(batch)) {
    packed.resize(::compressBound(text.size()));
    uLongf size = packed.size();
    ::compress2(packed.data(), &size, reinterpret_cast<const Bytef*>(text.data()), text.size(), 1);
    lmdb.remove_first(batch);
  }
}

} // namespace
} // namespace spec_kitty::bench

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 5 && words[0] == "append")
      spec_kitty::bench::append(words[1], std::stoul(words[2]), std::stoul(words[3]),
                                std::stoul(words[4]));
    else if (words.size() == 3 && words[0] == "drain")
      spec_kitty::bench::drain(words[1], std::stoul(words[2]));
    else
      return 2;
  } catch (const std::exception& why) {
    std::cerr << "floor_stream: " << why.what() << '\n';
    return 1;
  }
  return 0;
}
