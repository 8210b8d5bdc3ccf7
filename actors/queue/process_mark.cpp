#include "actors/queue/process_mark.hpp"

#include "util/files.hpp"

#include <unistd.h>

#include <charconv>

namespace spec_kitty {

namespace {

/// Field 22 of /proc/<pid>/stat; 0 when the process has ended, waited for or not. The command name
/// before the fields may hold spaces and brackets.
std::uint64_t start_time_of(std::uint32_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 65536);
  if (!text || !*text)
    return 0;
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

ulid boot_id() {
  ulid id;
  const auto text = read_file("/proc/sys/kernel/random/boot_id", 4096);
  if (!text || !*text)
    return id;
  std::size_t at = 0;
  for (const char c : **text) {
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
  const auto pid = static_cast<std::uint32_t>(::getpid());
  return {pid, start_time_of(pid), boot_id()};
}

bool is_alive(const process_mark& mark) {
  return mark.boot == boot_id() && mark.start_time != 0 &&
         start_time_of(mark.pid) == mark.start_time;
}

} // namespace spec_kitty
