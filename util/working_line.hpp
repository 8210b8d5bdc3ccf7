// A line on the terminal while something takes longer than a second: what is done, how far it is,
// and for how long it has been done. Within its time another may say more precisely what is done.
#pragma once

#include "util/output.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace spec_kitty {

class working_line {
public:
  /// `what` as in `importing day.jsonl`, `unit` as in `event`, for count(). Nothing is shown in the
  /// first second, with --quiet, and where stderr has no status line.
  explicit working_line(const output& out, std::string what, std::string unit = {});
  /// Removes the line: what is printed next begins on an empty one.
  ~working_line();
  working_line(const working_line&) = delete;
  working_line& operator=(const working_line&) = delete;

  /// How many are done.
  void count(std::uint64_t done) { done_ = done; }

private:
  void run();
  void draw(std::uint64_t seconds);

  const std::string what_;
  const std::string unit_;
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  bool drawn_ = false;
  working_line* outer_ = nullptr;
  std::thread thread_; ///< the last member: it uses the others
};

} // namespace spec_kitty
