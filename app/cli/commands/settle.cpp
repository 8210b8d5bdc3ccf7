// spec-kitty agent tasks settle: settles what interrupted commands left in this repository.
#include "app/cli/command.hpp"
#include "app/cli/work_change.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;

struct settle_options {
  std::string record;
  std::string drop;
};

std::string sentence_of(const wf::settled_intent& settled) {
  const std::string command =
      settled.command.empty() ? std::string() : " (" + wf::as_utf8(settled.command) + ")";
  const std::string events =
      settled.events == 0 ? std::string() : ", " + count_of(settled.events, "event");
  return settled.id + command + ": " + settled.outcome + events;
}

result<work_done> settle(context& ctx, const settle_options& options) {
  const auto repo = find_repository(ctx);
  if (!repo)
    return repo.error();
  auto lock = wf::lock_edits(*repo);
  if (!lock)
    return lock.error();
  std::vector<wf::settled_intent> all;
  if (const bool by_hand = !options.record.empty() || !options.drop.empty(); by_hand) {
    const bool records = !options.record.empty();
    auto settled = settle_chosen(ctx, *repo, records ? options.record : options.drop,
                                 records ? wf::intent_verdict::record : wf::intent_verdict::drop);
    if (!settled)
      return settled.error();
    all.push_back(std::move(*settled));
  } else {
    auto settled = settle_found(ctx, *repo);
    if (!settled)
      return settled.error();
    all = std::move(*settled);
  }
  work_done done;
  done.lock = std::move(*lock);
  for (const auto& settled : all)
    done.lines.push_back(sentence_of(settled));
  if (all.empty())
    done.lines = {"nothing to settle"};
  done.fields = [all](json_writer& out) {
    key(out, "settled");
    out.StartArray();
    for (const auto& settled : all) {
      out.StartObject();
      field(out, "id", settled.id);
      field(out, "command", wf::as_utf8(settled.command));
      field(out, "outcome", settled.outcome);
      field(out, "events", settled.events);
      out.EndObject();
    }
    out.EndArray();
  };
  return done;
}

} // namespace

command_action declare_settle(CLI::App& app) {
  auto options = std::make_shared<settle_options>();
  auto* record = app.add_option("--record", options->record,
                                "Record the events of this interrupted command as done")
                     ->type_name("ID");
  app.add_option("--drop", options->drop, "Forget this interrupted command and its events")
      ->type_name("ID")
      ->excludes(record);
  return [options](context& ctx) {
    return run_work(ctx, work_options{}, [&] { return settle(ctx, *options); });
  };
}

} // namespace spec_kitty
