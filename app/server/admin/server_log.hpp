// The server's log: lines on stderr (of a server for trying out: requests on stdout) and, where
// `log.days` is set, in a file for each day in the state folder.
//
// They are written by a thread of their own: a part that logs never waits for the disk or for a
// pipe that nobody reads. Where too many lines wait, they are dropped and counted.
#pragma once

#include "util/timestamp.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace spec_kitty::server {

enum class log_level : std::uint8_t { info, warning, error };

struct log_options {
  bool json = false;
  bool for_trying_out = false;  ///< lines that are ready go to stdout, after release(); no `info`
  std::filesystem::path folder; ///< of the files for each day; empty: none
  std::int64_t days = 0;        ///< a file is removed after so many
  std::function<epoch_us()> now = wall_clock_now;
};

class server_log {
public:
  explicit server_log(log_options options);
  /// Writes what waits.
  ~server_log();
  server_log(const server_log&) = delete;
  server_log& operator=(const server_log&) = delete;

  /// A line that is ready, without the line break. From any thread.
  void line(std::string_view text);
  /// What happened to the server.
  void write(log_level level, std::string_view text);
  /// The greeting of a server for trying out is out: what waits may follow it.
  void release();

private:
  struct waiting_line {
    std::string text;
    int stream; ///< descriptor
  };
  void push(std::string line, int stream);
  void run();
  void write_all(std::deque<waiting_line> lines);
  void write_lines(const std::string& lines, int stream);
  void open_file_of_today();

  log_options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<waiting_line> lines_;
  std::uint64_t dropped_ = 0;
  bool held_ = false; ///< until release()
  bool stopping_ = false;
  std::string day_; ///< of the open file
  int file_ = -1;
  std::thread thread_;
};

/// The line of something that happened, without the line break. Pure.
std::string event_line(log_level level, std::string_view text, bool json, epoch_us at);

} // namespace spec_kitty::server
