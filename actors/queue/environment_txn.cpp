// Transactions: under the outer lock, with an answer for every way in which a commit can fail.
#include "actors/queue/environment.hpp"

#include <unistd.h>

#include <cerrno>

namespace spec_kitty {

result<void> environment::take_outer_lock() {
  const auto granted = poll_lock(outer_.get(), options_.busy_timeout);
  if (!granted)
    return granted.error();
  if (*granted)
    return {};
  return failure{ec::store_busy,
                 "another process has held the store in " + options_.folder.string() +
                     " for longer than " + std::to_string(options_.busy_timeout.count()) + " ms",
                 "see which process holds it with: fuser " + (options_.folder / "lock").string()};
}

bool environment::settle_failed_commit(std::size_t id) {
  const std::unique_lock alone(transactions_);
  close_env();
  open_env(options_.folder / "env", 0);
  open_tables(MDB_RDONLY);
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  if (info.me_last_txnid < id)
    return false;
  if (const int rc = mdb_env_sync(env_, 1); rc != 0)
    throw lmdb_error(rc, "sync");
  return true;
}

result<void> environment::run_write(const txn_body& body) {
  if (auto usable = check_process(); !usable)
    return usable;
  const std::unique_lock thread(writer_, options_.busy_timeout);
  if (!thread)
    return failure{ec::store_busy, "another thread holds the store", "try again"};
  if (auto locked = take_outer_lock(); !locked)
    return locked;
  const flock_hold hold(outer_.get());
  try {
    if (env_ == nullptr) // an earlier failed commit could not open it again
      settle_failed_commit(0);
    for (bool again = true;; again = false) {
      std::size_t id = 0;
      try {
        const std::shared_lock shared(transactions_);
        lmdb_txn txn(env_, 0);
        id = txn.id();
        body(txn);
        txn.commit();
        // Pages allocated and freed at the very end are never written, but counted when opening.
        if (const auto [needed, there] = needed_and_there(); there < needed)
          (void)!::ftruncate(data_fd(), needed);
        return {};
      } catch (const lmdb_error& error) {
        if (error.rc() == MDB_MAP_RESIZED && again) {
          const std::unique_lock alone(transactions_);
          mdb_env_set_mapsize(env_, 0);
          continue;
        }
        if (id == 0)
          throw;
        // The transaction began. A fresh look shows what is on disk, whatever failed.
        try {
          if (settle_failed_commit(id))
            return {};
        } catch (const lmdb_error& blind) {
          failure unknown = to_failure(blind, options_.folder);
          unknown.code = ec::commit_unknown;
          unknown.message += "; whether the last change was stored is unknown";
          return unknown;
        }
        if (!again)
          throw;
      }
    }
  } catch (const lmdb_error& error) {
    return to_failure(error, options_.folder);
  }
}

result<void> environment::run_read(const txn_body& body) {
  if (auto usable = check_process(); !usable)
    return usable;
  for (bool again = true;; again = false) {
    try {
      const std::shared_lock shared(transactions_);
      if (env_ == nullptr)
        throw lmdb_error(EIO, "open");
      lmdb_txn txn(env_, MDB_RDONLY);
      body(txn);
      return {};
    } catch (const lmdb_error& error) {
      if (error.rc() != MDB_MAP_RESIZED || !again)
        return to_failure(error, options_.folder);
      const std::unique_lock alone(transactions_);
      mdb_env_set_mapsize(env_, 0);
    }
  }
}

} // namespace spec_kitty
