#include "app/cli/commands/approval.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/prompt.hpp"
#include "util/sha256.hpp"

#include <unistd.h>

namespace spec_kitty {

namespace {

namespace wf = workflow;
namespace ot = orchestrate;

constexpr const char* trust_command = "spec-kitty orchestrate --trust";

bool can_ask(const context& ctx) {
  return !ctx.out.json() && !ctx.out.quiet() && ::isatty(STDIN_FILENO) != 0 &&
         ::isatty(STDOUT_FILENO) != 0;
}

/// Shows all of it and asks.
bool is_agreed(context& ctx, const ot::approvable& what) {
  for (const auto& line : ot::lines_of(what))
    ctx.out.line(line);
  ctx.out.flush();
  const auto answer = prompt("Let agents be run as this says? [y/N] ", true, trust_command);
  return answer && (*answer == "y" || *answer == "yes");
}

failure not_approved(const std::string& why) {
  return {ec::blocked, why, trust_command};
}

void write_approval(json_writer& out, const ot::approvable& what, bool was_approved) {
  field(out, "path", what.file.string());
  field(out, "text", wf::as_utf8(what.text));
  key(out, "programs");
  out.StartArray();
  for (const auto& program : what.programs) {
    out.StartObject();
    field(out, "name", program.name);
    field(out, "path", wf::as_utf8(program.path.string()));
    field(out, "sha256", program.bytes ? std::optional(sha256_hex(*program.bytes)) : std::nullopt);
    out.EndObject();
  }
  out.EndArray();
  field(out, "approved", true);
  field(out, "was_approved", was_approved);
}

} // namespace

result<work_done> trust_agents(context& ctx, const wf::repository& repo) {
  if (ctx.no_home) // nothing can be remembered
    return *ctx.no_home;
  auto what = ot::read_approvable(repo);
  if (!what)
    return what.error();
  work_done done;
  const bool was_approved = ot::is_approved(ctx.home.path, *what);
  const bool asks = !was_approved && can_ask(ctx);
  if (asks && !is_agreed(ctx, *what))
    return not_approved("not approved: no agent is run from " + what->file.string());
  const auto lines = asks ? std::vector<std::string>{} : ot::lines_of(*what);
  done.lines.assign(lines.begin(), lines.end());
  if (!was_approved)
    if (auto approved = ot::approve(ctx.home.path, repo, *what); !approved)
      return approved.error();
  done.lines.push_back(was_approved ? "approved before" : "approved");
  done.fields = [what = std::move(*what), was_approved](json_writer& out) {
    write_approval(out, what, was_approved);
  };
  return done;
}

result<ot::approvable> approved_agents(context& ctx, const wf::repository& repo) {
  auto what = ot::read_approvable(repo);
  if (!what || (!ctx.no_home && ot::is_approved(ctx.home.path, *what)))
    return what;
  if (can_ask(ctx)) {
    if (!is_agreed(ctx, *what))
      return not_approved("not approved: no agent is run from " + what->file.string());
    const auto kept =
        ctx.no_home ? result<void>(*ctx.no_home) : ot::approve(ctx.home.path, repo, *what);
    if (!kept)
      ctx.out.warn(kept.error().message + "; the approval holds for this run alone");
    return what;
  }
  const std::string why = what->file.string() +
                          " is not approved: it, or a program that it names, is new or has changed";
  if (ctx.no_home)
    return failure{ec::blocked,
                   why + ", and no approval can be remembered: " + ctx.no_home->message,
                   ctx.no_home->hint};
  return not_approved(why);
}

} // namespace spec_kitty
