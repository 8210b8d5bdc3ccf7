#include "messages/foreign_event.hpp"

#include "messages/validate.hpp"
#include "util/json_slices.hpp"
#include "util/timestamp.hpp"

#include <array>
#include <utility>

namespace spec_kitty {

namespace {

/// The members that stand in the head: see messages/event.hpp.
constexpr std::array<std::string_view, 4> head_members = {"event_id", "lamport_clock", "node_id",
                                                          "team_slug"};

/// `,"event_type":…}` of a checked, compact event.
std::string tail_of(std::string compact) {
  for (const auto name : head_members)
    compact = without_member(compact, name);
  compact.front() = ','; // continues the object that the head opens
  return compact;
}

/// Takes out what is private, as emit does: paths, secrets, stack traces.
void clean(std::string& compact, const json_value& event, const redaction_terms& words) {
  if (text_of(event, "event_type") == "ErrorLogged")
    if (const auto payload = member_slice(compact, "payload"))
      compact = with_slice(compact, *payload, without_stack_trace(std::string(*payload)));
  compact = redact_json(std::move(compact), words);
}

/// The same instant in the contract's form, where an older tool wrote another: whole seconds
/// without a fraction, another offset.
void settle_timestamp(std::string& compact, const json_value& event) {
  const auto text = text_of(event, "timestamp");
  const auto instant = text && !is_event_timestamp(*text) ? parse_date_time(*text) : std::nullopt;
  if (!instant)
    return;
  if (const auto old = member_slice(compact, "timestamp"))
    compact = with_slice(compact, *old, '"' + format_timestamp(*instant) + '"');
}

} // namespace

result<imported_event> read_foreign_event(std::string_view json, const redaction_terms& words) {
  auto compact = compact_json(json, json_keys::unique);
  if (!compact)
    return compact.error();
  const auto given = parse_checked_json(*compact);
  if (!given)
    return given.error();
  if (!given->IsObject())
    return failure{ec::bad_input, excerpt(*compact) + " is not an event object", {}};
  auto local_key = text_of(*given, project_key_member);
  if (local_key && is_local_project_key(*local_key))
    *compact = without_member(*compact, project_key_member);
  else
    local_key.reset();
  clean(*compact, *given, words);
  settle_timestamp(*compact, *given);
  auto event = parse_json(*compact, json_keys::unique); // two keys may be the same when redacted
  if (!event)
    return event.error();
  const json_value* team = member(*event, "team_slug");
  if (team == nullptr || team->IsNull()) {
    event->RemoveMember("team_slug");
    event->AddMember("team_slug", rapidjson::StringRef(local_team.data(), local_team.size()),
                     event->GetAllocator());
  }
  if (const auto broken = validate_event(*event))
    return failure{ec::invalid_event, broken->message(),
                   "see the event types and their fields: spec-kitty events types"};

  imported_event found;
  found.event_id = *text_of(*event, "event_id");
  found.lamport_clock = member(*event, "lamport_clock")->GetUint64();
  found.node_id = *text_of(*event, "node_id");
  found.team_slug = *text_of(*event, "team_slug");
  found.event_type = *text_of(*event, "event_type");
  found.tail = tail_of(std::move(*compact));
  found.project_key = local_key ? *local_key : text_of(*event, "project_uuid").value_or("");
  found.project_name =
      text_of(*event, "project_slug").value_or(local_key ? "a project" : found.project_key);
  return found;
}

std::string differing_field(std::string_view a, std::string_view b) {
  const auto left = parse_json(a);
  const auto right = parse_json(b);
  if (!left || !right || !left->IsObject() || !right->IsObject())
    return "the whole event";
  for (const auto& [side, other_side] : {std::pair(&*left, &*right), std::pair(&*right, &*left)})
    for (const auto& field : side->GetObject()) {
      std::string name = field.name.GetString();
      if (name == "lamport_clock" || name == "team_slug")
        continue;
      const json_value* there = member(*other_side, name.c_str());
      if (there == nullptr || *there != field.value)
        return name;
    }
  return {};
}

} // namespace spec_kitty
