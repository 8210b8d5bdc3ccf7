// spec-kitty accept: moves reviewed work packages to done; with the last one the feature is
// complete.
#include "app/cli/command.hpp"
#include "app/cli/work_change.hpp"
#include "app/orchestrate/state_file.hpp"
#include "app/workflow/accept_gates.hpp"
#include "app/workflow/activity_log.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/intents/uncommitted.hpp"
#include "app/workflow/json_edit.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/start_trouble.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;

constexpr std::chrono::hours max_test_time{1};

struct accept_options : work_options {
  std::optional<std::string> actor;
  std::vector<std::string> tests;
  bool check = false;
};

result<void> run_tests(context& ctx, const wf::repository& repo,
                       const std::vector<std::string>& tests) {
  // An event carries the message: a command line may hold a secret, so it is in the hint.
  for (std::size_t at = 0; at < tests.size(); ++at) {
    const auto& test = tests[at];
    const std::string name =
        "test " + std::to_string(at + 1) + " of " + std::to_string(tests.size());
    const std::string hint = "the test was: " + excerpt(test, 200) +
                             "; fix the failing test, then run the command again";
    program what;
    what.argv = {"sh", "-c", test}; // the user's own command line
    what.folder = repo.checkout;
    what.patience = max_test_time;
    const auto end = run_program(what);
    if (!end)
      return failure{ec::work_failed, name + ": " + end.error().message, hint};
    if (end->status == 0)
      continue;
    const std::string test_output = end->out + end->err;
    if (!test_output.empty())
      ctx.out.note_lines(wf::as_utf8(test_output.substr(
          test_output.size() - std::min<std::size_t>(test_output.size(), 4000))));
    // What a shell says about a program that it cannot run, or does not find.
    const auto no_permission = end->status == 126
                                   ? not_executable(test.substr(0, test.find(' ')), repo.checkout)
                                   : std::nullopt;
    return failure{ec::work_failed,
                   name + (no_permission ? ": its program is not executable"
                           : end->status == 127
                               ? ": its program was not found"
                               : " failed with exit status " + std::to_string(end->status)),
                   no_permission ? no_permission->hint : hint};
  }
  return {};
}

std::string quoted(const std::string& text) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, text);
  return {buffer.GetString(), buffer.GetSize()};
}

/// meta.json with the acceptance at `now` in it.
result<std::string> accepted_meta(const wf::feature& feature, const std::string& actor,
                                  const std::string& now) {
  const auto text = feature.repo().files().read(feature.meta_path());
  if (!text)
    return input_failure(text.error());
  const wf::git git_here(feature.repo().checkout);
  const std::string at = quoted(now);
  const std::string commit = quoted(git_here.commit_of("HEAD").value_or(""));
  const std::string branch = quoted(git_here.current_branch());
  result<std::string> meta = *text ? **text : std::string("{}\n");
  const std::vector<std::pair<const char*, std::string>> values = {
      {"accepted_at", at},
      {"accepted_by", quoted(actor)},
      {"acceptance_mode", "\"local\""},
      {"accepted_from_commit", commit}};
  for (const auto& [name, value] : values)
    if (meta)
      meta = wf::with_member(*meta, name, value);
  if (meta)
    meta = wf::with_array_entry(*meta, "acceptance_history",
                                "{\"accepted_at\": " + at + ", \"accepted_by\": " + quoted(actor) +
                                    ", \"accepted_from_commit\": " + commit +
                                    ", \"branch\": " + branch + ", \"mode\": \"local\"}");
  return meta;
}

bool is_accepted(const wf::feature& feature) {
  const auto text = feature.repo().files().read(feature.meta_path());
  const auto meta = text && *text ? parse_json(**text) : result<json_document>(failure{});
  return meta && !text_of(*meta, "accepted_at").value_or("").empty();
}

/// An orchestration has already reported that all are done, and nothing was accepted since.
bool was_completed(const wf::feature& feature, const wf::accept_findings& found) {
  const auto run = orchestrate::state_file(feature).read();
  return found.ready.empty() && run && *run && (*run)->state == orchestrate::run_state::done &&
         orchestrate::is_complete(**run);
}

std::string accept_aim(const wf::feature& feature) {
  return feature.slug() + " cannot be accepted";
}

/// What can be accepted. Where that is nothing, the blockers say why; they do not concern work
/// packages that are still open beside others that are ready.
result<wf::accept_findings> look_at_packages(const wf::feature& feature,
                                             const std::vector<wf::work_package>& packages) {
  if (packages.empty())
    return failure{ec::not_found, "no work package in " + (feature.folder() / "tasks").string(),
                   "write one, such as tasks/WP01-first.md"};
  auto found = wf::look_for_accept(feature, packages);
  if (!found || !found->ready.empty() || !found->blockers.empty())
    return found;
  auto open = wf::open_blockers(feature, packages);
  if (!open)
    return open.error();
  found->blockers = std::move(*open);
  return found;
}

void write_fields(work_done& done, const std::string& slug, const wf::accept_findings& found,
                  bool complete) {
  done.fields = [slug, found, complete](json_writer& out) {
    field(out, "feature", slug);
    payload_detail::write(out, "accepted", found.ready);
    field(out, "complete", complete);
    write_blockers(out, found.blockers);
  };
}

/// Somebody has accepted the whole feature, and nothing is to be done.
bool says_accepted_already(const wf::feature& feature, const wf::accept_findings& found,
                           work_done& done) {
  if (!found.ready.empty() || !found.blockers.empty() || !is_accepted(feature))
    return false;
  write_fields(done, feature.slug(), found, true);
  done.lines = {feature.slug() + " is accepted already"};
  return true;
}

