// spec-kitty sync now: one run, and its report.
#include "actors/auth/tokens.hpp"
#include "actors/queue/spill.hpp"
#include "app/cli/command.hpp"
#include "app/cli/progress.hpp"
#include "app/home/sync_system.hpp"
#include "config/older_home.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/working_line.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <unistd.h>

namespace spec_kitty {

namespace {

void write_sync_report(json_writer& out, const sync_report& report) {
  field(out, "selected", report.selected);
  field(out, "synced", report.synced);
  field(out, "duplicate", report.duplicate);
  field(out, "pending", report.pending);
  field(out, "rejected", report.rejected);
  field(out, "dead", report.dead);
  field(out, "held", report.held);
  field(out, "transient", report.transient);
  field(out, "remaining", report.remaining);
  field(out, "batches", report.batches);
  field(out, "bytes_sent", report.bytes_sent);
  field(out, "duration_ms", report.duration_ms);
  key(out, "errors");
  out.StartArray();
  for (const auto& error : report.errors) {
    out.StartObject();
    field(out, "event_id", error.event_id.empty() ? std::nullopt : std::optional(error.event_id));
    field(out, "category", error.category);
    field(out, "message", error.message);
    out.EndObject();
  }
  out.EndArray();
}

/// Why the exit status is not 0; nothing when it is. Source: docs/cli.md, Sync.
std::optional<failure> judge(const sync_report& report) {
  if (report.stopped && status_of(report.stopped->code) == exit_status::login_needed)
    return report.stopped;
  if (report.rejected + report.dead > 0)
    return failure{ec::rejected,
                   count_of(report.rejected + report.dead, "event") +
                       (report.rejected + report.dead == 1 ? " was" : " were") +
                       " refused by the server",
                   "see why with: spec-kitty events list"};
  if (report.stopped)
    return report.stopped;
  if (report.held + report.transient > 0)
    return failure{ec::transport,
                   count_of(report.held + report.transient, "event") +
                       (report.held + report.transient == 1
                            ? " has no outcome yet; it is kept"
                            : " have no outcome yet; they are kept"),
                   "run again: spec-kitty sync now"};
  return std::nullopt;
}

std::string report_line(const sync_report& report) {
  std::string text = std::to_string(report.synced + report.duplicate) + " of " +
                     count_of(report.selected, "event") + " delivered";
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0)
      text += ", " + std::to_string(count) + " " + what;
  };
  add(report.duplicate, "of them known to the server already");
  add(report.pending, "pending at the server");
  add(report.rejected, "refused (still queued)");
  add(report.dead, "refused for good (dead letters)");
  add(report.held, "held");
  add(report.transient, "without an outcome (still queued)");
  return text + "; " + std::to_string(report.remaining) + " remain";
}

/// What waits here and is not due, each with its own reason.
void note_held(context& ctx, std::uint64_t elsewhere, std::uint64_t opted_out) {
  if (elsewhere > 0)
    ctx.out.note(count_of(elsewhere, "event of another team or account is held",
                          "events of other teams or accounts are held") +
                 "; see: spec-kitty sync status");
  if (opted_out > 0)
    ctx.out.note(count_of(opted_out, "event stays", "events stay") +
                 " on this machine: its project is opted out; to share it, in its folder: "
                 "spec-kitty sync opt-in");
}

/// The report as a file for other programs: the same object that --json prints.
result<void> write_report_file(const std::string& file, const sync_report& report,
                               const std::optional<failure>& why) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ok", !why);
  if (why)
    write_error(out, *why);
  write_sync_report(out, report);
  out.EndObject();
  return replace_file(std::filesystem::absolute(file),
                      std::string(buffer.GetString(), buffer.GetSize()) + "\n");
}

exit_status finish(context& ctx, const std::string& report_file, const sync_report& report) {
  for (const auto& warning : report.warnings)
    ctx.out.warn_of("warnings of this run", warning);
  const auto why = judge(report);
  if (!report_file.empty())
    if (const auto written = write_report_file(report_file, report, why); !written)
      ctx.out.warn("the report was not written: " + written.error().message);
  if (!ctx.out.json())
    for (const auto& error : report.errors)
      if (error.category != "transient")
        ctx.out.note_of("refused events", error.event_id + ": " + error.message);
  if (report.selected > 0)
    ctx.out.line(report_line(report));
  else if (!why)
    ctx.out.line(report.held_elsewhere + report.opted_out == 0 ? "Nothing is queued."
                                                               : "No event can be sent.");
  if (!why)
    note_held(ctx, report.held_elsewhere, report.opted_out);
  if (why) {
    ctx.out.fail(*why, [&](json_writer& out) { write_sync_report(out, report); });
    return status_of(why->code);
  }
  ctx.out.object([&](json_writer& out) { write_sync_report(out, report); });
  return exit_status::done;
}

/// Nothing was ever recorded here: no home is made for it.
bool nothing_recorded(const context& ctx) {
  return !ctx.may_have_store() && spill_files(ctx.home.path).empty();
}

