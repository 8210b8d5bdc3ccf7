// spec-kitty clock show: the Lamport value, from the store. Reads only.
#include "app/command.hpp"
#include "app/snapshot.hpp"

#include <CLI/CLI.hpp>

namespace spec_kitty {

command_action declare_clock_show(CLI::App&) {
  return [](context& ctx) {
    const auto shot = take_snapshot(ctx);
    if (!shot)
      return ctx.fail(shot.error());
    const std::uint64_t clock = shot->queue.clock;
    const std::string& node = shot->queue.node_id;
    ctx.out.object([&](json_writer& out) {
      field(out, "value", clock);
      field(out, "node_id", node.empty() ? std::nullopt : std::optional(node));
    });
    ctx.out.line(std::to_string(clock) +
                 (node.empty() ? "  (nothing has been recorded yet)" : "  node " + node));
    return exit_status::done;
  };
}

} // namespace spec_kitty
