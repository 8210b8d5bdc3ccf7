// Commands about the store as a whole: erasures, event types, keys, backup, check, figures, audit.
#include "app/server/admin/administration.hpp"
#include "app/server/admin/await_answer.hpp"
#include "app/server/admin/key_file.hpp"
#include "util/text.hpp"

#include <chrono>

namespace spec_kitty::server {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds change_patience{60'000};
constexpr std::chrono::milliseconds whole_store_patience{4h};
constexpr std::size_t default_audit_lines = 100;
constexpr std::size_t max_audit_lines = 10'000;

/// The names of event types are words, as those of the contract are.
bool is_type_name(std::string_view name) {
  if (name.empty() || name.size() > 64)
    return false;
  for (const char c : name)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
      return false;
  return name.front() < '0' || name.front() > '9';
}

void write_finding(json_writer& out, const store::check_finding& finding,
                   const std::vector<store::team_info>& teams) {
  out.StartObject();
  for (const auto& team : teams)
    if (team.id == finding.team)
      field(out, "team", team.slug);
  field(out, "seq", finding.seq);
  field(out, "finding", finding.what);
  out.EndObject();
}

} // namespace

reply_fields erase_event(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const auto seq = whole_number<store::sequence>(given.text("seq"));
  if (!seq || *seq == 0)
    return failure{ec::bad_input, "\"" + given.text("seq") + "\" is not the seq of an event",
                   "find it with: spec-kitty-server team export " + team->slug};
  const auto done = await_answer<void>(
      [&](auto answer) {
        of.engine.erase(team->id, *seq, of.note(given.text("reason")), std::move(answer));
      },
      change_patience);
  if (!done && done.error().code == ec::not_found)
    return failure{ec::not_found,
                   "the team " + team->slug + " has no event " + std::to_string(*seq),
                   "find it with: spec-kitty-server team export " + team->slug};
  if (!done)
    return done.error();
  return json_fields("The text of event " + std::to_string(*seq) + " of the team " + team->slug +
                         " is erased; its place in the log stays.",
                     [&](json_writer& out) {
                       field(out, "team", team->slug);
                       field(out, "seq", *seq);
                     });
}

reply_fields add_event_type(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const std::string& name = given.text("name");
  if (!is_type_name(name))
    return failure{ec::bad_input, "\"" + name + "\" is not a name for an event type",
                   "use letters, digits and _, at most 64 of them"};
  auto schema = compact_json(given.text("schema"), json_keys::unique);
  if (!schema)
    return failure{ec::bad_input, "the schema is not JSON: " + schema.error().message,
                   "give a file with a JSON Schema of the payload"};
  if (auto done = of.accounts().set_event_type(team->id, {name, std::move(*schema)}, of.note());
      !done)
    return done.error();
  return json_fields("The team " + team->slug + " takes events of the type " + name + " now.",
                     [&](json_writer& out) {
                       field(out, "team", team->slug);
                       field(out, "type", name);
                     });
}

reply_fields list_event_types(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const auto types = of.accounts().event_types(team->id);
  if (!types)
    return types.error();
  return json_fields([&](json_writer& out) {
    key(out, "types");
    out.StartArray();
    for (const auto& type : *types) {
      out.StartObject();
      field(out, "type", type.name);
      raw_field(out, "schema", type.schema);
      out.EndObject();
    }
    out.EndArray();
  });
}

reply_fields remove_event_type(administration& of, const arguments& given) {
  const auto team = of.team(given.text("team"));
  if (!team)
    return team.error();
  const std::string& name = given.text("name");
  if (auto done = of.accounts().remove_event_type(team->id, name, of.note()); !done)
    return failure{done.error().code, done.error().message,
                   done.error().code == ec::not_found
                       ? "see them all: spec-kitty-server type list --team " + team->slug
                       : done.error().hint};
  return json_fields("The team " + team->slug + " refuses new events of the type " + name + " now.",
                     [&](json_writer& out) {
                       field(out, "team", team->slug);
                       field(out, "type", name);
                     });
}

reply_fields rotate_keys(administration& of, const arguments&) {
  const auto keys = rotate_key_file(of.settings.keys_file(), of.now());
  if (!keys)
    return keys.error();
  store::audit_line line;
  line.at = of.now();
  line.actor = of.note().actor;
  line.action = "keys.rotate";
  line.subject = keys->newest().id;
  if (auto kept = of.accounts().audit(line); !kept)
    return kept.error();
  if (of.keys_changed)
    of.keys_changed();
  return json_fields("A new key signs access tokens; the one before is honoured for an hour.",
                     [&](json_writer& out) { field(out, "key", keys->newest().id); });
}

reply_fields back_up(administration& of, const arguments& given) {
  const std::filesystem::path file = given.text("file");
  const auto done = await_answer<void>(
      [&](auto answer) { of.engine.backup(file, std::move(answer)); }, whole_store_patience);
  if (!done && done.error().code == ec::store_unusable) {
    const auto inside = of.settings.state() / file.filename();
    return failure{ec::store_unusable, done.error().message,
                   "run: spec-kitty-server backup " + shell_word(inside.string()) +
                       "  # the server's own user writes it; then move it"};
  }
  if (!done)
    return done.error();
  return json_fields("The backup is " + file.string() +
                         ". It holds events and the hashes of passwords and tokens, not the "
                         "signing keys.",
                     [&](json_writer& out) { field(out, "file", file.string()); });
}

reply_fields check_rows(administration& of, const arguments&) {
  const auto report = await_answer<store::check_report>(
      [&](auto answer) { of.engine.check(std::move(answer)); }, whole_store_patience);
  if (!report)
    return report.error();
  const auto teams = of.accounts().teams();
  const std::string fields =
      json_fields(report->finding_count == 0 ? "The store is whole."
                                             : count_of(report->finding_count, "finding") + ".",
                  [&](json_writer& out) {
                    field(out, "teams", report->teams);
                    field(out, "events", report->events);
                    field(out, "texts", report->texts);
                    field(out, "finding_count", report->finding_count);
                    key(out, "findings");
                    out.StartArray();
                    for (const auto& finding : report->findings)
                      write_finding(out, finding, teams ? *teams : std::vector<store::team_info>{});
                    out.EndArray();
                  });
  return fields;
}

reply_fields show_stats(administration& of, const arguments&) {
  const auto stats = of.engine.stats();
  const auto health = of.engine.look();
  return json_fields([&](json_writer& out) {
    field(out, "writable", health.writable);
    field(out, "trouble", health.trouble.empty() ? std::nullopt : std::optional(health.trouble));
    instant_field(out, "newest_received", health.newest_received);
    field(out, "groups", stats.groups);
    field(out, "stored", stats.stored);
    field(out, "duplicates", stats.duplicates);
    field(out, "differing", stats.differing);
    field(out, "failed_groups", stats.failed_groups);
    field(out, "refused_busy", stats.refused_busy);
    field(out, "waiting_submissions", stats.waiting_submissions);
    field(out, "used_bytes", stats.used_bytes);
    field(out, "file_bytes", stats.file_bytes);
  });
}

reply_fields list_audit(administration& of, const arguments& given) {
  store::team_id only = 0;
  if (given.has("team")) {
    const auto team = of.team(given.text("team"));
    if (!team)
      return team.error();
    only = team->id;
  }
  const auto after = whole_number<std::uint64_t>(
      given.has("after") ? std::string_view(given.text("after")) : std::string_view("0"));
  if (!after)
    return failure{ec::bad_input, "--after is not a whole number", "give the number of a line"};
  std::size_t limit = default_audit_lines;
  if (given.has("limit")) {
    const auto wanted = whole_number<std::size_t>(given.text("limit"));
    if (!wanted)
      return failure{ec::bad_input, "--limit is not a whole number", "give a number of lines"};
    limit = std::min(*wanted, max_audit_lines);
  }
  const auto lines = of.accounts().read_audit(*after, limit, only);
  if (!lines)
    return lines.error();
  return json_fields([&](json_writer& out) {
    key(out, "lines");
    out.StartArray();
    for (const auto& line : *lines) {
      out.StartObject();
      field(out, "number", line.number);
      instant_field(out, "at", line.at);
      field(out, "actor", line.actor);
      field(out, "address", line.address);
      field(out, "action", line.action);
      field(out, "subject", line.subject);
      field(out, "detail", line.detail);
      out.EndObject();
    }
    out.EndArray();
  });
}

} // namespace spec_kitty::server
