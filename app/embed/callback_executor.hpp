// Runs a host's callbacks: on the host's executor, else one after the other on a thread that is
// made for the first of them. Each is run once, whatever happens: where its thread has
// ended or cannot be started, on the thread that hands it over.
#pragma once

#include "app/embed/host_log.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace spec_kitty::embed {

class callback_executor {
public:
  using work = std::function<void()>;

  callback_executor(std::function<void(work)> executor, std::shared_ptr<host_log> host_messages);
  /// finish() without patience.
  ~callback_executor();
  callback_executor(const callback_executor&) = delete;
  callback_executor& operator=(const callback_executor&) = delete;

  /// Never throws; waits only where it runs the work itself.
  void run(work what) noexcept;

  /// The same for what may be left out: false where too much waits already and it was left out.
  bool offer(work what) noexcept;

  /// True while a callback of any client runs on this thread.
  static bool is_here();

  /// Ends the thread after what was handed over; false when that takes longer: it ends by itself
  /// then. On the executor's own thread it returns at once, and the thread ends after its work.
  bool finish(std::chrono::steady_clock::time_point until);

private:
  struct worker_queue;
  std::function<void(work)> executor_;
  std::shared_ptr<worker_queue> worker_queue_;
};

} // namespace spec_kitty::embed
