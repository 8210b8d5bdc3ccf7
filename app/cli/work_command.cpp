#include "app/cli/work_command.hpp"

#include "app/cli/autostart.hpp"
#include "app/cli/delivery_status.hpp"
#include "app/cli/spilled.hpp"
#include "app/home/emitter.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

constexpr std::size_t max_error_message_bytes = 2000;

/// The outcome of recording a command's events.
struct recording {
  std::uint64_t recorded = 0;
  std::uint64_t not_recorded = 0;
  std::string reason;
  std::optional<delivery_status> delivery;

  void add_lost(std::size_t count, const failure& why) {
    not_recorded += count;
    if (reason.empty())
      reason = why.message;
  }
};

recording record_events(context& ctx, std::vector<work_event> events) {
  recording done;
  if (events.empty())
    return done;
  if (ctx.no_home) {
    done.add_lost(events.size(), *ctx.no_home);
    return done;
  }
  if (ctx.config_problem)
    ctx.out.warn(ctx.config_problem->message + "; the defaults are used");
  emitter emit(ctx, ctx.warnings());
  std::vector<event_draft> drafts;
  for (auto& event : events) {
    auto draft = emit.prepare(
        {event.event_type, event.payload, event.causation_id, {}, event.feature_slug, event.at});
    if (!draft) {
      done.add_lost(1, draft.error());
      continue;
    }
    draft->dedup_keys = std::move(event.dedup_keys);
    draft->intent_key = std::move(event.intent_key);
    drafts.push_back(std::move(*draft));
  }
  if (drafts.empty())
    return done;
  const auto answers = emit.record(std::move(drafts));
  std::uint64_t spilled = 0;
  std::optional<failure> why_spilled;
  for (const auto& answer : answers) {
    if (!answer) {
      done.add_lost(1, answer.error());
      continue;
    }
    if (answer->known)
      continue;
    ++done.recorded;
    if (answer->spilled) {
      ++spilled;
      why_spilled = answer->spilled;
    }
  }
  if (why_spilled)
    (void)warn_spilled(ctx, *why_spilled, spilled);
  if (const auto emitted = emit.finish())
    done.delivery = query_daemon(ctx.home.path, emitted->rang, emitted->queued);
  return done;
}

/// Prints the warning about events that were not recorded, and the delivery status of the others.
void print_recording(context& ctx, recording& done) {
  if (done.not_recorded > 0)
    ctx.out.warn(std::to_string(done.not_recorded) +
                 (done.not_recorded == 1 ? " event" : " events") + " NOT recorded: " + done.reason);
  if (!done.delivery && done.not_recorded == 0) { // nothing was emitted: only read
    if (auto there = ctx.open_for_reading(); there) {
      std::uint64_t live = 0;
      if (*there)
        if (const auto stats = (*there)->stats())
          live = stats->live;
      const bool listens = connect_in_home(ctx.home.path, control_socket).ok();
      done.delivery =
          query_daemon(ctx.home.path, listens ? delivery::taken : delivery::nobody, live);
    }
  }
  if (done.delivery)
    print_delivery_status(ctx, *done.delivery);
}

void write_recording(json_writer& out, const recording& done) {
  key(out, "events");
  out.StartObject();
  field(out, "recorded", done.recorded);
  field(out, "not_recorded", done.not_recorded);
  if (done.not_recorded > 0)
    field(out, "reason", done.reason);
  out.EndObject();
}

work_event error_event(const failure& why, const work_options& options) {
  error_logged payload;
  payload.error_type = "runtime";
  payload.error_message = excerpt(workflow::as_utf8(why.message), max_error_message_bytes);
  if (is_work_package_id(options.wp))
    payload.wp_id = options.wp;
  auto event = event_of(payload);
  if (const auto feature = find_feature(options))
    event.feature_slug = feature->slug();
  return event;
}

void show_work(context& ctx, const work_done& done, const recording* events) {
  for (const auto& line : done.lines)
    ctx.out.line(line);
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
                      const recording& done) {
  auto logged =
      never_began(why.code) ? recording{} : record_events(ctx, {error_event(why, options)});
  logged.recorded += done.recorded;
  logged.not_recorded += done.not_recorded;
  if (!done.reason.empty())
    logged.reason = done.reason;
  ctx.out.fail(why, [&](json_writer& out) { write_recording(out, logged); });
  print_recording(ctx, logged);
  return status_of(why.code);
}

/// Prints what stops a command, below what it prints otherwise.
exit_status refuse(context& ctx, const work_done& done, const recording* events) {
  for (const auto& line : done.lines)
    ctx.out.line(line);
  const auto why = ctx.out.json() ? workflow::blocked_in_one_line(done.aim, done.blockers)
                                  : workflow::blocked(done.aim, done.blockers);
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

result<workflow::feature> find_feature(const work_options& options) {
  const auto repo = workflow::repository::here();
  if (!repo)
    return repo.error();
  return workflow::feature::find(*repo, options.feature);
}

result<feature_edit> open_feature_for_edit(const work_options& options,
                                           const std::function<result<void>()>& check_arguments) {
  auto feature = find_feature(options);
  if (!feature)
    return feature.error();
  if (check_arguments)
    if (auto valid = check_arguments(); !valid)
      return valid.error();
  auto lock = workflow::lock_edits(feature->repo());
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

void declare_feature(CLI::App& app, work_options& options) {
  app.add_option(
         "--feature", options.feature,
         "The feature (default: SPECIFY_FEATURE, the only feature, or the branch's or folder's)")
      ->type_name("SLUG");
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

result<void> apply_edit(context& ctx, workflow::repo_edit& change,
                        const std::optional<std::string>& message) {
  if (auto applied = change.apply(message); !applied)
    return applied.error();
  if (change.ignored())
    ctx.out.warn("git ignores the changed files: they are changed, but not committed");
  return {};
}

exit_status run_work(context& ctx, const work_options& options,
                     const std::function<result<work_done>()>& work) {
  auto done = work();
  if (!done)
    return fail_with(ctx, done.error(), options, {});
  if (!done->blockers.empty()) {
    done->lock.reset();
    const recording nothing;
    return refuse(ctx, *done, &nothing);
  }
  auto events = record_events(ctx, std::move(done->events));
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
