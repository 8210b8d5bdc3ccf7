#include "util/lmdb.hpp"

namespace spec_kitty {

namespace {

void require(int rc, const char* doing) {
  if (rc != MDB_SUCCESS)
    throw lmdb_error(rc, doing);
}

bool found(int rc, const char* doing) {
  if (rc == MDB_NOTFOUND)
    return false;
  require(rc, doing);
  return true;
}

} // namespace

lmdb_error::lmdb_error(int code, const char* doing)
    : std::runtime_error("could not " + std::string(doing) + ": " + mdb_strerror(code)), rc_(code) {
}

lmdb_txn::lmdb_txn(MDB_env* env, unsigned flags) {
  require(mdb_txn_begin(env, nullptr, flags, &txn_), "begin a transaction");
}

lmdb_txn::~lmdb_txn() {
  if (txn_ != nullptr)
    mdb_txn_abort(txn_);
}

std::optional<std::string_view> lmdb_txn::get(MDB_dbi table, std::string_view key) const {
  MDB_val k = to_val(key);
  MDB_val v{};
  if (!found(mdb_get(txn_, table, &k, &v), "read"))
    return std::nullopt;
  return to_view(v);
}

void lmdb_txn::put(MDB_dbi table, std::string_view key, std::string_view value) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  require(mdb_put(txn_, table, &k, &v, 0), "write");
}

bool lmdb_txn::put_new(MDB_dbi table, std::string_view key, std::string_view value) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  const int rc = mdb_put(txn_, table, &k, &v, MDB_NOOVERWRITE);
  if (rc == MDB_KEYEXIST)
    return false;
  require(rc, "write");
  return true;
}

char* lmdb_txn::append(MDB_dbi table, std::string_view key, std::size_t size) {
  MDB_val k = to_val(key);
  MDB_val v{size, nullptr};
  require(mdb_put(txn_, table, &k, &v, MDB_APPEND | MDB_RESERVE), "append");
  return static_cast<char*>(v.mv_data);
}

bool lmdb_txn::erase(MDB_dbi table, std::string_view key) {
  MDB_val k = to_val(key);
  return found(mdb_del(txn_, table, &k, nullptr), "erase");
}

std::size_t lmdb_txn::entries(MDB_dbi table) const {
  MDB_stat stat{};
  require(mdb_stat(txn_, table, &stat), "count");
  return stat.ms_entries;
}

void lmdb_txn::commit() {
  MDB_txn* const ending = txn_;
  txn_ = nullptr; // LMDB frees it whether or not the commit succeeds
  require(mdb_txn_commit(ending), "commit");
}

lmdb_cursor::lmdb_cursor(const lmdb_txn& txn, MDB_dbi table) {
  require(mdb_cursor_open(txn.get(), table, &cursor_), "open a cursor");
}

lmdb_cursor::~lmdb_cursor() {
  mdb_cursor_close(cursor_);
}

bool lmdb_cursor::seek(std::string_view key) {
  key_ = to_val(key);
  return move(MDB_SET_RANGE);
}

bool lmdb_cursor::find(std::string_view key) {
  // Where its entry was the table's last one, the cursor stands nowhere: not an error here.
  if (placed_ && mdb_cursor_get(cursor_, &key_, &value_, MDB_GET_CURRENT) == MDB_SUCCESS &&
      (this->key() == key || (move(MDB_NEXT) && this->key() == key)))
    return true;
  key_ = to_val(key);
  return placed_ = move(MDB_SET_KEY);
}

void lmdb_cursor::erase() {
  require(mdb_cursor_del(cursor_, 0), "erase");
}

bool lmdb_cursor::put_new(std::string_view key, std::string_view value) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  int rc = mdb_cursor_put(cursor_, &k, &v, MDB_APPEND);
  if (rc == MDB_KEYEXIST) // not the greatest, or there
    rc = mdb_cursor_put(cursor_, &k, &v, MDB_NOOVERWRITE);
  if (rc == MDB_KEYEXIST)
    return false;
  require(rc, "write");
  return true;
}

char* lmdb_cursor::append(std::string_view key, std::size_t size) {
  MDB_val k = to_val(key);
  MDB_val v{size, nullptr};
  require(mdb_cursor_put(cursor_, &k, &v, MDB_APPEND | MDB_RESERVE), "append");
  return static_cast<char*>(v.mv_data);
}

bool lmdb_cursor::move(MDB_cursor_op op) {
  return found(mdb_cursor_get(cursor_, &key_, &value_, op), "read");
}

} // namespace spec_kitty
