#include "app/home/snapshot.hpp"

#include "actors/queue/overflow.hpp"
#include "actors/queue/spill.hpp"

namespace spec_kitty {

std::string_view to_string(session_state state) {
  switch (state) {
  case session_state::logged_out:
    return "logged_out";
  case session_state::expired:
    return "expired";
  case session_state::authenticated:
    return "authenticated";
  }
  return "logged_out";
}

snapshot snapshot_without_store(const home_view& view) {
  snapshot shot;
  shot.taken_at = wall_clock_now();
  const auto session = read_credentials(view.home.path);
  if (!session)
    shot.session_problem = session.error().message;
  else
    shot.session = *session;
  if (shot.session)
    shot.session_is = shot.session->access_expires_at > shot.taken_at / 1000000
                          ? session_state::authenticated
                          : session_state::expired;

  for (const auto& file : spill_files(view.home.path))
    shot.spilled += file.events;
  for (const auto& file : overflow_files(view.home.path))
    shot.overflowed += file.events;
  return shot;
}

result<snapshot> take_snapshot(const home_view& view) {
  snapshot shot = snapshot_without_store(view);
  auto where = view.open_for_reading();
  if (!where)
    return where.error();
  if (!*where)
    return shot;
  shot.home_exists = true;
  auto stats = (*where)->stats();
  if (!stats)
    return stats.error();
  shot.queue = std::move(*stats);

  const std::string team = shot.session ? shot.session->team_slug : std::string();
  for (const auto& share : shot.queue.teams) {
    const bool foreign = !team.empty() && share.slug != team;
    if (share.slug == local_team || foreign || !share.hold_reason.empty()) {
      shot.held += share.live;
      continue;
    }
    const std::uint64_t open = share.live - share.opted_out;
    const std::uint64_t leased = std::min(open, share.leased);
    shot.held += share.opted_out;
    shot.leased += leased;
    shot.queued += open - leased;
  }
  if (shot.queue.oldest_at > 0)
    shot.oldest_age_s = static_cast<std::uint64_t>(
        std::max<epoch_us>(0, shot.taken_at - shot.queue.oldest_at) / 1000000);
  return shot;
}

void write_age(json_writer& out, std::string_view name, const std::optional<std::uint64_t>& age) {
  key(out, name);
  if (age)
    out.Uint64(*age);
  else
    out.Null();
}

void write_instant(json_writer& out, std::string_view name, epoch_us instant) {
  field(out, name, instant == 0 ? std::nullopt : std::optional(format_timestamp(instant)));
}

} // namespace spec_kitty
