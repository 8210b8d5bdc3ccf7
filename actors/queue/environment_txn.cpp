// Transactions: under the outer lock, with an answer for every way in which a commit can fail.
#include "actors/queue/schema.hpp"
#include "util/process_generation.hpp"
#include "util/text.hpp"

#include <cerrno>

namespace spec_kitty {

result<void> environment::check_process() const {
  if (opened_in_ == process_generation())
    return {};
  return failure{ec::store_unusable, "the store was opened before this process was forked",
                 "open it again in the child process"};
}

result<void> environment::take_outer_lock() {
  const auto granted = poll_lock(outer_.get(), options_.busy_timeout);
  if (!granted)
    return granted.error();
  if (*granted)
    return {};
  return failure{ec::store_busy,
                 "another process has held the store in " + options_.folder.string() +
                     " for longer than " + std::to_string(options_.busy_timeout.count()) + " ms",
                 "see which process holds it with: fuser " +
                     shell_word((options_.folder / "lock").string())};
}

bool environment::settle_failed_commit(std::size_t id) {
  const std::unique_lock alone(transactions_);
  reopen();
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  if (info.me_last_txnid < id)
    return false;
  if (const int rc = mdb_env_sync(env_, 1); rc != 0)
    throw lmdb_error(rc, "sync");
  return true;
}

environment::fit environment::fit_of(const lmdb_txn& txn) const {
  const auto schema = schema_of(txn, tables_.main);
  if (schema && *schema > schema_version)
    return fit::too_new;
  if (!is_older_)
    return fit::fits; // a row that is missing or garbled is the store's to judge
  return schema == schema_version ? fit::must_reopen : fit::must_upgrade;
}

void environment::reopen() {
  close_env();
  open_current(env_flags_);
  open_tables(MDB_RDONLY);
}

result<void> environment::make_fit() {
  fit seen = fit::fits;
  {
    const std::shared_lock shared(transactions_);
    const lmdb_txn look(env_, MDB_RDONLY);
    seen = fit_of(look);
    if (seen == fit::too_new)
      return newer_version(*schema_of(look, tables_.main));
  }
  if (seen == fit::fits)
    return {};
  const std::unique_lock alone(transactions_);
  try {
    if (seen == fit::must_upgrade) {
      lmdb_txn txn(env_, 0);
      upgrade_schema(txn, tables_, place_of(options_.folder));
      txn.commit();
    }
  } catch (const lmdb_error&) {
    reopen(); // the handles of a transaction that failed are of no use
    throw;
  }
  reopen();
  return {};
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
  const store_use inside;
  try {
    if (env_ == nullptr) // an earlier failed commit could not open it again
      settle_failed_commit(0);
    follow_replacement();
    for (bool again = true;; again = false) {
      std::size_t id = 0;
      try {
        if (auto fits = make_fit(); !fits)
          return fits;
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
  const store_use inside;
  for (bool again = true;; again = false) {
    try {
      {
        const std::shared_lock shared(transactions_);
        if (env_ == nullptr)
          throw lmdb_error(EIO, "open");
        if (!was_replaced()) {
          lmdb_txn txn(env_, MDB_RDONLY);
          const fit seen = fit_of(txn);
          if (seen == fit::too_new)
            return newer_version(*schema_of(txn, tables_.main));
          if (seen != fit::must_reopen) { // an older store is read as it is
            body(txn);
            return {};
          }
        }
      }
      const std::unique_lock alone(transactions_);
      if (env_ != nullptr && (is_older_ || was_replaced())) // no other thread was faster
        reopen();
    } catch (const lmdb_error& error) {
      if (error.rc() != MDB_MAP_RESIZED || !again)
        return to_failure(error, options_.folder);
      const std::unique_lock alone(transactions_);
      mdb_env_set_mapsize(env_, 0);
    }
  }
}

} // namespace spec_kitty
