#include "messages/validate.hpp"

#include "messages/custom_types.hpp"
#include "messages/event_check.hpp"
#include "messages/schema/schema_check.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"
#include "util/utf8.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace spec_kitty {

namespace {

const json_document& contract() {
  static const result<json_document> document = parse_checked_json(std::string(contract_schema()));
  return *document;
}

const json_value* definition(const std::string& name) {
  const json_value* all = member(contract(), "definitions");
  return all == nullptr ? nullptr : member(*all, name.c_str());
}

/// The compiled form of one definition, made when it is first needed. An emit needs two of nine.
const compiled_schema& compiled(const std::string& name) {
  static std::mutex guard;
  static std::map<std::string, std::unique_ptr<compiled_schema>> cache;
  const std::lock_guard lock(guard);
  auto& slot = cache[name];
  if (!slot)
    slot = std::make_unique<compiled_schema>(*definition(name));
  return *slot;
}

std::optional<violation> check(const std::string& name, std::string_view prefix,
                               const json_value& value) {
  return compiled(name).check(prefix, value);
}

/// A text that a pattern cannot judge: RapidJSON ends a search at U+0000, and takes it for the end.
bool ends_early(const json_value& value) {
  return value.IsString() &&
         std::string_view(value.GetString(), value.GetStringLength()).find('\0') !=
             std::string_view::npos;
}

/// What RapidJSON leaves out of one payload's definition: `"format": "date-time"`, and patterns
/// beyond a U+0000.
struct text_rule {
  std::string field;
  bool is_date = false;
  std::string pattern; ///< of the field, or of its entries where it is a list
};

/// A payload's definition, made ready when it is first needed.
struct payload_rules {
  explicit payload_rules(const json_value& schema) : compiled(schema) {
    for (const auto& property : member(schema, "properties")->GetObject()) {
      text_rule rule{property.name.GetString(), member(property.value, "format") != nullptr, {}};
      const json_value* items = member(property.value, "items");
      const json_value* pattern = member(items == nullptr ? property.value : *items, "pattern");
      if (pattern != nullptr)
        rule.pattern = pattern->GetString();
      if (rule.is_date || pattern != nullptr)
        texts.push_back(std::move(rule));
    }
  }

