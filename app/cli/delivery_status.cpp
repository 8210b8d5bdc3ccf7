#include "app/cli/delivery_status.hpp"

#include "util/files.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty {

namespace {

/// The process's state in /proc is T (stopped) or t (traced).
bool is_stopped(std::uint32_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!text || !*text)
    return false;
  const auto end = (*text)->rfind(") ");
  return end != std::string::npos &&
         ((*text)->compare(end + 2, 1, "T") == 0 || (*text)->compare(end + 2, 1, "t") == 0);
}

} // namespace

delivery_status query_daemon(const std::filesystem::path& home, delivery rang,
                             std::uint64_t queued) {
  delivery_status now;
  now.queued = queued;
  now.answers = rang != delivery::nobody;
  now.daemon = read_record(home);
  now.stopped = now.answers && now.daemon && is_stopped(now.daemon->process.pid);
  return now;
}

std::string delivery_status_line(const delivery_status& now, epoch_us at) {
  const std::string queued = std::to_string(now.queued) + " queued";
  if (now.answers && now.stopped)
    return "[Sync stopped: daemon process " + std::to_string(now.daemon->process.pid) +
           " is stopped] " + queued + "; continue it: kill -CONT " +
           std::to_string(now.daemon->process.pid);
  if (!now.answers && now.daemon && should_run(*now.daemon)) {
    const bool killed = now.daemon->end == daemon_end::none;
    const auto ended = killed ? now.daemon->last_sign : now.daemon->since;
    return "[Sync stopped " + duration_words(std::chrono::microseconds(at - ended)) +
           " ago: " + (killed ? "the daemon ended unexpectedly" : now.daemon->why) + "] " + queued +
           (killed ? "; start it: " : "; fix that, then start it: ") +
           "spec-kitty sync daemon start";
  }
  if (!now.answers || !now.daemon)
    return "[Offline] " + queued;
  switch (now.daemon->connection.state) {
  case connection_state::connected:
    return "[Connected]";
  case connection_state::offline_batch_mode:
    return "[Offline - Batch Mode] " + queued;
  case connection_state::offline:
  case connection_state::reconnecting:
    break;
  }
  return "[Offline] " + queued;
}

} // namespace spec_kitty
