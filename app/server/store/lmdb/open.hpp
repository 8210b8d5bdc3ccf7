// The LMDB engine: one process, one machine, one environment for all teams.
#pragma once

#include "app/server/store/engine.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace spec_kitty::server::store {

struct lmdb_options {
  /// The server's state folder; the store is the folder `store` in it.
  std::filesystem::path state;
  /// Address space, not memory and not disk: so large that it never has to grow under readers.
  std::uint64_t map_bytes = std::uint64_t{1} << 40;
  /// What may wait to be committed, in bytes of text and bookkeeping.
  std::size_t max_waiting_bytes = std::size_t{64} << 20;
  std::size_t max_waiting_reads = 4096;
  /// How long a call of accounts waits.
  std::chrono::milliseconds patience{10'000};
};

/// The folder is a directory of this user that nobody else can enter, on a file system that the
/// store can lie on; else a failure that names the remedy.
result<void> check_state_folder(const std::filesystem::path& state);

/// True where the state folder holds a store.
bool has_store(const std::filesystem::path& state);

/// Makes an empty store in the state folder, which is made too where it does not exist; a failure
/// where there is a store already.
result<void> create_lmdb_store(const lmdb_options& options);

/// Opens the store; already_running where another process has it open.
result<std::unique_ptr<engine>> open_lmdb_engine(const lmdb_options& options);

/// Makes a store out of a backup, with a new log id for each team; a failure where there is a store
/// already. Complete or not there.
result<void> restore_lmdb_store(const lmdb_options& options, const std::filesystem::path& backup);

} // namespace spec_kitty::server::store
