// What the operating system gives the code of a simulated process: its pid, its random bytes, the
// processes that live, and writes that fail.
//
//   write, fdatasync, open, read, close, getpid, getrandom ──▶ the plan of this thread ──▶ the
//   kernel,
//                                                              or not
//
// os_calls.cpp defines these functions of the C library for the whole program it is linked into,
// LMDB included. Without a plan on the calling thread they are the kernel's own. A plan skips the
// syncs themselves: power is never lost here, and a schedule takes a third of the time.
#pragma once

#include "app/chaos/random.hpp"

#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace spec_kitty::chaos::simulation {

/// How a write that fails goes about it.
enum class failing_write : std::uint8_t {
  nothing, ///< nothing is written
  half,    ///< half of it is
  all      ///< it is written and reported as failed
};

struct os_plan {
  pid_t pid = 0;       ///< that the code believes to have; /proc knows no other process
  std::string boot_id; ///< of /proc/sys/kernel/random/boot_id
  dice chance{0};      ///< the bytes of getrandom

  std::uint64_t works_first = 0; ///< writes and syncs that still work
  std::uint64_t fails_then = 0;  ///< and those after them that do not
  int error = EIO;
  failing_write how = failing_write::nothing;
  bool opens_store = true; ///< false: LMDB's files cannot be opened

  std::uint64_t failed = 0; ///< calls that failed so far
};

/// Puts a plan on this thread for the length of a scope, in place of the one there was.
class os_plan_scope {
public:
  explicit os_plan_scope(os_plan* plan);
  ~os_plan_scope();
  os_plan_scope(const os_plan_scope&) = delete;
  os_plan_scope& operator=(const os_plan_scope&) = delete;

private:
  os_plan* before_;
};

} // namespace spec_kitty::chaos::simulation
