// spec-kitty events …: shows recorded events. Reads only.
#include "app/cli/command.hpp"
#include "app/cli/event_filter.hpp"
#include "app/cli/looks.hpp"
#include "app/home/snapshot.hpp"
#include "config/journal.hpp"
#include "util/closest.hpp"
#include "util/text.hpp"
#include "util/working_line.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace spec_kitty {

namespace {

struct list_options {
  event_filter filter;
  std::string since; ///< as typed
  std::string state;
  std::size_t limit = 0; ///< 0: all

  bool limits_anything() const {
    return !(state.empty() && since.empty() && filter.wp.empty() && filter.feature.empty() &&
             filter.type.empty() && filter.grep.empty());
  }
};

constexpr const char* delivered_state = "delivered";

void add_filters(CLI::App& app, list_options& options) {
  app.add_option("--state", options.state, "queued, leased, held, dead or delivered")
      ->check(CLI::IsMember({"queued", "leased", "held", "dead", delivered_state}));
  app.add_option("--type", options.filter.type, "Only this event type");
  app.add_option("--wp", options.filter.wp, "Only this work package")->type_name("WPnn");
  app.add_option("--feature", options.filter.feature,
                 "Only this feature: its name, the beginning of it, or its number")
      ->type_name("SLUG");
  app.add_option("--since", options.since, "Only from then on, such as 2d, 3h or 2026-02-03")
      ->type_name("TIME");
  app.add_option("--grep", options.filter.grep, "Only with this text anywhere in the event")
      ->type_name("TEXT");
}

std::string check_count(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos
             ? ""
             : text + " must be 0 or greater";
}

/// One event that is shown: of the queue, or of the journal.
struct shown_event {
  std::string json;
  listed_event queued;                      ///< where `delivered` is empty
  std::optional<delivered_event> delivered; ///< where and when

  std::string_view state() const {
    return delivered ? std::string_view(delivered_state) : to_string(queued.state);
  }
};

using see_event = std::function<void(const shown_event&, const json_document&)>;

/// Visits the queued events that an option set selects, in append order.
result<void> visit_queue(context& ctx, const list_options& options, const see_event& see) {
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
        if (!event || !options.filter.takes(*event, entry.json, recorded_at(*event)))
          return true;
        see({entry.json, entry, std::nullopt}, *event);
        return options.limit == 0 || ++seen < options.limit;
      },
      wall_clock_now());
}

/// Visits the delivered ones, oldest first; of more than the limit, the newest.
void visit_journal(context& ctx, const list_options& options, const see_event& see) {
  const auto show = [&](const delivered_event& entry) {
    if (const auto event = parse_json(entry.json))
      see({entry.json, {}, entry}, *event);
  };
  std::deque<delivered_event> newest;
  const auto problems = read_journal(ctx.home.path, [&](const delivered_event& entry) {
    const auto event = parse_json(entry.json);
    if (!event || !options.filter.takes(*event, entry.json, entry.delivered_at))
      return true;
    if (options.limit == 0) {
      show(entry);
      return true;
    }
    newest.push_back(entry);
    if (newest.size() > options.limit)
      newest.pop_front();
    return true;
  });
  for (const auto& entry : newest)
    show(entry);
  for (const auto& problem : problems)
    ctx.out.warn_of("damaged files of the journal", problem);
}

result<void> visit_events(context& ctx, const list_options& options, const see_event& see) {
  list_options asked = options;
  if (!options.since.empty()) {
    const auto since = parse_since(options.since, wall_clock_now());
    if (!since)
      return since.error();
    asked.filter.since = *since;
  }
  bool any = false;
  const auto note_and_see = [&](const shown_event& entry, const json_document& event) {
    any = true;
    see(entry, event);
  };
  if (options.state == delivered_state)
    visit_journal(ctx, asked, note_and_see);
  else if (auto done = visit_queue(ctx, asked, note_and_see); !done)
    return done;
  const std::string& type = options.filter.type;
  if (!any && !type.empty() && !is_event_type(type))
    ctx.out.note("no event is of the type " + type + did_you_mean(closest(type, event_types)));
  else if (!any && options.limits_anything())
    ctx.out.note("no event matches");
  return {};
}

void write_listed(json_writer& out, const shown_event& entry) {
  raw_field(out, "event", entry.json);
  field(out, "state", entry.state());
  if (entry.delivered) {
    write_instant(out, "delivered_at", entry.delivered->delivered_at);
    field(out, "server_url", entry.delivered->server);
    field(out, "status", entry.delivered->known_before ? "duplicate" : "accepted");
    return;
  }
  const listed_event& queued = entry.queued;
  field(out, "retry_count", std::uint64_t{queued.retry_count});
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  field(out, "last_error", text_or_null(queued.last_error));
  field(out, "reason", text_or_null(queued.reason));
  write_instant(out, "first_try_at", queued.first_try_at);
  write_instant(out, "last_try_at", queued.last_try_at);
}

