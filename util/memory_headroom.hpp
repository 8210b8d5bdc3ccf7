// Whether memory is left: checked in advance where running out could not be reported.
#pragma once

#include <sys/mman.h>

#include <cstddef>

namespace spec_kitty {

/// What is to be left beside a large mapping, or beside threads' stacks, for what comes later: a
/// write of the store, messages between actors. In bytes.
inline constexpr std::size_t min_memory_headroom_bytes = std::size_t{4} << 20;

/// Whether this process may have that much more address space (`ulimit -v` bounds it).
inline bool has_memory_headroom() {
  void* const got = ::mmap(nullptr, min_memory_headroom_bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return got != MAP_FAILED && ::munmap(got, min_memory_headroom_bytes) == 0;
}

} // namespace spec_kitty
