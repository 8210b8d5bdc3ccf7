// spec-kitty sync diagnose: every event of this home, held against the contract.
#include "app/cli/command.hpp"
#include "messages/custom_types.hpp"
#include "messages/validate.hpp"

#include <CLI/CLI.hpp>

namespace spec_kitty {

namespace {

constexpr std::string_view host_note = "the payload was not judged: the schema of this event type "
                                       "is with the program that recorded it";

struct diagnosis {
  std::uint64_t total = 0;
  std::uint64_t invalid = 0;
  std::uint64_t of_hosts = 0; ///< valid, as far as can be seen here
};

std::string summary(const diagnosis& report) {
  std::string text = std::to_string(report.total - report.invalid) + " of " +
                     std::to_string(report.total) + " events meet the contract";
  if (report.of_hosts > 0)
    text +=
        " (" + std::to_string(report.of_hosts) + " with payloads of a host program's own types)";
  return text;
}

exit_status diagnose(context& ctx) {
  json_buffer buffer;
  json_writer results(buffer);
  results.StartArray();
  diagnosis report;
  auto where = ctx.open_for_reading();
  if (!where)
    return ctx.fail(where.error());
  const auto look = [&](const listed_event& entry) {
    const auto event = parse_json(entry.json);
    const std::string type = event ? text_of(*event, "event_type").value_or("") : "";
    const auto wrong = event ? validate_foreign_type(*event) : std::nullopt;
    const std::string words = !event ? event.error().message : wrong ? wrong->message() : "";
    const std::string id = event ? text_of(*event, "event_id").value_or("") : "";
    const bool of_host = words.empty() && is_custom_type_name(type);
    ++report.total;
    report.invalid += words.empty() ? 0U : 1U;
    report.of_hosts += of_host ? 1U : 0U;
    if (!words.empty() || of_host)
      ctx.out.line(id + "  " + std::string(to_string(entry.state)) + "  " +
                   (of_host ? type + ": " + std::string(host_note) : words));
    if (!ctx.out.json())
      return true;
    results.StartObject();
    field(results, "event_id", id);
    field(results, "event_type", type);
    field(results, "state", to_string(entry.state));
    field(results, "valid", words.empty());
    field(results, "error", words.empty() ? std::nullopt : std::optional(words));
    if (of_host)
      field(results, "note", host_note);
    results.EndObject();
    return true;
  };
  if (*where) {
    if (auto done = (*where)->list(ctx.session_team(), look, wall_clock_now()); !done)
      return ctx.fail(done.error());
  }
  results.EndArray();
  const auto fields = [&](json_writer& out) {
    field(out, "total", report.total);
    field(out, "valid", report.total - report.invalid);
    field(out, "invalid", report.invalid);
    raw_field(out, "results", {buffer.GetString(), buffer.GetSize()});
  };
  ctx.out.line(summary(report));
  if (report.invalid > 0) {
    const failure why{ec::unhealthy,
                      std::to_string(report.invalid) + " events do not meet the contract",
                      "the server will refuse them; see each with: spec-kitty events show ID"};
    ctx.out.fail(why, fields);
    return status_of(why.code);
  }
  ctx.out.object(fields);
  return exit_status::done;
}

} // namespace

command_action declare_sync_diagnose(CLI::App&) {
  return [](context& ctx) { return diagnose(ctx); };
}

} // namespace spec_kitty
