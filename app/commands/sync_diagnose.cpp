// spec-kitty sync diagnose: every event of this home, held against the contract.
#include "app/command.hpp"
#include "messages/validate.hpp"

#include <CLI/CLI.hpp>

namespace spec_kitty {

namespace {

struct diagnosis {
  std::uint64_t total = 0;
  std::uint64_t invalid = 0;
};

exit_status diagnose(context& ctx) {
  json_buffer buffer;
  json_writer results(buffer);
  results.StartArray();
  diagnosis said;
  auto where = ctx.open_for_reading();
  if (!where)
    return ctx.fail(where.error());
  const auto look = [&](const listed_event& entry) {
    const auto event = parse_json(entry.json);
    const auto wrong = event ? validate_event(*event) : std::nullopt;
    const std::string words = !event ? event.error().message : wrong ? wrong->message() : "";
    const std::string id = event ? text_of(*event, "event_id").value_or("") : "";
    ++said.total;
    said.invalid += words.empty() ? 0U : 1U;
    if (!words.empty())
      ctx.out.line(id + "  " + std::string(to_string(entry.state)) + "  " + words);
    if (!ctx.out.json())
      return true;
    results.StartObject();
    field(results, "event_id", id);
    field(results, "event_type", event ? text_of(*event, "event_type").value_or("") : "");
    field(results, "state", to_string(entry.state));
    field(results, "valid", words.empty());
    field(results, "error", words.empty() ? std::nullopt : std::optional(words));
    results.EndObject();
    return true;
  };
  if (*where) {
    if (auto done = (*where)->list(ctx.session_team(), look, wall_clock_now()); !done)
      return ctx.fail(done.error());
  }
  results.EndArray();
  const auto fields = [&](json_writer& out) {
    field(out, "total", said.total);
    field(out, "valid", said.total - said.invalid);
    field(out, "invalid", said.invalid);
    raw_field(out, "results", {buffer.GetString(), buffer.GetSize()});
  };
  ctx.out.line(std::to_string(said.total - said.invalid) + " of " + std::to_string(said.total) +
               " events meet the contract");
  if (said.invalid > 0) {
    const failure why{ec::unhealthy,
                      std::to_string(said.invalid) + " events do not meet the contract",
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
