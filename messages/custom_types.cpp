#include "messages/custom_types.hpp"

#include "messages/event.hpp"
#include "messages/schema/schema_check.hpp"
#include "messages/schema/schema_subset.hpp"

namespace spec_kitty {

namespace {

constexpr std::size_t max_type_name_bytes = 64;

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool has_nul(const json_value& value) {
  if (value.IsString())
    return std::string_view(value.GetString(), value.GetStringLength()).find('\0') !=
           std::string_view::npos;
  if (value.IsArray())
    for (const auto& entry : value.GetArray())
      if (has_nul(entry))
        return true;
  if (value.IsObject())
    for (const auto& entry : value.GetObject())
      if (has_nul(entry.name) || has_nul(entry.value))
        return true;
  return false;
}

failure refused(const std::string& name, const std::string& why, std::string remedy) {
  return {ec::bad_input, "event type " + excerpt(printable(name)) + ": " + why, std::move(remedy)};
}

} // namespace

struct custom_types::entry {
  explicit entry(json_document parsed)
      : json(std::move(parsed)), schema(json),
        has_pattern(to_text(json).find("\"pattern") != std::string::npos) {}

  json_document json;
  compiled_schema schema;
  bool has_pattern;
};

bool is_custom_type_name(std::string_view name) {
  if (name.empty() || name.size() > max_type_name_bytes || !is_letter(name.front()) ||
      is_event_type(name))
    return false;
  for (const char c : name)
    if (!is_letter(c) && (c < '0' || c > '9'))
      return false;
  return true;
}

result<void> custom_types::add(const std::string& name, const std::string& json_schema) {
  if (is_event_type(name))
    return refused(name, "the protocol already has a type of this name", "choose another name");
  if (!is_custom_type_name(name))
    return refused(name, "the name cannot be used",
                   "use a letter, then up to 63 letters and digits, such as SprintClosed");
  if (contains(name))
    return refused(name, "it is already registered", "register each type once");
  if (json_schema.size() > max_custom_schema)
    return refused(name, "its schema has " + std::to_string(json_schema.size()) + " bytes",
                   "a schema can have at most 65536; shorten it");
  auto schema = parse_json(json_schema, json_keys::unique);
  if (!schema)
    return refused(name, "its schema is " + schema.error().message, schema.error().hint);
  if (const auto fault = find_schema_fault(*schema))
    return refused(name,
                   "its schema, at " + excerpt(printable(fault->where), 200) + ": " + fault->what,
                   fault->remedy);
  drop_annotations(*schema);
  entries_.emplace(name, std::make_shared<const entry>(std::move(*schema)));
  return {};
}

bool custom_types::contains(std::string_view name) const {
  return entries_.find(name) != entries_.end();
}

std::optional<violation> custom_types::validate(std::string_view name,
                                                const json_value& payload) const {
  const auto found = entries_.find(name);
  if (found == entries_.end())
    return violation{"event_type", "\"" + excerpt(name) + "\"", "is not a registered event type"};
  if (!payload.IsObject())
    return violation{"payload", excerpt(to_text(payload)), "is not of type object"};
  if (found->second->has_pattern && has_nul(payload)) // a search would end there, and accept it
    return violation{"payload", excerpt(to_text(payload)),
                     "has a string with U+0000, which a pattern cannot check"};
  return found->second->schema.check("payload", payload);
}

} // namespace spec_kitty
