#include "app/server/store/lmdb/writer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace spec_kitty::server::store {

namespace {

constexpr std::size_t max_waiting_jobs = 4096;
constexpr unsigned max_jobs_in_a_row = 8;
constexpr std::chrono::seconds probe_interval{1};

failure queue_is_full() {
  return {ec::store_busy, "too much waits to be stored", "send again in a second"};
}

void count_in(power_histogram& histogram, std::uint64_t value) {
  const auto slot = static_cast<std::size_t>(std::bit_width(value));
  ++histogram[std::min(slot, histogram.size() - 1)];
}

std::chrono::microseconds microseconds_between(std::chrono::steady_clock::time_point from,
                                               std::chrono::steady_clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

std::size_t events_of(const std::vector<waiting_submission>& group) {
  std::size_t events = 0;
  for (const auto& submission : group)
    events += submission.events;
  return events;
}

} // namespace

store_writer::store_writer(lmdb_environment& env, std::size_t max_waiting_bytes)
    : env_(env), queue_(max_waiting_bytes), thread_([this] { run(); }) {}

store_writer::~store_writer() {
  stop();
}

result<void> store_writer::submit(waiting_submission submission) {
  const std::lock_guard hold(guard_);
  if (refusing_)
    return store_is_stopping();
  if (!queue_.push(std::move(submission))) {
    ++stats_.refused_busy;
    return queue_is_full();
  }
  changed_.notify_one();
  return {};
}

result<void> store_writer::post(std::function<void()> job) {
  const std::lock_guard hold(guard_);
  if (refusing_)
    return store_is_stopping();
  if (jobs_.size() - std::min(own_jobs_, jobs_.size()) >= max_waiting_jobs)
    return queue_is_full();
  jobs_.push_back(std::move(job));
  changed_.notify_one();
  return {};
}

void store_writer::post_own(std::function<void()> job) {
  const std::lock_guard hold(guard_);
  if (refusing_)
    return;
  ++own_jobs_;
  jobs_.emplace_back([this, own = std::move(job)] {
    own();
    const std::lock_guard again(guard_);
    --own_jobs_;
  });
  changed_.notify_one();
}

void store_writer::watch(hint_listener listener) {
  const std::lock_guard hold(guard_);
  listener_ = std::move(listener);
}

store_stats store_writer::stats() const {
  const std::lock_guard hold(guard_);
  store_stats out = stats_;
  out.waiting_submissions = queue_.size();
  out.waiting_bytes = queue_.bytes();
  return out;
}

void store_writer::drain(deadline until) {
  std::unique_lock hold(guard_);
  refusing_ = true;
  drained_.wait_until(hold, until, [this] { return !busy_ && queue_.is_empty() && jobs_.empty(); });
}

void store_writer::stop() {
  std::vector<waiting_submission> dropped;
  std::deque<std::function<void()>> dropped_jobs;
  {
    const std::lock_guard hold(guard_);
    refusing_ = true;
    stopping_ = true;
    dropped = queue_.take_all();
    dropped_jobs.swap(jobs_);
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void store_writer::run() {
  std::unique_lock hold(guard_);
  while (!stopping_) {
    if (queue_.is_empty() && jobs_.empty()) {
      drained_.notify_all();
      const bool woken = changed_.wait_for(hold, probe_interval, [this] {
        return stopping_ || !queue_.is_empty() || !jobs_.empty();
      });
      if (!woken && env_.last_trouble()) {
        hold.unlock();
        probe();
        hold.lock();
      }
      continue;
    }
    busy_ = true;
    run_next(hold);
    busy_ = false;
  }
}

void store_writer::run_next(std::unique_lock<std::mutex>& hold) {
  const bool is_job = !jobs_.empty() && (queue_.is_empty() || jobs_in_a_row_ < max_jobs_in_a_row);
  jobs_in_a_row_ = is_job ? jobs_in_a_row_ + 1 : 0;
  if (is_job) {
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    hold.unlock();
    job();
    job = nullptr;
  } else {
    auto group = queue_.take_group(pace_.events_of_a_sync());
    hold.unlock();
    if (!group.empty())
      run_group(std::move(group));
  }
  hold.lock();
}

void store_writer::run_group(std::vector<waiting_submission> group) {
  if (try_group(group) || group.size() == 1)
    return;
  // A damaged row of one team must not stop the others: each by itself.
  for (auto& submission : group) {
    std::vector<waiting_submission> alone;
    alone.push_back(std::move(submission));
    try_group(alone);
  }
}

bool store_writer::try_group(const std::vector<waiting_submission>& group) {
  const auto began = std::chrono::steady_clock::now();
  auto worked = began;
  auto out = env_.write([&](lmdb_txn& txn) -> result<group_outcome> {
    auto written = groups_.run(txn, env_.tables(), group);
    worked = std::chrono::steady_clock::now();
    return written;
  });
  if (out) {
    pace_.note(events_of(group), microseconds_between(began, worked),
               microseconds_between(worked, std::chrono::steady_clock::now()));
    finish_group(group, std::move(*out), began);
    return true;
  }
  {
    const std::lock_guard hold(guard_);
    ++stats_.failed_groups;
  }
  if (out.error().code == ec::store_corrupt && group.size() > 1)
    return false;
  for (const auto& submission : group)
    submission.reply->settle(out.error());
  return true;
}

void store_writer::finish_group(const std::vector<waiting_submission>& group, group_outcome out,
                                std::chrono::steady_clock::time_point began) {
  const auto took = microseconds_between(began, std::chrono::steady_clock::now());
  hint_listener listener;
  {
    const std::lock_guard hold(guard_);
    ++stats_.groups;
    stats_.stored += out.stored;
    stats_.duplicates += out.duplicates;
    stats_.differing += out.differing;
    count_in(stats_.commit_us, static_cast<std::uint64_t>(took.count()));
    count_in(stats_.group_events, out.stored + out.duplicates + out.differing);
    listener = listener_;
  }
  for (std::size_t i = 0; i < group.size(); ++i)
    group[i].reply->settle(std::move(out.submissions[i]));
  if (listener && !out.news.empty())
    listener(out.news);
}

void store_writer::probe() {
  // Writes a page and waits for the disk; whether it succeeded is noted by the environment.
  (void)env_.write([&](lmdb_txn& txn) -> result<void> {
    std::string row;
    row_writer(row).i64(wall_clock_now());
    txn.put(env_.tables().meta, "probed", row);
    return {};
  });
}

} // namespace spec_kitty::server::store
