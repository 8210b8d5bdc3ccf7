#include "messages/validate.hpp"

#include "messages/timestamp.hpp"

#include <rapidjson/pointer.h>
#include <rapidjson/schema.h>

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

namespace spec_kitty {

namespace {

const json_document& contract() {
  static const json_document document = [] {
    json_document parsed;
    parsed.Parse(contract_schema().data(), contract_schema().size());
    return parsed;
  }();
  return document;
}

const json_value* definition(const std::string& name) {
  const json_value* all = member(contract(), "definitions");
  return all == nullptr ? nullptr : member(*all, name.c_str());
}

/// The compiled form of one definition, made when it is first needed. An emit needs two of nine.
const rapidjson::SchemaDocument& compiled(const std::string& name) {
  static std::mutex guard;
  static std::map<std::string, std::unique_ptr<rapidjson::SchemaDocument>> cache;
  const std::lock_guard lock(guard);
  auto& slot = cache[name];
  if (!slot)
    slot = std::make_unique<rapidjson::SchemaDocument>(*definition(name));
  return *slot;
}

/// Passes a value on to the schema validator, with 7.0 shown as the integer it is (JSON Schema
/// 2020-12, 6.1.1: a number with a zero fraction is an integer; RapidJSON disagrees).
class integral_filter : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, integral_filter> {
public:
  explicit integral_filter(rapidjson::SchemaValidator& next) : next_(next) {}
  bool Null() { return next_.Null(); }
  bool Bool(bool b) { return next_.Bool(b); }
  bool Int(int i) { return next_.Int(i); }
  bool Uint(unsigned u) { return next_.Uint(u); }
  bool Int64(std::int64_t i) { return next_.Int64(i); }
  bool Uint64(std::uint64_t u) { return next_.Uint64(u); }
  bool Double(double d) {
    if (std::trunc(d) != d)
      return next_.Double(d);
    constexpr double limit = 9223372036854775808.0; // 2^63; beyond it only the sign is judged
    if (std::abs(d) < limit)
      return next_.Int64(static_cast<std::int64_t>(d));
    return d > 0 ? next_.Uint64(std::numeric_limits<std::uint64_t>::max())
                 : next_.Int64(std::numeric_limits<std::int64_t>::min());
  }
  bool String(const char* s, rapidjson::SizeType n, bool c) { return next_.String(s, n, c); }
  bool StartObject() { return next_.StartObject(); }
  bool Key(const char* s, rapidjson::SizeType n, bool c) { return next_.Key(s, n, c); }
  bool EndObject(rapidjson::SizeType n) { return next_.EndObject(n); }
  bool StartArray() { return next_.StartArray(); }
  bool EndArray(rapidjson::SizeType n) { return next_.EndArray(n); }

private:
  rapidjson::SchemaValidator& next_;
};

std::string dotted(std::string_view prefix, const rapidjson::Pointer& where) {
  std::string path(prefix);
  for (std::size_t i = 0; i < where.GetTokenCount(); ++i) {
    const auto& token = where.GetTokens()[i];
    if (!path.empty())
      path += '.';
    path.append(token.name, token.length);
  }
  return path;
}

std::string joined(const json_value& list) {
  std::string text;
  for (const auto& entry : list.GetArray())
    text += (text.empty() ? "" : ", ") + (entry.IsString() ? entry.GetString() : to_text(entry));
  return text;
}

/// The rule in words: the schema keyword and what it asks for.
std::string rule_text(const json_value& schema, const std::string& keyword) {
  const json_value* asked = member(schema, keyword.c_str());
  if (asked == nullptr)
    return "breaks the rule " + keyword;
  if (keyword == "pattern")
    return std::string("does not match ") + asked->GetString();
  if (keyword == "enum")
    return "is none of: " + joined(*asked);
  if (keyword == "type")
    return "is not of type " + (asked->IsArray() ? joined(*asked) : asked->GetString());
  if (keyword == "minLength")
    return "is shorter than " + to_text(*asked) + " character";
  if (keyword == "minimum")
    return "is less than " + to_text(*asked);
  return "breaks " + keyword + " " + to_text(*asked);
}

violation describe(std::string_view prefix, const json_value& root, const json_value& schema,
                   const rapidjson::SchemaValidator& validator) {
  const rapidjson::Pointer where = validator.GetInvalidDocumentPointer();
  const std::string keyword = validator.GetInvalidSchemaKeyword();
  const json_value* value = where.Get(root);
  const json_value* rule = validator.GetInvalidSchemaPointer().Get(schema);

  if (keyword == "required" && rule != nullptr && value != nullptr)
    for (const auto& name : (*member(*rule, "required")).GetArray())
      if (member(*value, name.GetString()) == nullptr) {
        std::string field = dotted(prefix, where);
        field += (field.empty() ? "" : ".") + std::string(name.GetString());
        return {std::move(field), "nothing", "is required"};
      }
  return {dotted(prefix, where), value == nullptr ? "nothing" : excerpt(to_text(*value)),
          rule == nullptr ? "breaks the rule " + keyword : rule_text(*rule, keyword)};
}

std::optional<violation> check(const std::string& name, std::string_view prefix,
                               const json_value& value) {
  rapidjson::SchemaValidator validator(compiled(name));
  integral_filter filter(validator);
  if (value.Accept(filter) && validator.IsValid())
    return std::nullopt;
  return describe(prefix, value, *definition(name), validator);
}

/// Fields whose schema says `"format": "date-time"`.
std::optional<violation> check_date_times(std::string_view event_type, const json_value& payload) {
  const json_value* schema = definition(std::string(event_type) + "Payload");
  for (const auto& property : (*member(*schema, "properties")).GetObject()) {
    const json_value* format = member(property.value, "format");
    const json_value* value = member(payload, property.name.GetString());
    if (format == nullptr || value == nullptr || !value->IsString())
      continue;
    if (!parse_date_time({value->GetString(), value->GetStringLength()}))
      return violation{std::string("payload.") + property.name.GetString(),
                       excerpt(to_text(*value)), "is not an RFC 3339 date-time"};
  }
  return std::nullopt;
}

violation broken(const json_value& event, const char* name, std::string rule) {
  const json_value* value = member(event, name);
  return {name, value == nullptr ? "nothing" : excerpt(to_text(*value)), std::move(rule)};
}

bool is_node_id(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Where protocol.md's Event table is stricter than the schema file.
std::optional<violation> check_table(const json_value& event) {
  if (!is_ulid(*text_of(event, "event_id")))
    return broken(event, "event_id", "is not a ULID (its value exceeds 128 bits)");
  if (const auto cause = text_of(event, "causation_id"); cause && !is_ulid(*cause))
    return broken(event, "causation_id", "is not a ULID (its value exceeds 128 bits)");
  if (!is_node_id(*text_of(event, "node_id")))
    return broken(event, "node_id", "is not 12 hex digits");
  const json_value& clock = *member(event, "lamport_clock");
  if (!clock.IsUint64() || clock.GetUint64() < 1 || clock.GetUint64() > max_lamport)
    return broken(event, "lamport_clock", "is no integer from 1 to 9007199254740991");
  if (!is_event_timestamp(*text_of(event, "timestamp")))
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

} // namespace

std::string violation::message() const {
  return field.empty() ? "the event: " + value + " " + rule : field + ": " + value + " " + rule;
}

std::optional<violation> validate_payload(std::string_view event_type, const json_value& payload) {
  if (!is_event_type(event_type))
    return violation{
        "event_type", std::string(1, '"').append(excerpt(event_type)).append("\""),
        rule_text(*member(*member(*definition("Event"), "properties"), "event_type"), "enum")};
  if (auto found = check(std::string(event_type) + "Payload", "payload", payload))
    return found;
  return check_date_times(event_type, payload);
}

std::optional<violation> validate_event(const json_value& event) {
  if (auto found = check("Event", "", event))
    return found;
  if (auto found = validate_payload(*text_of(event, "event_type"), *member(event, "payload")))
    return found;
  return check_table(event);
}

result<void> validate_draft(const event_draft& draft) {
  if (const auto payload = compact_json(draft.payload); !payload) // it is joined in as it is
    return payload.error();
  const event_stamp stamp{std::string(26, '0'), 1, std::string(12, '0')};
  const auto event = parse_json(render_head(stamp, draft.team_slug) + render_tail(draft));
  if (!event)
    return event.error();
  const auto found = validate_event(*event);
  if (!found)
    return {};
  return failure{ec::invalid_event, found->message(),
                 "see docs/protocol.md for the fields of " + excerpt(draft.event_type)};
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
