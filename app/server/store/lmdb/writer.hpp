// The one thread that writes: groups of submissions, and between them jobs (accounts, retention).
//
// While the disk is full or broken it tries a small write every second, so that the store is known
// to work again before the next client comes.
#pragma once

#include "app/server/store/lmdb/group_commit.hpp"
#include "app/server/store/lmdb/group_queue.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace spec_kitty::server::store {

class store_writer {
public:
  store_writer(lmdb_environment& env, std::size_t max_waiting_bytes);
  ~store_writer();
  store_writer(const store_writer&) = delete;
  store_writer& operator=(const store_writer&) = delete;

  /// A failure, and no answer is given, where the queue is full or the writer is stopping.
  result<void> submit(waiting_submission submission);
  /// Runs a job between two groups. Its answer, where one is needed, is a `pending`.
  result<void> post(std::function<void()> job);
  /// The same for work that the store gives itself: it is not counted.
  void post_own(std::function<void()> job);
  void watch(hint_listener listener);

  store_stats stats() const;

  /// Takes nothing more; works off what waits until the deadline.
  void drain(deadline until);
  /// Ends the thread; what waits is forgotten.
  void stop();

  /// Of the writer's thread: for jobs.
  block_codec& codec() { return codec_; }

private:
  void run();
  void run_next(std::unique_lock<std::mutex>& hold);
  void run_group(std::vector<waiting_submission> group);
  bool try_group(const std::vector<waiting_submission>& group);
  void finish_group(const std::vector<waiting_submission>& group, group_outcome out,
                    std::chrono::steady_clock::time_point began);
  void probe();

  lmdb_environment& env_;
  block_codec codec_;
  group_commit groups_{codec_};
  group_pace pace_; ///< of the writer's thread

  mutable std::mutex guard_;
  std::condition_variable changed_;
  std::condition_variable drained_;
  group_queue queue_;
  std::deque<std::function<void()>> jobs_;
  std::size_t own_jobs_ = 0;
  unsigned jobs_in_a_row_ = 0;
  bool refusing_ = false;
  bool stopping_ = false;
  bool busy_ = false;
  hint_listener listener_;
  store_stats stats_;
  std::thread thread_;
};

} // namespace spec_kitty::server::store
