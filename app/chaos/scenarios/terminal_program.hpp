// A program on a terminal of its own, for what it does only before a person.
#pragma once

#include "app/chaos/process.hpp"

namespace spec_kitty::chaos {

class terminal_program {
public:
  /// Its input is that of nobody. Throws std::runtime_error where there is no terminal, or no
  /// process can be started.
  explicit terminal_program(const support::launch& what);
  ~terminal_program(); ///< SIGKILL, unless it has ended
  terminal_program(const terminal_program&) = delete;
  terminal_program& operator=(const terminal_program&) = delete;

  /// Reads until the text has been printed; false when it ended, or patience did, before.
  bool prints(std::string_view text, support::milliseconds patience);
  const std::string& printed() const { return printed_; }
  void send(int signal) const;
  /// Reads to the end. `out` is all that it printed, on either stream.
  support::finished wait(support::milliseconds patience);

private:
  bool read_some(support::milliseconds patience);

  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string printed_;
};

} // namespace spec_kitty::chaos
