#include "app/cli/work_command.hpp"

#include "app/cli/work_change.hpp"
#include "app/cli/work_events.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "config/home_check.hpp"

#include <CLI/CLI.hpp>

namespace spec_kitty {

namespace {

constexpr std::size_t max_error_message_bytes = 2000;

void write_recording(json_writer& out, const event_recording& done) {
  key(out, "events");
  out.StartObject();
  field(out, "recorded", done.recorded);
  field(out, "not_recorded", done.not_recorded);
  if (done.not_recorded > 0)
    field(out, "reason", done.reason);
  out.EndObject();
}

work_event error_event(const context& ctx, const failure& why, const work_options& options) {
  error_logged payload;
  payload.error_type = "runtime";
  payload.error_message = excerpt(workflow::as_utf8(why.message), max_error_message_bytes);
  if (is_work_package_id(options.wp))
    payload.wp_id = options.wp;
  auto event = event_of(payload);
  if (const auto feature = find_feature(ctx, options))
    event.feature_slug = feature->slug();
  return event;
}

void show_work(context& ctx, const work_done& done, const event_recording* events) {
  for (const auto& line : done.lines)
    ctx.out.parts(line);
  ctx.out.object([&](json_writer& out) {
    if (done.fields)
      done.fields(out);
    if (events != nullptr)
      write_recording(out, *events);
  });
}

/// True when the command could not begin: it was given something wrong, or is blocked.
bool never_began(ec code) {
  switch (code) {
  case ec::usage:
  case ec::bad_input:
  case ec::not_found:
  case ec::invalid_event:
  case ec::event_too_large:
  case ec::bad_config:
  case ec::already_running:
  case ec::blocked:
    return true;
  default:
    return false;
  }
}

exit_status fail_with(context& ctx, const failure& why, const work_options& options,
                      const event_recording& done) {
  auto logged = never_began(why.code) ? event_recording{}
                                      : record_events(ctx, {error_event(ctx, why, options)});
  logged.recorded += done.recorded;
  logged.not_recorded += done.not_recorded;
  if (!done.reason.empty())
    logged.reason = done.reason;
  ctx.out.fail(why, [&](json_writer& out) { write_recording(out, logged); });
  print_recording(ctx, logged);
  return status_of(why.code);
}

/// Prints what stops a command, below what it prints otherwise.
exit_status refuse(context& ctx, const work_done& done, const event_recording* events) {
  for (const auto& line : done.lines)
    ctx.out.parts(line);
  auto why = ctx.out.json() ? workflow::blocked_in_one_line(done.aim, done.blockers)
                            : workflow::blocked(done.aim, done.blockers);
  if (!done.bypass.empty())
    why.hint += "\nor pass the gates: " + done.bypass;
  ctx.out.fail(why, [&](json_writer& out) {
    if (done.fields)
      done.fields(out);
    write_blockers(out, done.blockers);
    if (events != nullptr)
      write_recording(out, *events);
  });
  return status_of(why.code);
}

} // namespace

result<workflow::repository> find_repository(const context& ctx) {
  const auto& elsewhere = ctx.config.at("workflow.worktrees");
  if (elsewhere.origin == "file")
    if (auto ours = check_only_ours(ctx.home.path); !ours)
      return ours.error();
  return workflow::repository::here(elsewhere.text);
}

result<workflow::feature> find_feature(const context& ctx, const work_options& options,
                                       workflow::feature_use use) {
  const auto repo = find_repository(ctx);
  if (!repo)
    return repo.error();
  return workflow::feature::find(*repo, options.feature, use);
}

result<file_lock> lock_and_settle(context& ctx, const workflow::repository& repo) {
  auto lock = workflow::lock_edits(repo);
  if (!lock)
    return lock.error();
  if (auto settled = settle_found(ctx, repo); !settled)
    return settled.error();
  return std::move(*lock);
}

result<void> settle_before(context& ctx, const workflow::repository& repo) {
  if (workflow::intent_folder(repo).is_empty())
    return {};
  const auto lock = lock_and_settle(ctx, repo);
  return lock ? result<void>{} : lock.error();
}

result<feature_edit> open_feature_for_edit(context& ctx, const work_options& options,
                                           const std::function<result<void>()>& check_arguments) {
  auto feature = find_feature(ctx, options);
  if (!feature)
    return feature.error();
  if (check_arguments)
    if (auto valid = check_arguments(); !valid)
      return valid.error();
  auto lock = lock_and_settle(ctx, feature->repo());
  if (!lock)
    return lock.error();
  return feature_edit{std::move(*feature), std::move(*lock)};
}

void write_blockers(json_writer& out, const std::vector<workflow::blocker>& found) {
  key(out, "blockers");
  out.StartArray();
  for (const auto& each : found) {
    out.StartObject();
    field(out, "wp_id", each.wp_id);
    field(out, "message", each.message);
    field(out, "command", each.command);
    out.EndObject();
  }
  out.EndArray();
}

work_done checked(const workflow::feature& feature, std::string aim,
                  std::vector<workflow::blocker> found) {
  work_done done;
  done.aim = std::move(aim);
  done.blockers = std::move(found);
  const bool open = done.blockers.empty();
  if (open)
    done.lines = {"no blockers"};
  done.fields = [slug = feature.slug(), open](json_writer& out) {
    field(out, "feature", slug);
    if (open)
      write_blockers(out, {});
  };
  return done;
}

void work_package_value(CLI::Option* option) {
  option->type_name("WPnn")->transform(
      [](const std::string& typed) { return work_package_meant(typed); });
}

void declare_feature(CLI::App& app, work_options& options) {
  app.add_option(
         "--feature", options.feature,
         "The feature (default: SPECIFY_FEATURE, the only feature, or the branch's or folder's)")
      ->type_name("SLUG")
      ->check([](const std::string& typed) {
        return typed.empty() ? "it is empty; give the name of a feature" : std::string();
      });
}

void declare_no_auto_commit(CLI::App& app, work_options& options) {
  app.add_flag("--no-auto-commit", options.no_auto_commit, "Change the files without a commit");
}

result<std::optional<std::string>> commit_message(context& ctx, const workflow::feature& feature,
                                                  const work_options& options,
                                                  const std::string& message) {
  if (options.no_auto_commit)
    return std::optional<std::string>{};
  const auto target = workflow::target_for_commit(feature);
  if (!target)
    return target.error();
  if (!target->warning.empty())
    ctx.out.warn(target->warning);
  return std::optional(message);
}

exit_status run_work(context& ctx, const work_options& options,
                     const std::function<result<work_done>()>& work) {
  auto done = work();
  if (!done)
    return fail_with(ctx, done.error(), options, {});
  if (!done->blockers.empty()) {
    done->lock.reset();
    const event_recording nothing;
    return refuse(ctx, *done, &nothing);
  }
  auto events = record_events(ctx, std::move(done->events)); // those without an intent
  if (done->change)
    events.add(record_change(ctx, *done->change));
  if (done->afterwards)
    if (const auto after = done->afterwards(*done); !after)
      return fail_with(ctx, after.error(), options, events);
  done->lock.reset();
  show_work(ctx, *done, &events);
  ctx.out.flush();
  print_recording(ctx, events);
  return exit_status::done;
}

exit_status run_reading(context& ctx, const std::function<result<work_done>()>& work) {
  const auto done = work();
  if (!done)
    return ctx.fail(done.error());
  if (!done->blockers.empty())
    return refuse(ctx, *done, nullptr);
  show_work(ctx, *done, nullptr);
  return exit_status::done;
}

result<std::string> one_line(const std::string& option, const std::string& given) {
  auto line = workflow::as_one_line(given);
  if (!is_utf8(line))
    return failure{ec::bad_input, option + ": text that is not valid UTF-8", {}};
  if (line.empty())
    return failure{ec::bad_input, option + " is empty", "give it a text"};
  return line;
}

std::string utc_now() {
  return format_timestamp(wall_clock_now()).substr(0, 19) + "Z";
}

} // namespace spec_kitty