/// Without a server: opens the store all the same, so that spilled events are taken in and
/// clock.json is current. A failure here is not the command's: there is no server.
void ingest_spilled_events(const context& ctx) {
  local_system local(ctx.store_settings(), 0);
  (void)local.ask<clock_value>(local.queue_handle(), local.patience(), clock_question{});
  local.close();
}

result<void> check_report_file(const std::string& file) {
  std::error_code error;
  const auto folder = std::filesystem::absolute(file, error).parent_path();
  if (std::filesystem::is_directory(folder, error) && ::access(folder.c_str(), W_OK) == 0 &&
      !std::filesystem::is_directory(file, error))
    return {};
  return failure{ec::bad_input, "a report cannot be written to " + file,
                 "name a file in a folder that exists and that you may write to"};
}

/// In one actor system QUEUE opens the store and takes in what was spilled; the run counts, and
/// ends at once, without a request and a session, where nothing is queued.
result<sync_report> run_once(context& ctx) {
  if (ctx.config_problem)
    return *ctx.config_problem;
  const auto server = configured_server(ctx.config);
  const bool empty = nothing_recorded(ctx);
  if (!server) {
    if (!empty)
      ingest_spilled_events(ctx);
    return server.error();
  }
  if (empty)
    return sync_report{};
  progress_bar bar(ctx.out);
  std::optional<working_line> before_bar(std::in_place, ctx.out, "sending the events");
  sync_system system(ctx, *server, {[&](const sync_progress& at) {
                       before_bar.reset();
                       bar.show(at);
                     }});
  auto report = system.run();
  system.close();
  before_bar.reset();
  bar.clear();
  return report;
}

exit_status sync_now(context& ctx, const std::string& report_file) {
  if (!report_file.empty())
    if (auto ok = check_report_file(report_file); !ok)
      return ctx.fail(ok.error());
  const auto ran = run_once(ctx);
  sync_report report = ran ? *ran : sync_report{};
  if (!ran)
    report.stopped = ran.error();
  if (report.stopped && report.stopped->code == ec::store_corrupt)
    report.stopped = after_full_check(ctx.home.path, *report.stopped);
  return finish(ctx, report_file, report);
}

/// What a run that begins now would select. Sends nothing and changes nothing.
struct sync_plan {
  due_count due;
  std::uint64_t spilled = 0; ///< taken in when the run begins
  credentials session;
};

result<sync_plan> plan_sync(const context& ctx) {
  if (ctx.config_problem)
    return *ctx.config_problem;
  const auto server = configured_server(ctx.config);
  if (!server)
    return server.error();
  sync_plan plan;
  for (const auto& file : spill_files(ctx.home.path))
    plan.spilled += file.events;
  const auto session = read_credentials(ctx.home.path);
  if (!session)
    return session.error();
  auto store = ctx.open_for_reading();
  if (!store)
    return store.error();
  if (*store) {
    auto due = (*store)->due({*session ? (*session)->team_slug : std::string()});
    if (!due)
      return due.error();
    plan.due = *std::move(due);
  }
  if (plan.due.total + plan.spilled == 0)
    return plan;
  const auto step = next_token_step(*session, server->origin(), {}, wall_clock_now() / 1000000);
  if (step == token_step::log_in)
    return *session ? session_over(**session)
                    : failure{ec::login_required, "not logged in", "run: spec-kitty auth login"};
  if (const auto conflict = session_conflict(ctx.home.path, server->origin()))
    return failure{ec::login_required, conflict->message, conflict->remedy};
  plan.session = **session;
  return plan;
}

exit_status show_plan(context& ctx) {
  ctx.changed_nothing = true;
  const auto plan = plan_sync(ctx);
  if (!plan)
    return ctx.fail(plan.error());
  const auto& due = plan->due;
  ctx.out.object([&](json_writer& out) {
    field(out, "dry_run", true);
    field(out, "selected", due.due);
    field(out, "spilled", plan->spilled);
    field(out, "held_elsewhere", due.elsewhere);
    field(out, "opted_out", due.opted_out);
    field(out, "server_url", ctx.config.text("sync.server_url"));
    field(out, "username", plan->session.username);
    field(out, "team_slug", plan->session.team_slug);
  });
  if (due.due + plan->spilled == 0)
    ctx.out.line(due.total == 0 ? "Nothing is queued." : "No event can be sent.");
  else
    ctx.out.line(count_of(due.due + plan->spilled, "event") + " would be sent to " +
                 ctx.config.text("sync.server_url") + " as " + plan->session.username +
                 " in the team " + plan->session.team_slug + "; nothing was sent.");
  if (due.held)
    ctx.out.note("the server forbade this team when it was last asked; the run asks again");
  note_held(ctx, due.elsewhere, due.opted_out);
  return exit_status::done;
}

} // namespace

command_action declare_sync_now(CLI::App& app) {
  auto report_file = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  auto* report = app.add_option("--report", *report_file, "Write the report to this file as well")
                     ->type_name("FILE");
  app.add_flag("--dry-run", *dry_run, "Only show what would be sent")->excludes(report);
  return [report_file, dry_run](context& ctx) {
    return *dry_run ? show_plan(ctx) : sync_now(ctx, *report_file);
  };
}

} // namespace spec_kitty