  compiled_schema compiled;
  std::vector<text_rule> texts;
};

const payload_rules& rules_of(std::string_view event_type) {
  static const auto all = [] {
    std::map<std::string, std::unique_ptr<payload_rules>, std::less<>> made;
    for (const std::string_view type : event_types)
      made.emplace(type,
                   std::make_unique<payload_rules>(*definition(std::string(type) + "Payload")));
    return made;
  }();
  return *all.find(event_type)->second;
}

std::optional<violation> check_texts(const payload_rules& rules, const json_value& payload) {
  for (const text_rule& rule : rules.texts) {
    const json_value* value = member(payload, rule.field.c_str());
    if (value == nullptr)
      continue;
    const auto found = [&](const json_value& what, std::string words) {
      return violation{"payload." + rule.field, excerpt(to_text(what)), std::move(words)};
    };
    if (rule.is_date && value->IsString() &&
        !parse_date_time({value->GetString(), value->GetStringLength()}))
      return found(*value, "is not an RFC 3339 date-time");
    if (rule.pattern.empty())
      continue;
    if (ends_early(*value))
      return found(*value, "does not match " + rule.pattern);
    if (value->IsArray()) {
      for (const auto& entry : value->GetArray())
        if (ends_early(entry))
          return found(entry, "does not match " + rule.pattern);
    }
  }
  return std::nullopt;
}

violation broken(const json_value& event, const char* name, std::string rule) {
  const json_value* value = member(event, name);
  return {name, value == nullptr ? "nothing" : excerpt(to_text(*value)), std::move(rule)};
}

/// Where docs/protocol.md's Event table is stricter than the schema file.
std::optional<violation> check_table(const json_value& event,
                                     time_form times = time_form::microseconds) {
  if (!is_ulid(*text_of(event, "event_id")))
    return broken(event, "event_id", "is not a ULID (its value exceeds 128 bits)");
  if (const auto cause = text_of(event, "causation_id"); cause && !is_ulid(*cause))
    return broken(event, "causation_id", "is not a ULID (its value exceeds 128 bits)");
  if (!is_event_node_id(*text_of(event, "node_id")))
    return broken(event, "node_id", "is not 12 hex digits");
  const json_value& clock = *member(event, "lamport_clock");
  if (!clock.IsUint64() || clock.GetUint64() < 1 || clock.GetUint64() > max_lamport)
    return broken(event, "lamport_clock", "is not an integer from 1 to 9007199254740991");
  const std::string time = *text_of(event, "timestamp");
  if (times == time_form::any_utc && !is_utc_event_time(time))
    return broken(event, "timestamp", "is not RFC 3339 in UTC");
  if (times == time_form::microseconds && !is_event_timestamp(time))
    return broken(event, "timestamp", "is not RFC 3339 in UTC with microseconds");
  if (*text_of(event, "aggregate_type") == "WorkPackage" &&
      !is_work_package_id(*text_of(event, "aggregate_id")))
    return broken(event, "aggregate_id", "does not match ^WP[0-9]{2}$, as a WorkPackage's must");
  if (text_of(event, "team_slug")->size() > max_team_slug)
    return broken(event, "team_slug", "is longer than 255 bytes");
  const json_value* uuid = member(event, "project_uuid");
  if (uuid != nullptr && !uuid->IsNull() && !is_uuid(text_of(event, "project_uuid").value_or("")))
    return broken(event, "project_uuid", "is neither a UUID nor null");
  const json_value* slug = member(event, "project_slug");
  if (slug != nullptr && !slug->IsNull() && text_of(event, "project_slug").value_or("").empty())
    return broken(event, "project_slug", "is neither a non-empty string nor null");
  return std::nullopt;
}

/// The envelope of an event of another type as one of the contract's: with a type that the schema
/// knows and without its payload, which has other rules.
json_document stand_in_for(const json_value& event, std::string_view type) {
  json_document envelope(rapidjson::kObjectType);
  auto& memory = envelope.GetAllocator();
  const auto text = [](const json_value& value) {
    return std::string_view(value.GetString(), value.GetStringLength());
  };
  for (const auto& entry : event.GetObject()) {
    json_value value;
    if (text(entry.name) == "payload" && entry.value.IsObject())
      value.SetObject();
    else if (text(entry.name) == "event_type" && entry.value.IsString() &&
             text(entry.value) == type)
      value.SetString(event_types.front().data(), memory);
    else
      value.CopyFrom(entry.value, memory);
    envelope.AddMember(json_value(entry.name, memory), value, memory);
  }
  return envelope;
}

/// Whether depth is left for the payload inside its event.
bool fits_levels(const json_value& value, unsigned levels) {
  if (!value.IsObject() && !value.IsArray())
    return true;
  if (levels == 0)
    return false;
  if (value.IsArray()) {
    for (const auto& entry : value.GetArray())
      if (!fits_levels(entry, levels - 1))
        return false;
  } else {
    for (const auto& entry : value.GetObject())
      if (!fits_levels(entry.value, levels - 1))
        return false;
  }
  return true;
}

failure refusal_of(const event_draft& draft, const violation& found, bool custom) {
  const std::string type = excerpt(draft.event_type);
  return {ec::invalid_event, found.message(),
          custom ? "see the schema that was registered for " + type
                 : "see its fields: spec-kitty events types " + shell_word(type)};
}

/// The draft written out as an event, which is read and checked from its first byte.
result<void> validate_written(const event_draft& draft, const custom_types* more, bool custom) {
  const event_stamp stamp{std::string(26, '0'), 1, std::string(12, '0')};
  const auto event = parse_json(render_head(stamp, draft.team_slug) + render_tail(draft));
  if (!event)
    return event.error();
  if (const auto found = more == nullptr ? validate_event(*event) : validate_event(*event, *more))
    return refusal_of(draft, *found, custom);
  return {};
}

} // namespace

