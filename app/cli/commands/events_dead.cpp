// spec-kitty events retry | discard | acknowledge-drops: decisions about dead letters and dropped
// events.
#include "app/cli/command.hpp"
#include "app/home/local_system.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace spec_kitty {

namespace {

struct dead_options {
  std::vector<std::string> ids;
  bool all = false;
  bool yes = false;
};

/// Whether the home has a store. Closes it again: a process opens its store once.
result<bool> has_store(const context& ctx) {
  const auto there = ctx.open_for_reading();
  return there ? result<bool>(there->has_value()) : there.error();
}

std::string joined_ids(const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids)
    text += (text.empty() ? "" : " ") + shell_word(id);
  return text;
}

exit_status acknowledge_drops(context& ctx) {
  const auto recorded = has_store(ctx);
  if (!recorded)
    return ctx.fail(recorded.error());
  drops_done done;
  if (*recorded) {
    local_system local(ctx.store_settings(), 0);
    const auto answer =
        local.ask<drops_done>(local.queue_handle(), local.patience(), drops_request{});
    local.close();
    if (!answer)
      return ctx.fail(answer.error());
    done = *answer;
  }
  ctx.out.object([&](json_writer& out) { field(out, "count", done.count); });
  ctx.out.line(done.count == 0 ? "No events were dropped."
                               : count_of(done.count, "dropped event") +
                                     " acknowledged; the count starts again");
  return exit_status::done;
}

exit_status decide_on_dead_events(context& ctx, const dead_request& request) {
  const auto recorded = has_store(ctx); // a home without a store has no dead letters
  if (!recorded)
    return ctx.fail(recorded.error());
  dead_done done;
  if (*recorded) {
    local_system local(ctx.store_settings(), 0);
    auto answer = local.ask<dead_done>(local.queue_handle(), local.patience(), request);
    local.close();
    if (!answer)
      return ctx.fail(answer.error());
    done = std::move(*answer);
  } else {
    done.unknown = request.event_ids;
  }
  if (!done.unknown.empty())
    return ctx.fail({ec::not_found,
                     done.unknown.front() + " is not a dead letter; nothing was changed",
                     "list the dead letters: spec-kitty events list --state dead"});
  ctx.out.object([&](json_writer& out) { field(out, "count", done.count); });
  const bool retry = request.what == dead_request::decision::retry;
  ctx.out.line(count_of(done.count, "dead letter") + (retry ? " queued again" : " deleted"));
  return exit_status::done;
}

} // namespace

command_action declare_events_retry(CLI::App& app) {
  auto options = std::make_shared<dead_options>();
  app.add_option("ids", options->ids, "Event ids of dead letters");
  app.add_flag("--all", options->all, "Every dead letter");
  return [options](context& ctx) {
    if (options->all != options->ids.empty())
      return ctx.fail({ec::usage, "events retry needs either event ids or --all",
                       "list the dead letters: spec-kitty events list --state dead"});
    return decide_on_dead_events(ctx, {dead_request::decision::retry, options->ids});
  };
}

command_action declare_events_acknowledge_drops(CLI::App&) {
  return [](context& ctx) { return acknowledge_drops(ctx); };
}

command_action declare_events_discard(CLI::App& app) {
  auto options = std::make_shared<dead_options>();
  app.add_option("ids", options->ids, "Event ids of dead letters")->required();
  app.add_flag("--yes", options->yes, "Confirm that the events are deleted permanently");
  return [options](context& ctx) {
    if (!options->yes)
      return ctx.fail({ec::usage, "events discard deletes events permanently",
                       "confirm with --yes, or send them again: spec-kitty events retry " +
                           joined_ids(options->ids)});
    return decide_on_dead_events(ctx, {dead_request::decision::discard, options->ids});
  };
}

} // namespace spec_kitty
