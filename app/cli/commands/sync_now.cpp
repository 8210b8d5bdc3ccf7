// spec-kitty sync now: one run, and its report.
#include "actors/queue/spill.hpp"
#include "app/cli/command.hpp"
#include "app/cli/progress.hpp"
#include "app/home/sync_system.hpp"
#include "util/files.hpp"

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
                   std::to_string(report.rejected + report.dead) +
                       " events were refused by the server",
                   "see why with: spec-kitty events list"};
  if (report.stopped)
    return report.stopped;
  if (report.held + report.transient > 0)
    return failure{ec::transport,
                   std::to_string(report.held + report.transient) +
                       " events have no outcome yet; they are kept",
                   "run again: spec-kitty sync now"};
  return std::nullopt;
}

std::string report_line(const sync_report& report) {
  std::string text = std::to_string(report.synced + report.duplicate) + " of " +
                     std::to_string(report.selected) + " events delivered";
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
    ctx.out.line(report.held_elsewhere == 0 ? "Nothing is queued." : "No event can be sent.");
  if (!why && report.held_elsewhere > 0)
    ctx.out.note(std::to_string(report.held_elsewhere) +
                 " events of other teams or accounts are held; see: spec-kitty sync status");
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
  sync_system system(ctx, *server, {[&](const sync_progress& at) { bar.show(at); }});
  auto report = system.run();
  system.close();
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

} // namespace

command_action declare_sync_now(CLI::App& app) {
  auto report_file = std::make_shared<std::string>();
  app.add_option("--report", *report_file, "Write the report to this file as well")
      ->type_name("FILE");
  return [report_file](context& ctx) { return sync_now(ctx, *report_file); };
}

} // namespace spec_kitty
