#include "util/process_identity.hpp"

#include "util/files.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <thread>

namespace spec_kitty {

std::string boot_id() {
  const auto text = read_file("/proc/sys/kernel/random/boot_id", 4096);
  if (!text || !*text)
    return {};
  return (*text)->substr(0, (*text)->find('\n'));
}

std::uint64_t process_start_time(pid_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 65536);
  if (!text || !*text)
    return 0;
  // The command name before the fields may hold spaces and brackets.
  std::string_view rest = **text;
  rest.remove_prefix(std::min(rest.rfind(')'), rest.size()));
  if (rest.starts_with(") Z") || rest.starts_with(") X"))
    return 0;
  for (int spaces = 0; spaces < 20 && !rest.empty(); ++spaces)
    rest.remove_prefix(std::min(rest.find(' '), rest.size() - 1) + 1);
  std::uint64_t ticks = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), ticks);
  return ticks;
}

process_identity identity_of(pid_t pid) {
  return {pid, process_start_time(pid), boot_id()};
}

bool is_running(const process_identity& process) {
  return process.start != 0 && process.boot == boot_id() &&
         process_start_time(process.pid) == process.start;
}

bool wait_for_end(const process_identity& process, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  // By number: the header of glibc 2.36 lacks extern "C".
  const unique_fd ended(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  while (is_running(process)) { // so the descriptor is of that process
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return false;
    pollfd watched{ended.get(), POLLIN, 0};
    const int slice = static_cast<int>(std::min<long>(left.count() + 1, ended ? 1000 : 20));
    (void)::poll(&watched, ended ? 1 : 0, slice);
    if (ended && (watched.revents & POLLIN) != 0)
      return true;
  }
  return true;
}

} // namespace spec_kitty
