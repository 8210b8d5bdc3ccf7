// What an agent prints: its end is kept for the verdict, the log gets it within bounds.
//
//   pipe ──▶ tail in memory (64 KiB)      judged when the agent has ended
//     └────▶ log: the first 1 MiB of all tries, a line that counts what is left out, the last 4 MiB
#pragma once

#include "util/rooted_files.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace spec_kitty::agent_runner {

inline constexpr std::size_t max_log_head = std::size_t{1} << 20;
inline constexpr std::size_t max_log_tail = std::size_t{4} << 20;
/// The log is cut when it reaches this, and at the end of an attempt.
inline constexpr std::size_t max_log_bytes = max_log_head + 2 * max_log_tail;

class agent_output {
public:
  agent_output(const rooted_files& files, std::filesystem::path log);

  /// Opens the log and writes a title line. A failure leaves it unopened.
  result<void> open(std::string_view title);
  /// Takes what the agent printed. A log that cannot be written to is not tried again.
  void take(std::string_view bytes);
  /// Brings the log within its bounds.
  void finish();
  /// The end of the output, from the beginning of a line, as UTF-8.
  std::string tail() const;

private:
  void write(std::string_view bytes);
  /// Replaces the log by its first and its last part. False where that failed.
  bool cut();

  const rooted_files& files_;
  std::filesystem::path path_;
  unique_fd log_; ///< empty: not opened, or it cannot be written to
  std::uint64_t size_ = 0;
  std::string tail_;
  bool is_whole_ = true; ///< `tail_` is all that was printed
};

} // namespace spec_kitty::agent_runner
