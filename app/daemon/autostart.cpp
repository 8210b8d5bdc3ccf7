#include "app/daemon/autostart.hpp"

#include "app/daemon/starting.hpp"
#include "config/credentials.hpp"

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

/// After a daemon has failed, the next emits do not start another at once.
constexpr std::chrono::microseconds rest_after_failure = 60s;

bool wants_daemon(const context& ctx, const standing& now) {
  if (now.answers || !ctx.config.flag("sync.autostart") ||
      ctx.config.text("sync.server_url").empty())
    return false;
  if (now.daemon && now.daemon->end == daemon_end::failed &&
      wall_clock_now() - now.daemon->since < rest_after_failure.count())
    return false;
  const auto session = read_credentials(ctx.home.path);
  return session && session->has_value();
}

} // namespace

void say_standing(context& ctx, const standing& now) {
  if (!wants_daemon(ctx, now))
    return ctx.out.note(standing_line(now, wall_clock_now()));
  const auto started = spawn_daemon(ctx.home.path, -1);
  if (!started)
    ctx.out.warn("the daemon could not be started: " + started.error().message);
  ctx.out.note("[Offline] " + std::to_string(now.queued) + " queued; starting the daemon");
}

} // namespace spec_kitty
