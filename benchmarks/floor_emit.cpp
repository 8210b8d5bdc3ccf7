// The floor of one emit as a whole process: links caf_core, opens LMDB with the store's flags,
// commits one row of an event's size, ends. `floor_emit FOLDER`
#include <caf/exit_reason.hpp>
#include <lmdb.h>

#include <cstdint>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2)
    return 2;
  if (to_string(caf::exit_reason::normal).empty()) // so that the linker keeps caf_core
    return 2;
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi table = 0;
  if (mdb_env_create(&env) != 0 || mdb_env_set_mapsize(env, std::size_t{1} << 30) != 0 ||
      mdb_env_open(env, argv[1], MDB_NOTLS, 0600) != 0 ||
      mdb_txn_begin(env, nullptr, 0, &txn) != 0 || mdb_dbi_open(txn, nullptr, 0, &table) != 0)
    return 1;
  MDB_stat stat{};
  mdb_stat(txn, table, &stat);
  std::uint64_t at = __builtin_bswap64(stat.ms_entries + 1);
  std::string row(500, 'x');
  MDB_val key{sizeof at, &at};
  MDB_val value{row.size(), row.data()};
  if (mdb_put(txn, table, &key, &value, MDB_APPEND) != 0 || mdb_txn_commit(txn) != 0)
    return 1;
  mdb_env_close(env);
  return 0;
}