/// What a person has to know of those that stay, and of what was taken for granted.
void warn_about(context& ctx, const wf::accept_findings& found) {
  for (const auto& note : found.notes)
    ctx.out.warn(note);
  for (const auto& each : found.blockers)
    ctx.out.warn(each.message + "; not accepted\n  " + each.command);
}

/// The work packages that are ready go to done, each with an entry in its log and an event.
result<void> accept_packages(const wf::feature& feature, std::vector<wf::work_package>& packages,
                             const wf::accept_findings& found, const std::string& actor,
                             const std::string& branch, wf::repo_edit& change, work_done& done) {
  for (auto& package : packages) {
    if (std::find(found.ready.begin(), found.ready.end(), package.id) == found.ready.end())
      continue;
    const auto from = wf::lane_known_of(feature.repo(), branch, package).recorded;
    if (auto set = package.file.set_scalar("lane", "done"); !set)
      return set.error();
    package.file.set_body(wf::with_log_entry(package.file.body(),
                                             {utc_now(), actor, {}, "done", "Accepted"},
                                             wf::line_ending_of(package.file.text())));
    change.change(package.path, package.file.text());
    if (from != "done")
      done.events.push_back(shown_by(lane_event(feature, package.id, from, "done", actor),
                                     package.path, {"lane", "", "done"}));
  }
  return {};
}

work_event completed_event(const wf::feature& feature, std::size_t packages) {
  feature_completed event;
  event.feature_slug = feature.slug();
  event.total_wps = static_cast<std::int64_t>(packages);
  event.completed_at = format_timestamp(wall_clock_now());
  return event_of(event);
}

/// Changes the files and commits them, under the edit lock. The work packages are read again, for
/// they may have changed while the tests ran.
result<work_done> accept_locked(context& ctx, const wf::feature& feature,
                                const accept_options& options, const std::string& actor,
                                work_done done) {
  auto packages = feature.load_all();
  if (!packages)
    return packages.error();
  const auto found = look_at_packages(feature, *packages);
  if (!found)
    return found.error();
  if (says_accepted_already(feature, *found, done)) // by another process meanwhile
    return done;
  if (found->ready.empty() && !found->blockers.empty()) {
    done.aim = accept_aim(feature);
    done.blockers = found->blockers;
    return done;
  }
  warn_about(ctx, *found);
  auto words = words_for(ctx, feature, options, "accept", "Accept " + feature.slug());
  if (!words)
    return words.error();
  wf::repo_edit change;
  if (auto accepted =
          accept_packages(feature, *packages, *found, actor, words->branch, change, done);
      !accepted)
    return accepted.error();
  const bool complete = found->open.empty() && found->blockers.empty();
  if (complete) {
    const auto now = utc_now();
    auto meta = accepted_meta(feature, actor, now);
    if (!meta)
      return meta.error();
    change.change(feature.meta_path(), std::move(*meta));
    if (!was_completed(feature, *found))
      done.events.push_back(shown_by(completed_event(feature, packages->size()),
                                     feature.meta_path(), {"meta", "accepted_at", now}));
  }
  if (auto made = change_files(ctx, feature.repo(), change, std::move(*words), done); !made)
    return made.error();
  std::string line = feature.slug() + ": " + count_of(found->ready.size(), "work package") +
                     " accepted" + (complete ? ", all are done" : "");
  if (!found->open.empty())
    line += "; open: " + wf::joined(found->open);
  done.lines = {std::move(line)};
  write_fields(done, feature.slug(), *found, complete);
  return done;
}

result<work_done> accept(context& ctx, const accept_options& options) {
  const auto feature = find_feature(ctx, options);
  if (!feature)
    return feature.error();
  if (auto free = orchestrate::require_no_active_run(*feature); !free)
    return free.error();
  if (auto own = wf::require_own_lanes(*feature); !own)
    return own.error();
  if (!options.check) // whether it is accepted is judged after that
    if (auto settled = settle_before(ctx, feature->repo()); !settled)
      return settled.error();
  const auto actor = one_line("--actor", options.actor.value_or("user"));
  if (!actor)
    return actor.error();
  const auto packages = feature->load_all();
  if (!packages)
    return packages.error();
  const auto found = look_at_packages(*feature, *packages);
  if (!found)
    return found.error();
  if (options.check)
    return checked(*feature, accept_aim(*feature), found->blockers);
  work_done done;
  if (says_accepted_already(*feature, *found, done))
    return done;
  if (found->ready.empty() && !found->blockers.empty()) {
    done.aim = accept_aim(*feature);
    done.blockers = found->blockers;
    return done;
  }
  if (auto passed = run_tests(ctx, feature->repo(), options.tests); !passed)
    return passed.error();
  auto lock = lock_and_settle(ctx, feature->repo()); // not held while the tests run
  if (!lock)
    return lock.error();
  done.lock = std::move(*lock);
  return accept_locked(ctx, *feature, options, *actor, std::move(done));
}

} // namespace

command_action declare_accept(CLI::App& app) {
  auto options = std::make_shared<accept_options>();
  app.add_option("--actor", options->actor, "The name of the person who accepts")->type_name("N");
  app.add_option("--test", options->tests, "A command that must succeed first; may be repeated")
      ->type_name("CMD")
      ->allow_extra_args(false);
  app.add_flag("--check", options->check, "Only list what stops it");
  declare_no_auto_commit(app, *options);
  app.add_flag("--no-commit", options->no_auto_commit, "The older name of --no-auto-commit");
  declare_feature(app, *options);
  return [options](context& ctx) {
    const auto work = [&] { return accept(ctx, *options); };
    return options->check ? run_reading(ctx, work) : run_work(ctx, *options, work);
  };
}

} // namespace spec_kitty
