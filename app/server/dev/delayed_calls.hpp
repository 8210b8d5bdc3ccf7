// Calls at a later time, on a thread of their own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace spec_kitty::server::dev {

class delayed_calls {
public:
  delayed_calls() : thread_([this] { run(); }) {}
  /// What waits is not called any more.
  ~delayed_calls();
  delayed_calls(const delayed_calls&) = delete;
  delayed_calls& operator=(const delayed_calls&) = delete;

  /// From any thread, its own included.
  void after(std::chrono::milliseconds delay, std::function<void()> call);

private:
  using clock = std::chrono::steady_clock;
  void run();

  std::mutex guard_;
  std::condition_variable changed_;
  std::multimap<clock::time_point, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace spec_kitty::server::dev
