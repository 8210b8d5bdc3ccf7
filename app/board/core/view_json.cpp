#include "app/board/core/view_json.hpp"

#include <utility>

namespace spec_kitty::board {

namespace {

void instant(json_writer& out, std::string_view name, epoch_us at) {
  if (at == 0) {
    key(out, name);
    out.Null();
  } else {
    field(out, name, format_timestamp(at));
  }
}

/// Text, or null where it is empty.
void maybe(json_writer& out, std::string_view name, std::string_view text) {
  field(out, name, text.empty() ? std::nullopt : std::optional(std::string(text)));
}

void texts(json_writer& out, std::string_view name, const std::vector<std::string>& all) {
  key(out, name);
  out.StartArray();
  for (const auto& text : all)
    put(out, text);
  out.EndArray();
}

template <class Items, class Write>
void array(json_writer& out, std::string_view name, const Items& items, const Write& write) {
  key(out, name);
  out.StartArray();
  for (const auto& item : items) {
    out.StartObject();
    write(item);
    out.EndObject();
  }
  out.EndArray();
}

void write_package(json_writer& out, const package_view& package) {
  out.StartObject();
  field(out, "id", package.id);
  field(out, "title", package.title);
  field(out, "lane", package.lane);
  field(out, "counts_as", name_of(counts_as(package.lane)));
  maybe(out, "agent", package.agent);
  maybe(out, "assignee", package.assignee);
  instant(out, "since", package.since);
  instant(out, "last_sign", package.last_sign);
  texts(out, "dependencies", package.dependencies);
  texts(out, "waits_for", package.waits_for);
  key(out, "subtasks");
  if (package.subtasks) {
    out.StartArray();
    out.Uint(package.subtasks->done);
    out.Uint(package.subtasks->all);
    out.EndArray();
  } else {
    out.Null();
  }
  maybe(out, "note", package.note);
  maybe(out, "event_lane", package.event_lane);
  maybe(out, "last_event", package.last_event);
  field(out, "errors", std::uint64_t{package.errors});
  field(out, "sent_back", std::uint64_t{package.sent_back});
  field(out, "steps_unseen", std::uint64_t{package.steps_unseen});
  field(out, "failed", package.failed);
  field(out, "conflict", package.conflict);
  out.EndObject();
}

void write_feature(json_writer& out, const feature_view& feature) {
  out.StartObject();
  field(out, "slug", feature.slug);
  maybe(out, "number", feature.number);
  maybe(out, "title", feature.title);
  instant(out, "accepted_at", feature.accepted_at);
  field(out, "read_only", feature.read_only);
  field(out, "on_disk", feature.on_disk);
  key(out, "work_packages");
  out.StartArray();
  for (const auto& package : feature.packages)
    write_package(out, package);
  out.EndArray();
  out.EndObject();
}

void write_point(json_writer& out, std::string_view name, const point_view& point) {
  key(out, name);
  out.StartObject();
  field(out, "position", static_cast<std::uint64_t>(point.position));
  field(out, "seq", std::uint64_t{point.seq});
  maybe(out, "event_id", point.event_id);
  instant(out, "at", point.at);
  out.EndObject();
}

void write_history(json_writer& out, const board_view& view) {
  epoch_us from = 0;
  for (const auto& source : view.sources)
    if (source.from != 0 && (from == 0 || source.from < from))
      from = source.from;
  key(out, "history");
  out.StartObject();
  instant(out, "from", from);
  field(out, "complete", view.history_complete);
  array(out, "sources", view.sources, [&](const source_view& source) {
    field(out, "kind", name_of(source.kind));
    instant(out, "from", source.from);
    instant(out, "to", source.to);
    field(out, "count", source.count);
  });
  out.EndObject();
}

void write_sync(json_writer& out, const std::optional<sync_view>& sync) {
  key(out, "sync");
  if (!sync) {
    out.Null();
    return;
  }
  out.StartObject();
  field(out, "session", sync->session);
  maybe(out, "team", sync->team);
  maybe(out, "server", sync->server);
  field(out, "queued", sync->queued);
  field(out, "leased", sync->leased);
  field(out, "held", sync->held);
  field(out, "dead", sync->dead);
  instant(out, "last_acknowledged_at", sync->last_acknowledged_at);
  array(out, "problems", sync->problems, [&](const sync_problem& problem) {
    field(out, "code", problem.code);
    field(out, "count", problem.count);
    field(out, "text", problem.text);
    maybe(out, "command", problem.command);
  });
  array(out, "dead_letters", sync->dead_letters, [&](const dead_letter& letter) {
    field(out, "event_id", letter.event_id);
    field(out, "event_type", letter.event_type);
    maybe(out, "wp_id", letter.wp_id);
    field(out, "reason", letter.reason);
    instant(out, "last_try_at", letter.last_try_at);
  });
  out.EndObject();
}

void write_surroundings(json_writer& out, const board_view& view) {
  field(out, "v", std::uint64_t{1});
  field(out, "home", view.home);
  field(out, "project", view.project);
  write_point(out, "head", view.head);
  if (view.at) {
    write_point(out, "at", *view.at);
  } else {
    key(out, "at");
    out.Null();
  }
  write_history(out, view);
  field(out, "unplaced", view.unplaced);
  texts(out, "unreadable", view.unreadable);
  array(out, "agents", view.agents, [&](const agent_view& agent) {
    field(out, "name", agent.name);
    field(out, "feature", agent.feature);
    field(out, "wp_id", agent.wp_id);
    instant(out, "since", agent.since);
    instant(out, "last_sign", agent.last_sign);
    field(out, "state", agent.state);
  });
  array(out, "waits", view.waits, [&](const wait_view& wait) {
    field(out, "kind", wait.kind);
    field(out, "feature", wait.feature);
    field(out, "wp_id", wait.wp_id);
    maybe(out, "waiter", wait.waiter);
    field(out, "waits_for", wait.waits_for);
    instant(out, "since", wait.since);
    maybe(out, "command", wait.command);
    field(out, "urgent", wait.urgent);
  });
  write_sync(out, view.sync);
  array(out, "nodes", view.nodes, [&](const node_view& node) {
    field(out, "node_id", node.node_id);
    maybe(out, "by", node.by);
    field(out, "events", node.events);
    instant(out, "heard_at", node.heard_at);
  });
}

} // namespace

std::string feature_json(const feature_view& feature) {
  json_buffer buffer;
  json_writer out(buffer);
  write_feature(out, feature);
  return to_text(buffer);
}

std::string surroundings_json(const board_view& view) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  write_surroundings(out, view);
  out.EndObject();
  return to_text(buffer);
}

