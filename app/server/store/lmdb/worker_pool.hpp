// A few threads with a bounded queue in front of them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace spec_kitty::server::store {

class worker_pool {
public:
  worker_pool(unsigned threads, std::size_t max_waiting);
  ~worker_pool();
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  /// False where too much waits already, or after stop().
  bool post(std::function<void()> work);
  /// Forgets what waits, and returns when what runs has ended.
  void stop();

private:
  void run();

  std::size_t max_waiting_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace spec_kitty::server::store
