// spec-kitty events import: imports events that another home exported, an overflow file, or an
// older queue.
#include "actors/queue/overflow.hpp"
#include "app/cli/command.hpp"
#include "app/cli/import/event_import.hpp"
#include "app/home/redaction_terms.hpp"
#include "messages/protocol.hpp"
#include "util/scratch_folder.hpp"
#include "util/text.hpp"
#include "util/working_line.hpp"

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

namespace spec_kitty {

namespace {

/// The input is read twice, so stdin is first copied to a file.
result<void> copy_stdin(const std::filesystem::path& file) {
  const unique_fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  std::array<char, 65536> chunk{};
  for (;;) {
    const auto got = fd ? ::read(STDIN_FILENO, chunk.data(), chunk.size()) : -1;
    if (got < 0 && fd && errno == EINTR)
      continue;
    if (got == 0)
      return {};
    for (ssize_t at = 0; got > 0 && at < got;) {
      const auto written = ::write(fd.get(), chunk.data() + at, static_cast<std::size_t>(got - at));
      if (written <= 0)
        return system_failure(errno, "cannot copy the input to " + file.string());
      at += written;
    }
    if (got < 0)
      return system_failure(errno, "cannot copy the input to " + file.string());
  }
}

void write_import_report(json_writer& out, const import_report& report) {
  const auto list = [&](const char* name, bool conflicts) {
    key(out, name);
    out.StartArray();
    for (const auto& problem : report.problems) {
      if (problem.conflict != conflicts)
        continue;
      out.StartObject();
      field(out, "line", problem.number);
      field(out, "event_id",
            problem.event_id.empty() ? std::nullopt : std::optional(problem.event_id));
      field(out, "message", problem.message);
      out.EndObject();
    }
    out.EndArray();
  };
  const auto conflicts = std::count_if(report.problems.begin(), report.problems.end(),
                                       [](const auto& problem) { return problem.conflict; });
  field(out, "imported", report.imported);
  field(out, "skipped", report.skipped);
  field(out, "restamped", report.restamped);
  field(out, "invalid", report.problems.size() - static_cast<std::size_t>(conflicts));
  list("conflicts", true);
  list("errors", false);
}

/// Prints each event that was not imported, and the counts.
void print_import(context& ctx, const import_report& report, bool failed) {
  if (ctx.out.json())
    return;
  for (const auto& problem : report.problems)
    ctx.out.warn_of("events that were not imported",
                    report.unit + " " + std::to_string(problem.number) +
                        (problem.event_id.empty() ? "" : ", " + problem.event_id) + ": " +
                        problem.message);
  if (report.imported + report.skipped + report.problems.size() == 0 && failed)
    return;
  ctx.out.line(count_of(report.imported, "event") + " imported, " + std::to_string(report.skipped) +
               " were already here");
  if (report.restamped > 0)
    ctx.out.line(std::to_string(report.restamped) +
                 " of them got a new clock value because theirs was already in use here");
}

/// Reports a failure with the counts so far.
exit_status fail(context& ctx, const failure& why, const import_report& report) {
  print_import(ctx, report, true);
  ctx.out.fail(why, [&](json_writer& out) { write_import_report(out, report); });
  return status_of(why.code);
}

exit_status import_file(context& ctx, const std::string& given) {
  scratch_folder scratch;
  import_options options;
  options.file = given;
  options.name = given;
  if (given == "-") {
    options.name = "the input";
    auto kept = scratch.make();
    if (kept)
      kept = copy_stdin(options.file = scratch.path() / "input");
    if (!kept)
      return ctx.fail(kept.error());
  }
  const auto session = read_credentials(ctx.home.path);
  options.words = redaction_terms_for(session ? *session : std::nullopt);
  options.max_event_bytes =
      static_cast<std::size_t>(ctx.config.number("sync.batch_bytes")) - protocol::batch_frame_bytes;

  // Checked before QUEUE creates a store for it.
  if (const auto readable = open_source(options.file, options.name); !readable)
    return ctx.fail(readable.error());
  import_report report;
  std::optional<working_line> line(std::in_place, ctx.out, "importing " + options.name, "event");
  options.progress = [&](std::uint64_t count) { line->count(count); };
  const auto done = event_import(ctx.store_settings(), options).run(report);
  line.reset();
  if (!done)
    return fail(ctx, done.error(), report);
  if (!report.problems.empty())
    return fail(
        ctx,
        {ec::invalid_event,
         count_of(report.problems.size(), "event") + " of " + options.name +
             (report.problems.size() == 1 ? " was" : " were") + " not imported; the others were",
         "fix them in the file and import it again: events that are already here are skipped"},
        report);
  if (given != "-")
    if (const auto moved = note_imported(ctx.home.path, options.file); !moved)
      ctx.out.warn(moved.error().message + "; the events were imported nevertheless");
  print_import(ctx, report, false);
  ctx.out.object([&](json_writer& out) { write_import_report(out, report); });
  return exit_status::done;
}

} // namespace

command_action declare_events_import(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  app.add_option("file", *file, "JSON lines, gzip of them, an older queue.db, or - for stdin")
      ->required();
  return [file](context& ctx) { return import_file(ctx, *file); };
}

} // namespace spec_kitty
