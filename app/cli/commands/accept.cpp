// spec-kitty accept: moves reviewed work packages to done; with the last one the feature is
// complete.
#include "app/cli/command.hpp"
#include "app/cli/work_command.hpp"
#include "app/orchestrate/state_file.hpp"
#include "app/workflow/activity_log.hpp"
#include "app/workflow/json_edit.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"

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
  bool no_commit = false;
};

/// Which work packages go to done, and which are not ready.
struct readiness {
  std::vector<std::string> reviewed;
  std::vector<std::string> open; ///< `WP03 (doing)`
};

readiness ready(const std::vector<wf::work_package>& packages) {
  readiness found;
  for (const auto& package : packages) {
    if (package.lane() == "for_review")
      found.reviewed.push_back(package.id);
    else if (package.lane() != "done")
      found.open.push_back(package.id + " (" + package.lane() + ")");
  }
  return found;
}

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
      return failure{end.error().code, name + ": " + end.error().message, hint};
    if (end->status == 0)
      continue;
    const std::string test_output = end->out + end->err;
    if (!test_output.empty())
      ctx.out.note(wf::as_utf8(test_output.substr(
          test_output.size() - std::min<std::size_t>(test_output.size(), 4000))));
    return failure{ec::bad_input, name + " failed with exit status " + std::to_string(end->status),
                   hint};
  }
  return {};
}

std::string quoted(const std::string& text) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, text);
  return {buffer.GetString(), buffer.GetSize()};
}

/// meta.json with the acceptance in it.
result<std::string> accepted_meta(const wf::feature& feature, const std::string& actor) {
  const auto text = read_file(feature.meta_path());
  if (!text)
    return failure{ec::bad_input, text.error().message, "check the file's permissions"};
  const wf::git git_here(feature.repo().checkout);
  const std::string at = quoted(utc_now());
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
  const auto text = read_file(feature.meta_path());
  const auto meta = text && *text ? parse_json(**text) : result<json_document>(failure{});
  return meta && !text_of(*meta, "accepted_at").value_or("").empty();
}

/// An orchestration has already reported that all are done, and nothing was accepted since.
bool was_completed(const wf::feature& feature, const readiness& found) {
  const auto run = orchestrate::state_file(feature).read();
  return found.reviewed.empty() && run && *run && (*run)->state == orchestrate::run_state::done &&
         orchestrate::is_complete(**run);
}

result<readiness> check(const wf::feature& feature, const std::vector<wf::work_package>& packages) {
  if (packages.empty())
    return failure{ec::not_found, "no work package in " + (feature.folder() / "tasks").string(),
                   "write one, such as tasks/WP01-first.md"};
  auto found = ready(packages);
  if (found.reviewed.empty() && !found.open.empty())
    return failure{ec::bad_input,
                   "no work package of " + feature.slug() +
                       " is in for_review; open: " + wf::joined(found.open),
                   "finish them: " + feature.command("agent tasks status")};
  return found;
}

void write_fields(work_done& done, const std::string& slug, std::vector<std::string> accepted,
                  bool complete) {
  done.fields = [slug, accepted = std::move(accepted), complete](json_writer& out) {
    field(out, "feature", slug);
    payload_detail::write(out, "accepted", accepted);
    field(out, "complete", complete);
  };
}

/// The work packages in for_review go to done, each with an entry in its log and an event.
result<void> accept_packages(const wf::feature& feature, std::vector<wf::work_package>& packages,
                             const std::string& actor, wf::repo_edit& change, work_done& done) {
  for (auto& package : packages) {
    if (package.lane() != "for_review")
      continue;
    if (auto set = package.file.set_scalar("lane", "done"); !set)
      return set.error();
    package.file.set_body(wf::with_log_entry(package.file.body(),
                                             {utc_now(), actor, {}, "done", "Accepted"},
                                             wf::line_ending_of(package.file.text())));
    change.change(package.path, package.file.text());
    done.events.push_back(lane_event(feature, package.id, "for_review", "done", actor));
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
  const auto found = check(feature, *packages);
  if (!found)
    return found.error();
  std::optional<std::string> message;
  if (!options.no_commit) {
    const auto target = wf::target_for_commit(feature);
    if (!target)
      return target.error();
    if (!target->warning.empty())
      ctx.out.warn(target->warning);
    message = "Accept " + feature.slug();
  }
  wf::repo_edit change(feature.repo());
  if (auto accepted = accept_packages(feature, *packages, actor, change, done); !accepted)
    return accepted.error();
  const bool complete = found->open.empty();
  if (complete) {
    auto meta = accepted_meta(feature, actor);
    if (!meta)
      return meta.error();
    change.change(feature.meta_path(), std::move(*meta));
    if (!was_completed(feature, *found))
      done.events.push_back(completed_event(feature, packages->size()));
  }
  if (auto applied = change.apply(message); !applied)
    return applied.error();
  done.lines = {feature.slug() + ": " + std::to_string(found->reviewed.size()) +
                " work packages accepted" +
                (complete ? ", all are done" : "; open: " + wf::joined(found->open))};
  write_fields(done, feature.slug(), found->reviewed, complete);
  return done;
}

result<work_done> accept(context& ctx, const accept_options& options) {
  const auto feature = find_feature(options);
  if (!feature)
    return feature.error();
  if (auto free = orchestrate::require_no_active_run(*feature); !free)
    return free.error();
  const auto actor = one_line("--actor", options.actor.value_or("user"));
  if (!actor)
    return actor.error();
  const auto packages = feature->load_all();
  if (!packages)
    return packages.error();
  const auto found = check(*feature, *packages);
  if (!found)
    return found.error();
  work_done done;
  if (found->reviewed.empty() && found->open.empty() && is_accepted(*feature)) {
    write_fields(done, feature->slug(), {}, true);
    done.lines = {feature->slug() + " is accepted already"};
    return done;
  }
  if (auto passed = run_tests(ctx, feature->repo(), options.tests); !passed)
    return passed.error();
  auto lock = wf::lock_edits(feature->repo()); // not held while the tests run
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
  app.add_flag("--no-commit", options->no_commit, "Change the files without a commit");
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return accept(ctx, *options); });
  };
}

} // namespace spec_kitty
