// The engine: environment, writer, readers and accounts put together.
#pragma once

#include "app/server/store/engine.hpp"
#include "app/server/store/lmdb/block_cache.hpp"
#include "app/server/store/lmdb/directory.hpp"
#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/lmdb/pending.hpp"
#include "app/server/store/lmdb/worker_pool.hpp"
#include "app/server/store/lmdb/writer.hpp"

#include <atomic>

namespace spec_kitty::server::store {

class lmdb_engine : public engine {
public:
  lmdb_engine(std::unique_ptr<lmdb_environment> env, const lmdb_options& options);
  ~lmdb_engine() override;

  void commit(std::vector<batch> submission, deadline until, callback<committed> done) override;
  void read(team_id team, sequence after, page_limits limits, deadline until,
            callback<page> done) override;
  void find(team_id team, const ulid& id, deadline until, callback<found_event> done) override;
  void heads(std::vector<team_id> teams, deadline until,
             callback<std::vector<team_head>> done) override;
  void watch(hint_listener listener) override;
  void take_texts(team_id team, epoch_us received_before, callback<texts_taken> done) override;
  void erase(team_id team, sequence seq, change_note note, callback<void> done) override;
  void remove_team(team_id team, change_note note, callback<void> done) override;
  accounts& directory() override { return directory_; }
  void backup(std::filesystem::path file, callback<void> done) override;
  void check(callback<check_report> done) override;
  health look() const override;
  store_stats stats() const override;
  void stop(deadline until) override;

private:
  /// Reads on a thread for it; `work(txn, blocks)` returns a result.
  template <class T, class F>
  void read_with(deadline until, callback<T> done, F work);
  /// Changes on the writer's thread; `work(txn)` returns a result.
  template <class T, class F>
  void change_with(callback<T> done, F work);
  void purge(team_id team, std::string resume);

  std::unique_ptr<lmdb_environment> env_;
  std::atomic<bool> stopping_{false};
  deadline_watch deadlines_;
  std::atomic<epoch_us> newest_received_{0};
  store_writer writer_;
  lmdb_accounts directory_;
  block_cache blocks_;
  worker_pool readers_;
  worker_pool maintenance_;
};

} // namespace spec_kitty::server::store
