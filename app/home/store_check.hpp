// The full check of a store, and its repair. Both read the store in a process of their own
// (spec-kitty-store-check): what a damaged page does to it is a finding, and no crash of ours.
#pragma once

#include "util/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace spec_kitty {

struct store_verdict {
  std::vector<std::string> damage; ///< empty: the store is whole
  std::uint64_t events = 0;        ///< that can be read
  std::uint64_t dead = 0;
  std::uint64_t lost = 0;
  bool lost_unknown = false; ///< nothing says how many there were

  bool is_whole() const { return damage.empty(); }
  /// `…; 78 events can be read, 2 are lost`
  std::string sentence() const;
};

struct check_options {
  std::filesystem::path modules = {};           ///< empty: where they were installed
  std::function<bool(pid_t)> before_start = {}; ///< see util/process.hpp
};

/// Looks at every row. A failure where that cannot be done: the program is missing, or takes longer
/// than a minute and what the size allows.
result<store_verdict> check_store(const std::filesystem::path& home,
                                  const check_options& options = {});

/// What a command says of a store that cannot be opened: with the outcome of the full check, where
/// that is more.
failure after_full_check(const std::filesystem::path& home, const failure& why);

struct repair_done {
  bool was_damaged = false;
  std::uint64_t events = 0;
  std::uint64_t dead = 0;
  std::uint64_t found_again = 0; ///< of them: from pages that no table led to
  std::vector<std::string> lost; ///< ids
  std::uint64_t unnamed = 0;     ///< lost too; their ids cannot be read
  bool unknown = false;          ///< nothing says how many more there were
  std::uint64_t clock = 0;       ///< no event had a greater one, as far as is known
  std::string node_id;
  std::vector<std::string> held_projects; ///< whether they are shared is lost: kept here
  std::filesystem::path kept_in;          ///< the damaged store, and what was lost, in `lost.json`
};

/// Puts a new store with all that can be read in the place of a damaged one, at once, and keeps the
/// damaged one. Nothing is changed where it fails. store_busy while another process has it open.
result<repair_done> repair_store(const std::filesystem::path& home,
                                 std::chrono::milliseconds busy_timeout);

/// The folders of stores that were repaired, oldest first.
std::vector<std::filesystem::path> repaired_stores(const std::filesystem::path& home);

} // namespace spec_kitty