std::optional<violation> validate_payload(std::string_view event_type, const json_value& payload) {
  if (!is_event_type(event_type))
    return violation{
        "event_type", std::string(1, '"').append(excerpt(event_type)).append("\""),
        rule_text(*member(*member(*definition("Event"), "properties"), "event_type"), "enum")};
  const payload_rules& rules = rules_of(event_type);
  if (auto found = rules.compiled.check("payload", payload))
    return found;
  return check_texts(rules, payload);
}

std::optional<violation> validate_event(const json_value& event) {
  static const custom_types contract_only;
  return validate_event(event, contract_only);
}

std::optional<violation> validate_event(const json_value& event, const custom_types& more,
                                        time_form times) {
  const auto type = text_of(event, "event_type");
  if (!type || !more.contains(*type)) {
    if (auto found = check("Event", "", event))
      return found;
    if (auto found = validate_payload(*text_of(event, "event_type"), *member(event, "payload")))
      return found;
    return check_table(event, times);
  }
  const json_document envelope = stand_in_for(event, *type);
  if (auto found = check("Event", "", envelope))
    return found;
  if (auto found = more.validate(*type, *member(event, "payload")))
    return found;
  return check_table(envelope, times);
}

std::optional<violation> validate_foreign_type(const json_value& event) {
  const auto type = text_of(event, "event_type");
  if (!type || !is_custom_type_name(*type))
    return validate_event(event);
  const json_document envelope = stand_in_for(event, *type);
  if (auto found = check("Event", "", envelope))
    return found;
  return check_table(envelope);
}

bool has_plain_envelope(const event_draft& draft) {
  if (draft.aggregate_type == "WorkPackage" ? !is_work_package_id(draft.aggregate_id)
                                            : draft.aggregate_type != "Feature")
    return false;
  return !draft.aggregate_id.empty() && is_utf8(draft.aggregate_id) && !draft.team_slug.empty() &&
         draft.team_slug.size() <= max_team_slug && is_utf8(draft.team_slug) &&
         is_event_timestamp(draft.timestamp) &&
         (!draft.causation_id || is_ulid(*draft.causation_id)) &&
         (!draft.feature_slug || is_utf8(*draft.feature_slug)) &&
         (!draft.project_uuid || is_uuid(*draft.project_uuid)) &&
         (!draft.project_slug || (!draft.project_slug->empty() && is_utf8(*draft.project_slug)));
}

result<void> validate_draft(const event_draft& draft) {
  const auto payload = parse_json(draft.payload); // it is joined in as it is
  return payload ? validate_draft(draft, *payload, nullptr) : payload.error();
}

result<void> validate_draft(const event_draft& draft, const json_value& payload,
                            const custom_types* more) {
  const bool custom = more != nullptr && more->contains(draft.event_type);
  if ((!custom && !is_event_type(draft.event_type)) || !has_plain_envelope(draft) ||
      !fits_levels(payload, max_json_depth - 1))
    return validate_written(draft, more, custom);
  const auto found = custom ? more->validate(draft.event_type, payload)
                            : validate_payload(draft.event_type, payload);
  if (found)
    return refusal_of(draft, *found, custom);
  return {};
}

std::string payload_field_types(std::string_view event_type, std::string_view field_name) {
  const json_value* schema = definition(std::string(event_type) + "Payload");
  if (schema == nullptr)
    return {};
  const json_value* property =
      member(*member(*schema, "properties"), std::string(field_name).c_str());
  const json_value* type = property == nullptr ? nullptr : member(*property, "type");
  if (type == nullptr)
    return {};
  return type->IsArray() ? joined(*type) : type->GetString();
}

} // namespace spec_kitty
