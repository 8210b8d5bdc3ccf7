// Stores as earlier versions of the program left them, and LMDB alone, without this program's care.
#pragma once

#include "util/lmdb.hpp"

#include <cstdint>
#include <filesystem>

namespace spec_kitty {

/// A home's store as LMDB sees it. Nothing else may have it open in this process.
class bare_store {
public:
  explicit bare_store(const std::filesystem::path& home);
  ~bare_store();
  bare_store(const bare_store&) = delete;
  bare_store& operator=(const bare_store&) = delete;

  MDB_env* env() const { return env_; }

private:
  MDB_env* env_ = nullptr;
};

/// Opens a table, the main one without a name.
MDB_dbi table_in(const lmdb_txn& txn, const char* name, unsigned flags = 0);

/// Makes a store of version 3 one of version 1 or 2. Nothing may have it open in this process.
void make_older(const std::filesystem::path& home, std::uint32_t version);

/// The number in the schema's row.
std::uint32_t version_of(const std::filesystem::path& home);

} // namespace spec_kitty
