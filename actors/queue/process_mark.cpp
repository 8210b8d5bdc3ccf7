#include "actors/queue/process_mark.hpp"

#include "util/process_identity.hpp"

#include <unistd.h>

namespace spec_kitty {

namespace {

/// The boot id's digits as 16 bytes.
ulid boot_bytes() {
  ulid id;
  std::size_t at = 0;
  for (const char c : boot_id()) {
    const bool digit = c >= '0' && c <= '9';
    if ((!digit && (c < 'a' || c > 'f')) || at == 32)
      continue;
    const int nibble = digit ? c - '0' : c - 'a' + 10;
    auto& byte = id.bytes[at++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | nibble);
  }
  return id;
}

} // namespace

process_mark this_process() {
  // Read once: it does not change, except in the child of a fork.
  thread_local process_mark known;
  const auto pid = static_cast<std::uint32_t>(::getpid());
  if (known.pid != pid || known.start_time == 0)
    known = {pid, process_start_time(::getpid()), boot_bytes()};
  return known;
}

bool is_alive(const process_mark& mark) {
  if (mark == this_process())
    return mark.start_time != 0;
  return mark.boot == this_process().boot && mark.start_time != 0 &&
         process_start_time(static_cast<pid_t>(mark.pid)) == mark.start_time;
}

} // namespace spec_kitty
