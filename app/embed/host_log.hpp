// How a host learns of problems: its log sink, and the count of its own callbacks that failed.
// Shared by all that may outlive the client, such as a callback.
#pragma once

#include "spec_kitty/options.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace spec_kitty::embed {

class host_log {
public:
  explicit host_log(std::function<void(log_level, std::string_view)> sink)
      : sink_(std::move(sink)) {}

  void log(log_level level, std::string_view words) noexcept {
    if (!sink_)
      return;
    try {
      sink_(level, words);
    } catch (...) {
      ++failed_;
    }
  }

  /// Runs the host's code; what it throws is counted and logged.
  template <class Work>
  void guard(Work&& work) noexcept {
    try {
      work();
    } catch (const std::exception& error) {
      failed(error.what());
    } catch (...) {
      failed("an exception of an unknown type");
    }
  }

  void count_failure() noexcept { ++failed_; }
  std::uint64_t failures() const { return failed_; }

private:
  void failed(const char* words) noexcept {
    ++failed_;
    try {
      log(log_level::error, std::string("a callback failed: ") + words);
    } catch (...) { // no memory for the words: it is counted
    }
  }

  std::function<void(log_level, std::string_view)> sink_;
  std::atomic<std::uint64_t> failed_{0};
};

} // namespace spec_kitty::embed
