// Programs run as processes, every wait bounded: what chaos runs and the command-line tests stand
// on.
//
// A child gets its own environment (nothing of the caller's but PATH and the sanitizers' options)
// and dies with its starter, so that nothing stays behind after a crash or a timeout.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::support {

using milliseconds = std::chrono::milliseconds;

inline constexpr milliseconds long_enough{60'000};

/// A bound on what a process may use, as setrlimit takes it.
struct resource_limit {
  int resource = 0;        ///< RLIMIT_NOFILE and the like
  std::uint64_t value = 0; ///< both the soft and the hard limit
};

/// What to run.
struct launch {
  std::vector<std::string> argv; ///< argv[0] is looked up in PATH
  std::map<std::string, std::string> env;
  std::filesystem::path cwd; ///< empty: the caller's
  std::string input;         ///< all of stdin
  milliseconds patience = long_enough;
  std::vector<resource_limit> limits = {}; ///< set before it begins; status 126 where that failed
  bool own_group = false;                  ///< a Ctrl-C meant for its starter does not reach it
};

/// How it ended.
struct finished {
  std::string out;
  std::string err;
  int status = -1; ///< exit status; -1 when a signal ended it
  int signal = 0;
  bool timed_out = false; ///< it was killed because patience ended
  milliseconds took{0};
};

/// A running process with three pipes.
class child {
public:
  /// `input` is left to the caller. Throws std::runtime_error where nothing can be started.
  explicit child(const launch& what);
  ~child(); ///< SIGKILL, unless it has ended
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  pid_t pid() const { return pid_; }
  /// Hands bytes to stdin; false when nobody reads them any more.
  bool write(std::string_view bytes, milliseconds patience = long_enough);
  void close_input();
  /// The next whole line of stdout without its newline; nothing when it ends or patience does.
  std::optional<std::string> next_line(milliseconds patience = long_enough);
  /// The whole lines of stdout that have come since the last call; does not wait.
  std::vector<std::string> lines_so_far();
  /// Whether it has ended, by itself or by a signal; its output may not be read yet.
  bool has_ended() const;
  void send(int signal) const;
  /// Whether stdout holds about as much as its pipe takes, because nobody reads it.
  bool output_is_full() const;
  /// Whether it ends although nobody reads what it says.
  bool ends_unread(milliseconds patience = long_enough) const;
  /// Reads to the end and reaps; kills when patience ends.
  finished wait(milliseconds patience = long_enough);

private:
  using instant = std::chrono::steady_clock::time_point;
  bool pump(instant deadline, const std::function<bool()>& done);
  bool reap(instant deadline);

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  instant began_;
  std::string_view pending_;
  bool input_refused_ = false;
  std::size_t read_through_ = 0;
  bool reaped_ = false;
  finished so_far_;
};

/// Runs a program to its end.
finished run(const launch& what);

/// True as soon as `condition` holds, false when it never did; asks every few milliseconds.
bool eventually(const std::function<bool()>& condition, milliseconds patience = long_enough);

/// A folder of its own under the system's temporary one, removed at the end.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// A file's bytes; empty where there is none.
std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, std::string_view bytes);
std::vector<std::string> lines_of(std::string_view text);

} // namespace spec_kitty::support
