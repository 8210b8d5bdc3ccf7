// One process, its threads: what a child made by fork must not use, and whether this process can
// have more threads at all.
#pragma once

#include "messages/result.hpp"

#include <sys/types.h>

namespace spec_kitty::embed {

/// A client's life in its process. The child of a fork inherits the memory and none of the threads:
/// every lock may be held for ever there, so nothing but this is touched.
class process_guard {
public:
  /// Counts a client of this process; store_unusable in a child whose parent had one open.
  static result<process_guard> enter();

  process_guard(process_guard&& other) noexcept;
  process_guard& operator=(process_guard&&) = delete;
  ~process_guard();

  /// store_unusable in a child made by fork since.
  result<void> check() const;
  bool here() const;

private:
  explicit process_guard(pid_t pid) : pid_(pid) {}
  pid_t pid_; ///< 0: moved from
};

/// overloaded when so many threads more cannot be had. CAF and the C++ library end the process
/// where a thread of theirs cannot begin, so this is asked before.
result<void> check_threads(int more);

} // namespace spec_kitty::embed
