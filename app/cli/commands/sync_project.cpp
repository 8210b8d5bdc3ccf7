// spec-kitty sync opt-out | opt-in: whether this project's events leave this machine.
#include "app/cli/command.hpp"
#include "app/home/local_system.hpp"
#include "config/project.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

namespace spec_kitty {

namespace {

result<project_identity> require_project_here() {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  if (error)
    return failure{ec::bad_input, "the current folder cannot be read: " + error.message(), {}};
  auto project = read_project(here, project_use::decide);
  if (project.key.empty())
    return failure{
        ec::not_found,
        here.string() +
            " is not in a project: it has neither a git repository nor a .kittify folder",
        "run the command in the project's folder; sync.project_default decides for all "
        "other projects"};
  return project;
}

project_request request_for(const project_identity& project, bool share) {
  using decision = project_request::decision;
  return {project.key, project.name, share ? decision::share : decision::keep, project.aliases,
          project.parent};
}

exit_status decide_on_sharing(context& ctx, bool share) {
  const auto project = require_project_here();
  if (!project)
    return ctx.fail(project.error());
  if (!project->warning.empty())
    ctx.out.warn(project->warning);
  local_system local(ctx.store_settings(), 0);
  const auto done =
      local.ask<project_done>(local.queue_handle(), local.patience(), request_for(*project, share));
  local.close();
  if (!done)
    return ctx.fail(done.error());
  ctx.out.object([&](json_writer& out) {
    field(out, "project", project->name);
    field(out, "project_uuid", project->uuid);
    field(out, "shared", share);
    field(out, "changed", done->changed);
    field(out, "events", done->events);
  });
  const std::string waiting = count_of(done->events, "waiting event");
  ctx.out.line(
      share
          ? "Events of " + project->name + " are shared; " + "with the next sync: " + waiting + "."
          : "Events of " + project->name + " stay on this machine; " + "held: " + waiting + ".");
  if (!share && done->leased > 0)
    ctx.out.warn("already being sent, and may still arrive: " + count_of(done->leased, "event"));
  return exit_status::done;
}

} // namespace

command_action declare_sync_opt_out(CLI::App&) {
  return [](context& ctx) { return decide_on_sharing(ctx, false); };
}

command_action declare_sync_opt_in(CLI::App&) {
  return [](context& ctx) { return decide_on_sharing(ctx, true); };
}

} // namespace spec_kitty
