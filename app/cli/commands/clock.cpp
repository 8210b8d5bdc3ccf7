// spec-kitty clock …: the Lamport value, from the store; and the server's, merged.
#include "actors/clock/foreign_mirror.hpp"
#include "app/cli/command.hpp"
#include "app/home/local_system.hpp"
#include "app/home/node_notice.hpp"
#include "app/home/snapshot.hpp"
#include "app/home/sync_system.hpp"
#include "config/older_home.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

/// The value that the next event here comes after: clock.json may be ahead of the store, where the
/// older tool counts in this home too, or the store was lost.
std::uint64_t with_mirror(const std::filesystem::path& home, std::uint64_t value,
                          const std::string& node) {
  const auto mirror = read_mirror(home);
  auto ahead = value_to_recover(mirror, value, node);
  if (!ahead)
    ahead = value_to_inherit(mirror, value, node);
  return std::max(value, ahead.value_or(0));
}

} // namespace

command_action declare_clock_show(CLI::App&) {
  return [](context& ctx) {
    const auto shot = take_snapshot(ctx);
    if (!shot)
      return ctx.fail(shot.error());
    const std::string& node = shot->queue.node_id;
    const std::uint64_t clock = with_mirror(ctx.home.path, shot->queue.clock, node);
    for (const auto& conflict : clock_conflicts(ctx.home.path, node))
      if (!node.empty()) // before there is a store, the next event takes the value over
        ctx.out.warn(conflict.message);
    ctx.out.object([&](json_writer& out) {
      field(out, "value", clock);
      field(out, "node_id", node.empty() ? std::nullopt : std::optional(node));
    });
    ctx.out.line(std::to_string(clock) +
                 (node.empty() ? "  (nothing has been recorded yet)" : "  node " + node));
    return exit_status::done;
  };
}

command_action declare_clock_renew(CLI::App&) {
  return [](context& ctx) {
    auto options = ctx.store_settings();
    options.renew_node = true;
    node_notice renewed;
    options.on_new_node = [&](const node_change& change) { renewed.put(change); };
    local_system local(options, 0);
    const auto value =
        local.ask<clock_value>(local.queue_handle(), local.patience(), clock_question{});
    local.close();
    if (!value)
      return ctx.fail(value.error());
    const auto change = renewed.take();
    ctx.out.object([&](json_writer& out) {
      field(out, "value", value->value);
      field(out, "node_id", change ? std::optional(change->now) : std::nullopt);
      field(out, "former_node_id", change ? std::optional(change->before) : std::nullopt);
    });
    if (change)
      ctx.out.line(std::to_string(value->value) + "  node " + change->now + ", before " +
                   change->before);
    return exit_status::done;
  };
}

command_action declare_clock_reconcile(CLI::App&) {
  return [](context& ctx) {
    const auto server = configured_server(ctx.config);
    if (!server)
      return ctx.fail(server.error());
    sync_system system(ctx, *server);
    const auto done = system.reconcile();
    system.close();
    if (!done)
      return ctx.fail(done.error());
    ctx.out.object([&](json_writer& out) {
      field(out, "value", done->clock);
      field(out, "restamped", done->restamped);
    });
    ctx.out.line(std::to_string(done->clock) + "  (" + count_of(done->restamped, "waiting event") +
                 " with a new stamp)");
    return exit_status::done;
  };
}

} // namespace spec_kitty
