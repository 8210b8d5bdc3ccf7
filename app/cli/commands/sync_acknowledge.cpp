// spec-kitty sync acknowledge-loss: a person has seen that a log of the server was taken back.
#include "app/cli/command.hpp"
#include "app/cli/looks.hpp"
#include "app/home/local_system.hpp"
#include "app/home/taken_back.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace spec_kitty {

namespace {

/// What waits to be acknowledged. Closes the store again: a process opens it once.
result<std::vector<taken_back>> taken_back_logs(const context& ctx) {
  auto there = ctx.open_for_reading();
  if (!there)
    return there.error();
  if (!*there)
    return std::vector<taken_back>{};
  auto stats = (*there)->stats();
  if (!stats)
    return stats.error();
  return std::move(stats->taken_back_logs);
}

exit_status acknowledge_loss(context& ctx) {
  const auto logs = taken_back_logs(ctx);
  if (!logs)
    return ctx.fail(logs.error());
  taken_back_done done;
  if (!logs->empty()) {
    local_system local(ctx.store_settings(), 0);
    const auto answer = local.ask<taken_back_done>(local.queue_handle(), local.patience(),
                                                   acknowledge_taken_back{});
    local.close();
    if (!answer)
      return ctx.fail(answer.error());
    done = *answer;
  }
  ctx.out.object([&](json_writer& out) { field(out, "count", done.count); });
  if (logs->empty())
    ctx.out.line("No log of a server was taken back.");
  for (const taken_back& log : *logs)
    ctx.out.line("acknowledged: the log of team " + log.team_slug + " at " + log.origin +
                 " was taken back on " + shown_time(ctx, log.at));
  return exit_status::done;
}

} // namespace

command_action declare_sync_acknowledge_loss(CLI::App&) {
  return [](context& ctx) { return acknowledge_loss(ctx); };
}

} // namespace spec_kitty
