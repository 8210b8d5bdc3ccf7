#include "tests/actors/queue/older_store.hpp"

#include "actors/queue/records.hpp"

#include <stdexcept>
#include <vector>

namespace spec_kitty {

bare_store::bare_store(const std::filesystem::path& home) {
  mdb_env_create(&env_);
  mdb_env_set_maxdbs(env_, 16);
  mdb_env_set_mapsize(env_, std::size_t{256} << 20);
  if (mdb_env_open(env_, (home / "queue" / "env").c_str(), MDB_NOTLS, 0600) != 0)
    throw std::runtime_error("the store cannot be opened");
}

bare_store::~bare_store() {
  mdb_env_close(env_);
}

MDB_dbi table_in(const lmdb_txn& txn, const char* name, unsigned flags) {
  MDB_dbi table = 0;
  if (const int rc = mdb_dbi_open(txn.get(), name, flags, &table); rc != 0)
    throw lmdb_error(rc, "open a table");
  return table;
}

void make_older(const std::filesystem::path& home, std::uint32_t version) {
  const bare_store bare(home);
  lmdb_txn txn(bare.env(), 0);
  const MDB_dbi main = table_in(txn, nullptr);
  const auto row = summary::decode(txn.get(main, summary_key).value());
  std::string older = encode_schema(version) + std::string(4, '\0') + row.value().encode();
  older.resize(104); // without what version 3 added at its end
  txn.put(main, schema_key, older);
  std::vector<std::string> new_rows{std::string(summary_key), std::string(place_key)};
  {
    lmdb_cursor cursor(txn, main);
    for (const char* mark : {"w", "in", "r"})
      for (bool more = cursor.seek(mark); more && cursor.key().starts_with(mark);
           more = cursor.next())
        new_rows.emplace_back(cursor.key());
  }
  for (const auto& key : new_rows)
    txn.erase(main, key);
  txn.erase(main, "tm"); // a row where the table was
  const MDB_dbi partitions = table_in(txn, "pt");
  const MDB_dbi older_partitions = table_in(txn, "tm", MDB_CREATE);
  {
    lmdb_cursor cursor(txn, partitions);
    for (bool more = cursor.first(); more; more = cursor.next())
      txn.put(older_partitions, cursor.key(), cursor.value());
  }
  mdb_drop(txn.get(), partitions, 1);
  txn.commit();
}

std::uint32_t version_of(const std::filesystem::path& home) {
  const bare_store bare(home);
  const lmdb_txn txn(bare.env(), MDB_RDONLY);
  return decode_schema(txn.get(table_in(txn, nullptr), schema_key).value()).value();
}

} // namespace spec_kitty
