// The LMDB environment of a server's store: opened by one process, guarded against what breaks one.
//
//   state/store/owner.lock  flock of the one process that has it open
//   state/store/data.mdb    1 TiB of address space, pages as they are needed
//   state/store/lock.mdb    LMDB's readers
//
// Opening writes once and waits for the disk. What an earlier process left in the page cache is
// durable after that, so whatever is read may be acknowledged.
//
// This is the boundary where what is thrown (lmdb_error, damaged_row, bad_alloc) becomes a failure.
#pragma once

#include "app/server/store/lmdb/open.hpp"
#include "app/server/store/lmdb/row_bytes.hpp"
#include "util/files.hpp"
#include "util/lmdb.hpp"

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <type_traits>

namespace spec_kitty::server::store {

/// The layout that this program reads and writes.
inline constexpr std::uint32_t store_schema = 1;

struct store_tables {
  MDB_dbi meta = 0;
  MDB_dbi heads = 0; ///< this one and the next three: rows.hpp
  MDB_dbi blocks = 0;
  MDB_dbi ids = 0;
  MDB_dbi stamps = 0;
  MDB_dbi teams = 0; ///< from here on: account_rows.hpp
  MDB_dbi slugs = 0;
  MDB_dbi users = 0;
  MDB_dbi user_names = 0;
  MDB_dbi members = 0;
  MDB_dbi sessions = 0;
  MDB_dbi tokens = 0;
  MDB_dbi token_hashes = 0;
  MDB_dbi links = 0;
  MDB_dbi addresses = 0;
  MDB_dbi audit = 0;
  MDB_dbi types = 0;
  MDB_dbi devices = 0;
  MDB_dbi used_stamps = 0; ///< used_stamps.hpp
};

enum class opening {
  existing, ///< a failure where there is no store
  fresh,    ///< a failure where there is one
};

class lmdb_environment {
public:
  static result<std::unique_ptr<lmdb_environment>> open(const std::filesystem::path& folder,
                                                        std::uint64_t map_bytes, opening how);
  ~lmdb_environment();
  lmdb_environment(const lmdb_environment&) = delete;
  lmdb_environment& operator=(const lmdb_environment&) = delete;

  /// Runs `work(txn)` on a snapshot and returns what it returns. Any thread.
  template <class F>
  auto read(F&& work) -> result<std::decay_t<std::invoke_result_t<F, const lmdb_txn&>>> {
    try {
      const std::shared_lock stay_open(reopening_);
      if (env_ == nullptr)
        return failure_of(MDB_PANIC, "read");
      const lmdb_txn txn(env_, MDB_RDONLY);
      return work(txn);
    } catch (...) {
      return failure_of_exception();
    }
  }

  /// Runs `work(txn)`, which returns a result, and commits where that is ok. One thread at a time.
  template <class F>
  auto write(F&& work) -> std::invoke_result_t<F, lmdb_txn&> {
    try {
      if (env_ == nullptr) // it could not be opened anew before
        if (auto opened = reopen(); !opened)
          return note(opened.error());
      return try_write(work);
    } catch (...) {
      const failure why = failure_of_exception();
      // A commit that failed at its very end: LMDB refuses everything, reads too, until it is
      // opened anew. What the commit wrote is there or not; nothing was promised.
      if (refuses_everything())
        (void)reopen();
      return note(why);
    }
  }

  /// The result of a call of LMDB that is neither of these, as a failure.
  failure failure_of(int rc, const char* doing) const;

  /// A compact copy of a snapshot; 0 or what LMDB returned.
  int copy_to(int fd) const;

  const store_tables& tables() const { return tables_; }
  std::uint64_t used_bytes() const;
  std::uint64_t file_bytes() const;
  /// What the last write failed with; nothing where it succeeded.
  std::optional<failure> last_trouble() const;

private:
  lmdb_environment(std::filesystem::path folder, std::uint64_t map_bytes)
      : folder_(std::move(folder)), map_bytes_(map_bytes) {}

  template <class F>
  auto try_write(F& work) -> std::invoke_result_t<F, lmdb_txn&> {
    lmdb_txn txn(env_, 0);
    auto out = work(txn);
    if (out) {
      txn.commit();
      note_success();
    }
    return out;
  }

  result<void> lock_folder(opening how);
  result<void> open_env();
  result<void> check_size() const;
  std::uint64_t bytes_of_pages() const;
  result<void> prepare_tables(opening how);
  bool refuses_everything() const;
  result<void> reopen();
  void close_env();
  failure failure_of_exception() const;
  failure note(failure why);
  void note_success();

  std::filesystem::path folder_;
  std::uint64_t map_bytes_;
  std::optional<file_lock> owner_;
  mutable std::shared_mutex reopening_;
  MDB_env* env_ = nullptr;
  store_tables tables_;
  mutable std::mutex trouble_guard_;
  std::optional<failure> trouble_;
};

} // namespace spec_kitty::server::store
