// spec-kitty sync diagnose: validates every event of this home against the schema.
#include "app/cli/command.hpp"
#include "app/cli/looks.hpp"
#include "messages/custom_types.hpp"
#include "messages/validate.hpp"
#include "util/text.hpp"
#include "util/working_line.hpp"

#include <CLI/CLI.hpp>

namespace spec_kitty {

namespace {

constexpr std::string_view host_note = "the payload was not validated: only the program that "
                                       "recorded it has the schema of this event type";

struct diagnosis {
  std::uint64_t total = 0;
  std::uint64_t invalid = 0;
  std::string first_invalid;  ///< id
  std::uint64_t of_hosts = 0; ///< valid, except that the payload was not checked
};

std::string summary(const diagnosis& report) {
  std::string text = std::to_string(report.total - report.invalid) + " of " +
                     count_of(report.total, "event") + " valid";
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
  text_table rows(ctx.out, {"ID", "STATE", "PROBLEM"});
  working_line line(ctx.out, "checking the events", "event");
  auto store = ctx.open_for_reading(looked_through::always);
  if (!store)
    return ctx.fail(store.error());
  const auto examine_event = [&](const listed_event& entry) {
    const auto event = parse_json(entry.json);
    const std::string type = event ? text_of(*event, "event_type").value_or("") : "";
    const auto wrong = event ? validate_foreign_type(*event) : std::nullopt;
    const std::string words = !event ? event.error().message : wrong ? wrong->message() : "";
    const std::string id = event ? text_of(*event, "event_id").value_or("") : "";
    const bool of_host = words.empty() && is_custom_type_name(type);
    ++report.total;
    if (!words.empty() && ++report.invalid == 1)
      report.first_invalid = id;
    report.of_hosts += of_host ? 1U : 0U;
    if (!words.empty() || of_host)
      rows.add({{id, style::plain},
                {std::string(to_string(entry.state)), style_of_state(to_string(entry.state))},
                {of_host ? type + ": " + std::string(host_note) : words, style::plain}});
    line.count(report.total);
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
  if (*store) {
    if (auto done = (*store)->list(ctx.session_team(), examine_event, wall_clock_now()); !done)
      return ctx.fail(done.error());
  }
  results.EndArray();
  rows.print();
  const auto fields = [&](json_writer& out) {
    field(out, "total", report.total);
    field(out, "valid", report.total - report.invalid);
    field(out, "invalid", report.invalid);
    raw_field(out, "results", {buffer.GetString(), buffer.GetSize()});
  };
  ctx.out.line(summary(report));
  if (report.invalid > 0) {
    const failure why{ec::unhealthy,
                      count_of(report.invalid, "event is", "events are") + " invalid",
                      "the server will refuse them; show one: spec-kitty events show " +
                          shell_word(report.first_invalid)};
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
