// A process by its pid, its start time and the boot it runs in: a pid alone is used again.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace spec_kitty {

struct process_identity {
  pid_t pid = 0;
  std::uint64_t start = 0; ///< in clock ticks since the boot
  std::string boot;        ///< the kernel's boot id

  bool operator==(const process_identity&) const = default;
};

/// The kernel's id of this boot, 36 characters; empty where the kernel does not give it.
std::string boot_id();

/// Field 22 of /proc/<pid>/stat; 0 when the process has ended, waited for or not.
std::uint64_t process_start_time(pid_t pid);

process_identity identity_of(pid_t pid);

/// False when the process has ended, another one has its pid now, or the machine was restarted.
bool is_running(const process_identity& process);

/// Waits until it has ended, at most `patience`; true when it has.
bool wait_for_end(const process_identity& process, std::chrono::milliseconds patience);

} // namespace spec_kitty
