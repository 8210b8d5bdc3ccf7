// spec-kitty sync doctor: diagnoses this installation and suggests fixes.
#include "app/cli/command.hpp"
#include "app/cli/examine.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

void write_findings(json_writer& out, const std::vector<finding>& findings) {
  key(out, "findings");
  out.StartArray();
  for (const auto& found : findings) {
    out.StartObject();
    field(out, "id", found.id);
    field(out, "severity", to_string(found.level));
    field(out, "message", found.message);
    field(out, "remedy",
          found.remedy.empty() ? std::nullopt : std::optional(shown_hint(found.remedy)));
    out.EndObject();
  }
  out.EndArray();
}

exit_status doctor(context& ctx) {
  const auto findings = judge(examine(ctx));
  for (const auto& found : findings) {
    ctx.out.line(std::string(to_string(found.level)) + ": " + found.message);
    if (!found.remedy.empty())
      ctx.out.lines("  " + shown_hint(found.remedy));
  }
  const auto errors = std::count_if(findings.begin(), findings.end(), [](const auto& found) {
    return found.level == severity::error;
  });
  const auto fields = [&](json_writer& out) { write_findings(out, findings); };
  if (errors > 0) {
    const failure why{ec::unhealthy,
                      count_of(static_cast<std::uint64_t>(errors), "problem") + " found",
                      errors == 1 ? "see the fix above" : "see the fixes above"};
    ctx.out.fail(why, fields);
    return status_of(why.code);
  }
  ctx.out.line(findings.empty() ? "No problems found." : "No errors found.");
  ctx.out.object(fields);
  return exit_status::done;
}

} // namespace

command_action declare_sync_doctor(CLI::App&) {
  return doctor;
}

} // namespace spec_kitty
