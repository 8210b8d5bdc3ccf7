// RAII over LMDB's C interface: transactions and cursors that cannot leak. No policy here.
//
// Inside the store an LMDB error is thrown (lmdb_error); environment::read and ::write are the
// boundary where it becomes a failure. Not lmdb++: Debian's has a use-after-free when a commit
// fails. http://www.lmdb.tech/doc/
#pragma once

#include <lmdb.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace spec_kitty {

/// An LMDB call failed with `rc` (an MDB_ code or an errno value).
class lmdb_error : public std::runtime_error {
public:
  lmdb_error(int code, const char* doing);
  int rc() const { return rc_; }

private:
  int rc_;
};

inline MDB_val to_val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

inline std::string_view to_view(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

/// One transaction; aborted on destruction unless it was committed. Views it returns live until
/// its end, or in a write transaction until the next write.
class lmdb_txn {
public:
  lmdb_txn(MDB_env* env, unsigned flags);
  ~lmdb_txn();
  lmdb_txn(const lmdb_txn&) = delete;
  lmdb_txn& operator=(const lmdb_txn&) = delete;

  std::optional<std::string_view> get(MDB_dbi table, std::string_view key) const;
  void put(MDB_dbi table, std::string_view key, std::string_view value);
  /// False when the key is already there; nothing is changed then.
  bool put_new(MDB_dbi table, std::string_view key, std::string_view value);
  /// Reserves space for a value under a key greater than every other in the table.
  char* append(MDB_dbi table, std::string_view key, std::size_t size);
  /// False when there was no such key.
  bool erase(MDB_dbi table, std::string_view key);
  std::size_t entries(MDB_dbi table) const;

  void commit();
  MDB_txn* get() const { return txn_; }
  std::size_t id() const { return mdb_txn_id(txn_); }

private:
  MDB_txn* txn_ = nullptr;
};

/// Walks a table in key order.
class lmdb_cursor {
public:
  lmdb_cursor(const lmdb_txn& txn, MDB_dbi table);
  ~lmdb_cursor();
  lmdb_cursor(const lmdb_cursor&) = delete;
  lmdb_cursor& operator=(const lmdb_cursor&) = delete;

  bool first() { return move(MDB_FIRST); }
  bool next() { return move(MDB_NEXT); }
  bool last() { return move(MDB_LAST); }
  /// The first entry whose key is not less.
  bool seek(std::string_view key);
  /// The entry with this key. Cheap where it is the current one, also after an erase(), or the
  /// next.
  bool find(std::string_view key);
  void erase();
  /// Puts an entry; cheap where its key is greater than every other, and the pages stay full then.
  /// False when the key is already there; nothing is changed then.
  bool put_new(std::string_view key, std::string_view value);
  /// Reserves space for a value under a key greater than every other in the table.
  char* append(std::string_view key, std::size_t size);

  std::string_view key() const { return to_view(key_); }
  std::string_view value() const { return to_view(value_); }

private:
  bool move(MDB_cursor_op op);

  MDB_cursor* cursor_ = nullptr;
  bool placed_ = false; ///< by find()
  MDB_val key_{};
  MDB_val value_{};
};

} // namespace spec_kitty
