#include "app/cli/autostart.hpp"

#include "app/daemon/lock.hpp"
#include "app/daemon/starting.hpp"
#include "config/credentials.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

/// After a daemon has failed, the next emits do not start another at once.
constexpr std::chrono::microseconds pause_after_failure = 60s;

/// The time of the last start attempt: that of the lock file, for a daemon that fails may be unable
/// to write anything.
epoch_us last_start_attempt(const std::filesystem::path& home) {
  struct stat found {};
  if (::stat(daemon_lock(home).c_str(), &found) != 0)
    return 0;
  return epoch_us{found.st_mtim.tv_sec} * 1'000'000 + found.st_mtim.tv_nsec / 1000;
}

result<void> record_start_attempt(const std::filesystem::path& home) {
  const auto file = open_regular(daemon_lock(home), O_RDWR | O_CREAT, last_link::refuse);
  if (!file)
    return file.error();
  if (::futimens(file->get(), nullptr) != 0)
    return system_failure(errno, "cannot touch " + daemon_lock(home).string());
  return {};
}

/// The last daemon failed, or did not start, a moment ago.
bool failed_recently(const std::filesystem::path& home, const std::optional<daemon_record>& last) {
  const auto is_recent = [now = wall_clock_now()](epoch_us time) {
    return now - time < pause_after_failure.count();
  };
  if (last && last->end == daemon_end::failed && is_recent(last->since))
    return true;
  const auto attempt = last_start_attempt(home);
  return is_recent(attempt) && (!last || last->since < attempt);
}

bool wants_daemon(const context& ctx, const delivery_status& now) {
  if (now.answers || !ctx.config.flag("sync.autostart") ||
      ctx.config.text("sync.server_url").empty() || failed_recently(ctx.home.path, now.daemon))
    return false;
  const auto session = read_credentials(ctx.home.path);
  return session && session->has_value();
}

} // namespace

void print_delivery_status(context& ctx, const delivery_status& now) {
  if (!wants_daemon(ctx, now))
    return ctx.out.note(delivery_status_line(now, wall_clock_now()));
  auto started = record_start_attempt(ctx.home.path);
  if (started)
    if (const auto child = spawn_daemon(ctx.home.path, -1); !child)
      started = child.error();
  if (!started) {
    ctx.out.warn("the daemon could not be started: " + started.error().message);
    return ctx.out.note(delivery_status_line(now, wall_clock_now()));
  }
  ctx.out.note("[Offline] " + std::to_string(now.queued) + " queued; starting the daemon");
}

void print_delivery_status(context& ctx, const emit_outcome& emitted) {
  print_delivery_status(ctx, query_daemon(ctx.home.path, emitted.rang, emitted.queued));
}

} // namespace spec_kitty
