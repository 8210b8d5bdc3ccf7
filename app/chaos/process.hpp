// Runs programs as processes with pipes and bounded waits, for the chaos harness and the tests.
//
// A child gets an environment of its own (of the caller's only PATH, TMPDIR and the sanitizers'
// options) and is killed when its starter ends, so that nothing stays behind after a crash or a
// timeout.
#pragma once

#include "util/spawn.hpp"
#include "util/temp_folder.hpp"

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

using spec_kitty::resource_limit;
using spec_kitty::temporary_folder;
using milliseconds = std::chrono::milliseconds;

inline constexpr milliseconds long_enough{60'000};

/// What to run.
struct launch {
  std::vector<std::string> argv; ///< argv[0] is looked up in PATH
  std::map<std::string, std::string> env;
  std::filesystem::path cwd; ///< empty: the caller's
  std::string input;         ///< all of stdin
  milliseconds patience = long_enough;
  std::vector<resource_limit> limits = {}; ///< status 126 where they cannot be set
  bool own_group = false;                  ///< a Ctrl-C meant for its starter does not reach it
};

/// How a program ended. Status 127: it could not be started.
struct finished {
  std::string out;
  std::string err;
  int status = -1; ///< exit status; -1 when a signal ended it
  int signal = 0;
  bool timed_out = false; ///< it was killed because it took longer than `patience`
  milliseconds took{0};
};

/// A running process with three pipes.
class child {
public:
  /// Does not write `launch::input`. Throws std::runtime_error where no process can be started.
  explicit child(const launch& what);
  ~child(); ///< SIGKILL, unless it has ended
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  pid_t pid() const { return pid_; }
  /// Writes to stdin; false when the program does not read all of it.
  bool write(std::string_view bytes, milliseconds patience = long_enough);
  void close_input();
  /// The next whole line of stdout without its newline; nothing at the end of stdout or of
  /// patience.
  std::optional<std::string> next_line(milliseconds patience = long_enough);
  /// The whole lines of stdout since the last call; does not wait.
  std::vector<std::string> lines_so_far();
  /// Whether it has ended, by itself or by a signal; its output may not be read yet.
  bool has_ended() const;
  void send(int signal) const;
  /// Whether the pipe of stdout is at least nine tenths full.
  bool output_is_full() const;
  /// Whether it ends although nobody reads its output.
  bool ends_unread(milliseconds patience = long_enough) const;
  /// Reads to the end and reaps; kills it when it takes longer than `patience`.
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

/// Checks a condition every few milliseconds: true as soon as it holds, false when it has not
/// within `patience`.
bool eventually(const std::function<bool()>& condition, milliseconds patience = long_enough);

/// A file's bytes; empty where it does not exist.
std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, std::string_view bytes);
std::vector<std::string> lines_of(std::string_view text);

} // namespace spec_kitty::support
