// A host for the tests: a home of its own, a client in this very process, and, where wanted, the
// dev-server as a real process.
#pragma once

#include "actors/queue/store.hpp"
#include "spec_kitty/client.hpp"
#include "tests/support/cli_test.hpp"

#include <sys/file.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace spec_kitty::embed_test {

using namespace std::chrono_literals;
using support::number_in;

/// What the log sink was given, from any thread.
class log_lines {
public:
  void add(std::string_view words) {
    const std::lock_guard hold(guard_);
    lines_.emplace_back(words);
  }
  bool has(std::string_view part) const {
    const std::lock_guard hold(guard_);
    return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  }

private:
  mutable std::mutex guard_;
  std::vector<std::string> lines_;
};

class embedding : public support::cli_test {
protected:
  /// Options for this test's home.
  options host() {
    options wanted;
    wanted.home = home().string();
    wanted.modules = SPEC_KITTY_BIN_DIR;
    wanted.log = [this](log_level, std::string_view words) { log.add(words); };
    return wanted;
  }
  client open(options wanted) {
    auto opened = client::open(std::move(wanted));
    if (!opened)
      throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  client open() { return open(host()); }

  /// The code of what open() answers.
  static ec code_of(options wanted) {
    const auto opened = client::open(std::move(wanted));
    return opened ? ec::ok : opened.error().code;
  }

  log_lines log;
};

/// Another process's hold on the store, so that commits wait.
class held_store {
public:
  explicit held_store(const std::filesystem::path& home)
      : fd_(::open((home / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0)
      throw std::runtime_error("the store cannot be held");
  }
  ~held_store() { ::close(fd_); }
  held_store(const held_store&) = delete;
  held_store& operator=(const held_store&) = delete;

private:
  int fd_;
};

inline event note(const std::string& words = "hello") {
  return history_added{"WP01", "note", words};
}

/// Entries of a folder under /proc/self.
inline std::size_t count_of(const char* folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(std::string("/proc/self/") + folder))
    ++count;
  return count;
}

} // namespace spec_kitty::embed_test
