#include "actors/queue/schema.hpp"

#include "util/files.hpp"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <sha256.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace spec_kitty {

namespace {

constexpr const char* old_partitions = "tm";
constexpr std::string_view moved_text = "the partitions are in pt";
constexpr std::size_t max_machine_id_bytes = 4096;
#ifndef FUSE_SUPER_MAGIC // headers of older kernels lack it
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/// The machine's id is not for others (machine-id(5)), so only a hash of it is kept.
ulid machine_mark() {
  ulid mark;
  for (const char* file : {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
    const auto text = read_file(file, max_machine_id_bytes);
    if (!text || !*text || (*text)->empty())
      continue;
    const std::string named = std::string("spec-kitty").append(1, '\0') + **text;
    SHA2_CTX digest;
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> bytes{};
    SHA256Init(&digest);
    SHA256Update(&digest, reinterpret_cast<const std::uint8_t*>(named.data()), named.size());
    SHA256Final(bytes.data(), &digest);
    std::copy_n(bytes.begin(), mark.bytes.size(), mark.bytes.begin());
    return mark;
  }
  return mark;
}

/// False where a folder may have another inode after the next mount: overlayfs and FUSE.
bool keeps_inodes(const std::filesystem::path& folder) {
  struct statfs system {};
  return ::statfs(folder.c_str(), &system) == 0 && system.f_type != OVERLAYFS_SUPER_MAGIC &&
         system.f_type != FUSE_SUPER_MAGIC;
}

MDB_dbi open_table(const lmdb_txn& txn, const char* name, unsigned flags) {
  MDB_dbi table = 0;
  if (const int rc = mdb_dbi_open(txn.get(), name, flags, &table); rc != 0)
    throw lmdb_error(rc, "open a table");
  return table;
}

/// The rows of projects get their checksums.
void seal_projects(lmdb_txn& txn, MDB_dbi main) {
  std::vector<std::pair<std::string, std::string>> rows;
  {
    lmdb_cursor cursor(txn, main);
    for (bool more = cursor.seek(project_row_key("")); more && cursor.key().starts_with('p');
         more = cursor.next())
      if (cursor.key() != partitions_table(schema_version))
        rows.emplace_back(cursor.key(), cursor.value());
  }
  for (const auto& [key, value] : rows)
    txn.put(main, key, sealed(key, value));
}

} // namespace

std::optional<std::uint32_t> schema_of(const lmdb_txn& txn, MDB_dbi main) {
  const auto row = txn.get(main, schema_key);
  return row ? decode_schema(*row) : std::nullopt;
}

const char* partitions_table(std::uint32_t schema) {
  return schema < schema_version ? old_partitions : "pt";
}

void upgrade_schema(lmdb_txn& txn, const store_tables& tables, const place_record& here) {
  const auto bytes = txn.get(tables.main, schema_key);
  const auto row = bytes ? summary::decode_older(*bytes) : std::nullopt;
  if (!row)
    throw lmdb_error(MDB_CORRUPTED, "read the summary row");
  const MDB_dbi partitions = open_table(txn, partitions_table(schema_version), MDB_CREATE);
  {
    lmdb_cursor cursor(txn, tables.teams);
    for (bool more = cursor.first(); more; more = cursor.next())
      txn.put(partitions, cursor.key(), sealed(cursor.key(), std::string(cursor.value())));
  }
  seal_projects(txn, tables.main);
  if (const int rc = mdb_drop(txn.get(), tables.teams, 1); rc != 0)
    throw lmdb_error(rc, "move a table");
  txn.put(tables.main, old_partitions, moved_text);
  txn.put(tables.main, schema_key, encode_schema(schema_version));
  txn.put(tables.main, summary_key, row->encode());
  txn.put(tables.main, place_key, here.encode());
}

place_record place_of(const std::filesystem::path& folder) {
  place_record here;
  here.machine = machine_mark();
  struct stat found {};
  if (keeps_inodes(folder) && ::stat(folder.c_str(), &found) == 0)
    here.inode = found.st_ino;
  return here;
}

} // namespace spec_kitty