std::string state_json(const board_view& view) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  write_surroundings(out, view);
  instant(out, "server_time", view.taken_at);
  key(out, "features");
  out.StartArray();
  for (const auto& feature : view.features)
    write_feature(out, feature);
  out.EndArray();
  out.EndObject();
  return to_text(buffer);
}

void write_event(json_writer& out, const event_log& log, std::uint32_t seq) {
  const log_row& row = log.row(seq);
  const auto type = type_of(row.kind);
  out.StartObject();
  field(out, "seq", std::uint64_t{seq});
  field(out, "position", static_cast<std::uint64_t>(log.position_of(seq)));
  field(out, "event_id", to_string(row.id));
  field(out, "event_type", type.empty() ? std::string_view("other") : type);
  field(out, "origin", name_of(row.origin));
  field(out, "lamport_clock", row.lamport_clock);
  maybe(out, "node_id", log.nodes().text(row.node));
  instant(out, "at", row.at);
  maybe(out, "feature", log.features().text(row.feature));
  maybe(out, "wp_id",
        row.package == no_index ? std::string_view() : log.packages()[row.package].id);
  maybe(out, "from", log.lanes().text(row.previous));
  maybe(out, "to", log.lanes().text(row.lane));
  maybe(out, "counts_as",
        row.lane == log_row::no_lane ? std::string_view() : name_of(log.counted_lane(row.lane)));
  maybe(out, "names", log.people().text(row.actor));
  maybe(out, "by", log.people().text(row.sender));
  maybe(out, "text", log.texts().text(row.text));
  maybe(out, "cause", row.cause == ulid{} ? std::string() : to_string(row.cause));
  out.EndObject();
}

} // namespace spec_kitty::board
