#include "app/server/core/careful_event.hpp"

#include "app/server/core/member_scanner.hpp"
#include "messages/event.hpp"
#include "messages/validate.hpp"
#include "util/json.hpp"

#include <optional>

namespace spec_kitty::server {

namespace {

/// The position behind a string, or npos where it does not end.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return std::string_view::npos;
}

std::string json_text(std::string_view text) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, text);
  return to_text(buffer);
}

bool is_known_type(const json_value& event, const batch_rules& rules) {
  const auto type = text_of(event, "event_type");
  return !type || is_event_type(*type) ||
         (rules.more_types != nullptr && rules.more_types->contains(*type));
}

event_refusal invalid(std::string message, std::string pointer) {
  return {refusal::invalid, std::move(message), std::move(pointer)};
}

/// The event's own verdict, where it is readable JSON without a key twice.
std::optional<event_refusal> judge(const json_value& event, const batch_rules& rules) {
  static const custom_types no_more_types;
  if (!event.IsObject())
    return invalid("the event is not a JSON object", "");
  if (!is_known_type(event, rules))
    return event_refusal{refusal::unknown_type,
                         "the event type " + excerpt(*text_of(event, "event_type")) +
                             " is not known to this team",
                         {}};
  const auto broken = validate_event(
      event, rules.more_types == nullptr ? no_more_types : *rules.more_types, time_form::any_utc);
  if (broken)
    return invalid(broken->message(), pointer_of(broken->field));
  return std::nullopt;
}

} // namespace

std::string_view value_at(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (at == std::string_view::npos)
        return {};
      if (depth == 0)
        return text.substr(begin, at - begin);
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (depth == 0 &&
        (closes || c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\n' || c == '\r'))
      break;
    if (c == '{' || c == '[')
      ++depth;
    else if (closes && --depth == 0)
      return text.substr(begin, at + 1 - begin);
    ++at;
  }
  return depth == 0 ? text.substr(begin, at - begin) : std::string_view{};
}

std::string with_team(std::string_view event, std::string_view team_slug) {
  const std::string value = json_text(team_slug);
  std::string text;
  text.reserve(event.size() + value.size() + 16);
  bool has_members = false;
  member_scanner members(event);
  for (auto member = members.open() ? members.next() : std::nullopt; member;
       member = members.next()) {
    has_members = true;
    if (member->key != R"("team_slug")")
      continue;
    const auto at = static_cast<std::size_t>(member->value.data() - event.data());
    return text.append(event.substr(0, at))
        .append(value)
        .append(event.substr(at + member->value.size()));
  }
  const std::size_t brace = event.rfind('}');
  return text.append(event.substr(0, brace))
      .append(has_members ? "," : "")
      .append("\"team_slug\":")
      .append(value)
      .append(event.substr(brace));
}

std::string pointer_of(std::string_view field) {
  std::string pointer;
  if (field.empty())
    return pointer;
  pointer = "/";
  for (const char c : field) {
    if (c == '.')
      pointer += '/';
    else if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
  return pointer;
}

event_refusal conflict_of(const std::string& differing_member) {
  return {refusal::id_conflict,
          "another event of the team has this event_id and differs in " + excerpt(differing_member),
          {}};
}

std::variant<batch_event, batch_refusal> judge_carefully(std::string_view text,
                                                         const batch_rules& rules,
                                                         event_batch& batch, leaf_hasher& leaves) {
  batch_event judged;
  auto event = parse_json(text, json_keys::unique);
  if (!event) {
    const auto ambiguous = parse_json(text);
    if (!ambiguous)
      return batch_refusal{400, "the body is not a JSON text: " + ambiguous.error().message, {}, 0};
    judged.id = batch.keep(text_of(*ambiguous, "event_id").value_or(""));
    judged.refused = invalid(event.error().message, "");
    return judged;
  }
  judged.id = batch.keep(text_of(*event, "event_id").value_or(""));
  judged.kept = text;
  if (event->IsObject()) {
    const json_value* team = member(*event, "team_slug");
    if (team == nullptr || text_of(*event, "team_slug") == local_team) {
      judged.kept = batch.keep(with_team(text, rules.team_slug));
      event = parse_json(judged.kept, json_keys::unique);
      if (!event)
        return batch_refusal{400, event.error().message, {}, 0};
    } else if (team->IsString() && team->GetStringLength() > 0 &&
               text_of(*event, "team_slug") != rules.team_slug) {
      return batch_refusal{403, "the batch holds an event of another team", {}, 0};
    }
  }
  judged.refused = judge(*event, rules);
  if (judged.refused)
    return judged;
  judged.node_id = batch.keep(*text_of(*event, "node_id"));
  judged.lamport_clock = member(*event, "lamport_clock")->GetUint64();
  judged.leaf = leaves.of(judged.kept);
  return judged;
}

} // namespace spec_kitty::server
