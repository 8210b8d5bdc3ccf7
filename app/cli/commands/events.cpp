// spec-kitty events …: shows recorded events. Reads only.
#include "app/cli/command.hpp"
#include "app/home/snapshot.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace spec_kitty {

namespace {

struct list_options {
  std::string type;
  std::string state;
  std::size_t limit = 0; ///< 0: all
  std::string id;
};

void add_state(CLI::App& app, list_options& options) {
  app.add_option("--state", options.state, "queued, leased, held or dead")
      ->check(CLI::IsMember({"queued", "leased", "held", "dead"}));
}

std::string check_count(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos
             ? ""
             : text + " is not a whole number";
}

/// Visits the events an option set selects, in append order.
result<void>
visit_events(context& ctx, const list_options& options,
             const std::function<void(const listed_event&, const json_document&)>& see) {
  auto store = ctx.open_for_reading(looked_through::always);
  if (!store)
    return store.error();
  if (!*store) {
    ctx.out.note("nothing has been recorded in " + ctx.home.path.string() + " yet");
    return {};
  }
  std::size_t seen = 0;
  return (*store)->list(
      ctx.session_team(),
      [&](const listed_event& entry) {
        if (!options.state.empty() && to_string(entry.state) != options.state)
          return true;
        const auto event = parse_json(entry.json);
        if (!event || (!options.type.empty() && text_of(*event, "event_type") != options.type) ||
            (!options.id.empty() && text_of(*event, "event_id") != options.id))
          return true;
        see(entry, *event);
        return options.limit == 0 || ++seen < options.limit;
      },
      wall_clock_now());
}

void write_listed(json_writer& out, const listed_event& entry) {
  raw_field(out, "event", entry.json);
  field(out, "state", to_string(entry.state));
  field(out, "retry_count", std::uint64_t{entry.retry_count});
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  field(out, "last_error", text_or_null(entry.last_error));
  field(out, "reason", text_or_null(entry.reason));
  write_instant(out, "first_try_at", entry.first_try_at);
  write_instant(out, "last_try_at", entry.last_try_at);
}

std::string as_line(const listed_event& entry, const json_document& event) {
  std::string text = text_of(event, "event_id").value_or("") + "  " +
                     std::to_string(whole_number_of(event, "lamport_clock").value_or(0)) + "  " +
                     std::string(to_string(entry.state)) + "  " +
                     text_of(event, "event_type").value_or("") + "  " +
                     text_of(event, "aggregate_id").value_or("");
  if (entry.retry_count > 0)
    text += "  refused " + std::to_string(entry.retry_count) + " times" +
            (entry.first_try_at == 0 ? "" // counted before an import
                                     : ", from " + format_timestamp(entry.first_try_at) + " to " +
                                           format_timestamp(entry.last_try_at)) +
            ": " + entry.last_error;
  if (!entry.reason.empty())
    text += "  (" + entry.reason + ")";
  return text;
}

exit_status list_events(context& ctx, const list_options& options) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartArray();
  const auto done = visit_events(ctx, options, [&](const auto& entry, const auto& event) {
    if (!ctx.out.json()) {
      ctx.out.line(as_line(entry, event));
      return;
    }
    out.StartObject();
    write_listed(out, entry);
    out.EndObject();
  });
  if (!done)
    return ctx.fail(done.error());
  out.EndArray();
  ctx.out.object([&](json_writer& object) {
    raw_field(object, "events", {buffer.GetString(), buffer.GetSize()});
  });
  return exit_status::done;
}

exit_status show_event(context& ctx, list_options options) {
  options.limit = 1;
  bool found = false;
  const auto done = visit_events(ctx, options, [&](const auto& entry, const auto&) {
    found = true;
    if (!ctx.out.json())
      ctx.out.raw(entry.json);
    ctx.out.object([&](json_writer& out) { write_listed(out, entry); });
  });
  if (!done)
    return ctx.fail(done.error());
  if (!found)
    return ctx.fail({ec::not_found, "no event " + options.id + " in this home",
                     "it may have been delivered; see the others: spec-kitty events list"});
  return exit_status::done;
}

exit_status export_events(context& ctx, const list_options& options) {
  const auto done =
      visit_events(ctx, options, [&](const auto& entry, const auto&) { ctx.out.raw(entry.json); });
  return done ? exit_status::done : ctx.fail(done.error());
}

exit_status stats(context& ctx) {
  const auto shot = take_snapshot(ctx);
  if (!shot)
    return ctx.fail(shot.error());
  const auto& queue = shot->queue;
  ctx.out.object([&](json_writer& out) {
    key(out, "by_type");
    out.StartObject();
    for (const auto& [type, count] : queue.types)
      field(out, type, count);
    out.EndObject();
    key(out, "by_state");
    out.StartObject();
    field(out, "queued", shot->queued);
    field(out, "leased", shot->leased);
    field(out, "held", shot->held);
    field(out, "dead", queue.dead);
    out.EndObject();
    write_age(out, "oldest_age_s", shot->oldest_age_s);
    field(out, "bytes", queue.bytes);
    field(out, "accepted_total", queue.accepted);
    field(out, "delivered_total", queue.acked);
    field(out, "dropped_total", queue.dropped);
    field(out, "spilled", shot->spilled);
    field(out, "overflowed", shot->overflowed);
  });
  for (const auto& [type, count] : queue.types)
    ctx.out.line(type + "  " + std::to_string(count));
  ctx.out.line("queued " + std::to_string(shot->queued) + ", leased " +
               std::to_string(shot->leased) + ", held " + std::to_string(shot->held) + ", dead " +
               std::to_string(queue.dead) + "; " + std::to_string(queue.bytes) + " bytes");
  if (shot->oldest_age_s)
    ctx.out.line("the oldest has waited for " + std::to_string(*shot->oldest_age_s) + " s");
  if (queue.dropped > 0)
    ctx.out.line(std::to_string(queue.dropped) +
                 " events were dropped: there was no space for them");
  return exit_status::done;
}

} // namespace

command_action declare_events_list(CLI::App& app) {
  auto options = std::make_shared<list_options>();
  app.add_option("--type", options->type, "Only this event type");
  add_state(app, *options);
  app.add_option("--limit", options->limit, "At most this many (0: all)")->check(check_count);
  return [options](context& ctx) { return list_events(ctx, *options); };
}

command_action declare_events_show(CLI::App& app) {
  auto options = std::make_shared<list_options>();
  app.add_option("id", options->id, "Event id")->required();
  return [options](context& ctx) { return show_event(ctx, *options); };
}

command_action declare_events_export(CLI::App& app) {
  auto options = std::make_shared<list_options>();
  add_state(app, *options);
  return [options](context& ctx) { return export_events(ctx, *options); };
}

command_action declare_events_stats(CLI::App&) {
  return [](context& ctx) { return stats(ctx); };
}

} // namespace spec_kitty
