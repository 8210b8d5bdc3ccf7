// spec-kitty sync repair: puts a whole store in the place of a damaged one, and names what is lost.
#include "app/cli/command.hpp"
#include "app/daemon/starting.hpp"
#include "app/home/store_check.hpp"
#include "config/home_check.hpp"
#include "messages/payloads.hpp"
#include "util/text.hpp"
#include "util/working_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>

namespace spec_kitty {

namespace {

constexpr std::size_t max_named = 20; ///< on a terminal; all of them are in lost.json

std::string count_of_events(std::uint64_t count) {
  return count_of(count, "event");
}

void name_what_is_lost(context& ctx, const repair_done& done) {
  for (std::size_t i = 0; i < std::min(done.lost.size(), max_named); ++i)
    ctx.out.line("lost: " + done.lost[i]);
  if (done.lost.size() > max_named)
    ctx.out.line("lost: " + count_of_events(done.lost.size() - max_named) + " more");
  const std::string others = "of the node " + done.node_id + ", with clock values up to " +
                             std::to_string(done.clock) + ", that were not sent";
  if (done.unknown)
    ctx.out.line("lost: any other events " + others + "; how many cannot be read");
  else if (done.unnamed > 0)
    ctx.out.line("lost: up to " + count_of_events(done.unnamed) +
                 " more, whose ids cannot be read: " + others);
  if (done.found_again > 0)
    ctx.out.note(count_of_events(done.found_again) +
                 " were found in places that no table leads to; some may have been sent before, "
                 "and the server knows them by their ids");
}

void name_what_is_held(context& ctx, const repair_done& done) {
  for (const auto& project : done.held_projects)
    ctx.out.line("held: the events of the project " + project +
                 ", whose choice to share them is lost; to share them, in its folder run: "
                 "spec-kitty sync opt-in");
}

exit_status repair(context& ctx) {
  if (auto ok = check_trusted(ctx.home.path); !ok)
    return ctx.fail(ok.error());
  if (const auto stopped = stop_daemon(ctx.home.path); !stopped)
    return ctx.fail(stopped.error());
  std::optional<working_line> line(std::in_place, ctx.out, "repairing the store");
  const auto done = repair_store(ctx.home.path, ctx.store_settings().busy_timeout);
  line.reset();
  if (!done)
    return ctx.fail(done.error());
  if (done->was_damaged) {
    ctx.out.line("The store is repaired: " + count_of_events(done->events) + " and " +
                 count_of(done->dead, "dead letter") + " could be read.");
    name_what_is_lost(ctx, *done);
    name_what_is_held(ctx, *done);
    ctx.out.line("The damaged store is kept in " + done->kept_in.string() +
                 "; lost.json there names what is lost.");
  } else {
    ctx.out.line("The store is not damaged.");
  }
  ctx.out.object([&](json_writer& out) {
    field(out, "repaired", done->was_damaged);
    field(out, "events", done->events);
    field(out, "dead", done->dead);
    field(out, "found_again", done->found_again);
    payload_detail::write(out, "lost", done->lost);
    field(out, "unnamed", done->unnamed);
    field(out, "unknown", done->unknown);
    field(out, "clock", done->clock);
    field(out, "node_id", done->node_id);
    payload_detail::write(out, "held_projects", done->held_projects);
    field(out, "kept_in", done->was_damaged ? std::optional(done->kept_in.string()) : std::nullopt);
  });
  return exit_status::done;
}

} // namespace

command_action declare_sync_repair(CLI::App&) {
  return repair;
}

} // namespace spec_kitty