std::string as_line(const shown_event& entry, const json_document& event) {
  std::string text = text_of(event, "event_id").value_or("") + "  " +
                     std::to_string(whole_number_of(event, "lamport_clock").value_or(0)) + "  " +
                     std::string(entry.state()) + "  " + text_of(event, "event_type").value_or("") +
                     "  " + text_of(event, "aggregate_id").value_or("");
  if (entry.delivered)
    return text + "  " + format_timestamp(entry.delivered->delivered_at) + "  " +
           entry.delivered->server + (entry.delivered->known_before ? "  (known before)" : "");
  const listed_event& queued = entry.queued;
  if (queued.retry_count > 0)
    text += "  refused " + count_of(queued.retry_count, "time") +
            (queued.first_try_at == 0 ? "" // counted before an import
                                      : ", from " + format_timestamp(queued.first_try_at) + " to " +
                                            format_timestamp(queued.last_try_at)) +
            ": " + queued.last_error;
  if (!queued.reason.empty())
    text += "  (" + queued.reason + ")";
  return text;
}

/// What else there is to say about an event: refusals, why it is held or dead, where it went.
std::string remarks_on(const context& ctx, const shown_event& entry) {
  if (entry.delivered)
    return entry.delivered->server + " at " + shown_time(ctx, entry.delivered->delivered_at) +
           (entry.delivered->known_before ? " (known before)" : "");
  const listed_event& queued = entry.queued;
  std::string text;
  if (queued.retry_count > 0)
    text = "refused " + count_of(queued.retry_count, "time") + ": " + queued.last_error;
  if (!queued.reason.empty())
    text += (text.empty() ? "" : "; ") + queued.reason;
  return text;
}

std::vector<line_part> as_row(const context& ctx, const shown_event& entry,
                              const json_document& event) {
  const epoch_us at = recorded_at(event);
  return {{at == 0 ? "" : shown_time(ctx, at), style::faint},
          {std::string(entry.state()), style_of_state(entry.state())},
          {text_of(event, "event_type").value_or(""), style::plain},
          {text_of(event, "aggregate_id").value_or(""), style::plain},
          {text_of(event, "event_id").value_or(""), style::plain},
          {remarks_on(ctx, entry), style::faint}};
}

exit_status list_events(context& ctx, const list_options& options) {
  text_table rows(ctx.out, {"RECORDED", "STATE", "TYPE", "ABOUT", "ID", "REMARKS"});
  json_buffer buffer;
  json_writer out(buffer);
  out.StartArray();
  const auto done = visit_events(ctx, options, [&](const auto& entry, const auto& event) {
    if (ctx.out.for_person())
      rows.add(as_row(ctx, entry, event));
    else if (!ctx.out.json())
      ctx.out.line(as_line(entry, event));
    if (!ctx.out.json())
      return;
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

exit_status show_event(context& ctx, const list_options& options) {
  bool found = false;
  const auto show = [&](const auto& entry, const auto&) {
    if (std::exchange(found, true))
      return; // delivered twice
    if (!ctx.out.json())
      ctx.out.raw(entry.json);
    ctx.out.object([&](json_writer& out) { write_listed(out, entry); });
  };
  const auto done = visit_queue(ctx, options, show);
  if (!done)
    return ctx.fail(done.error());
  if (!found)
    visit_journal(ctx, options, show);
  if (!found)
    return ctx.fail({ec::not_found, "no event " + options.filter.id + " in this home",
                     "see the events that wait: spec-kitty events list\n"
                     "and those that were delivered: spec-kitty events list --state delivered"});
  return exit_status::done;
}

exit_status export_events(context& ctx, const list_options& options) {
  std::optional<working_line> line; // where the events do not fill the terminal
  if (::isatty(STDOUT_FILENO) == 0)
    line.emplace(ctx.out, "exporting", "event");
  std::uint64_t count = 0;
  const auto done = visit_events(ctx, options, [&](const auto& entry, const auto&) {
    ctx.out.raw(entry.json);
    if (line)
      line->count(++count);
  });
  line.reset();
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
  std::vector<table_row> types;
  for (const auto& [type, count] : queue.types)
    types.push_back({{type, style::plain}, {std::to_string(count), style::plain}});
  for (const auto& line : table_lines(ctx.out, {"TYPE", "EVENTS"}, std::move(types)))
    ctx.out.parts(line);
  ctx.out.line("queued " + std::to_string(shot->queued) + ", leased " +
               std::to_string(shot->leased) + ", held " + std::to_string(shot->held) + ", dead " +
               std::to_string(queue.dead) + "; " + std::to_string(queue.bytes) + " bytes");
  if (shot->oldest_age_s)
    ctx.out.line("the oldest has waited for " + std::to_string(*shot->oldest_age_s) + " s");
  if (queue.dropped > 0)
    ctx.out.line(count_of(queue.dropped, "event was", "events were") +
                 " dropped: there was no space for them");
  return exit_status::done;
}

} // namespace

command_action declare_events_list(CLI::App& app) {
  auto options = std::make_shared<list_options>();
  add_filters(app, *options);
  app.add_option("--limit", options->limit, "At most this many (0: all)")->check(check_count);
  return [options](context& ctx) { return list_events(ctx, *options); };
}

command_action declare_events_show(CLI::App& app) {
  auto options = std::make_shared<list_options>();
  options->limit = 1;
  app.add_option("id", options->filter.id, "Event id")->required();
  return [options](context& ctx) { return show_event(ctx, *options); };
}

command_action declare_events_export(CLI::App& app) {
  auto options = std::make_shared<list_options>();
  add_filters(app, *options);
  return [options](context& ctx) { return export_events(ctx, *options); };
}

command_action declare_events_stats(CLI::App&) {
  return [](context& ctx) { return stats(ctx); };
}

} // namespace spec_kitty
