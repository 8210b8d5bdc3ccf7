#include "messages/schema/schema_keywords.hpp"

#include "messages/schema/schema_pattern.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace spec_kitty {

namespace {

using enum schema_keyword;

constexpr std::array<std::pair<std::string_view, schema_keyword>, 36> known = {{
    {"title", annotation},
    {"description", annotation},
    {"default", annotation},
    {"examples", annotation},
    {"$comment", annotation},
    {"$schema", annotation},
    {"$id", base},
    {"id", base},
    {"$ref", reference},
    {"definitions", schema_map},
    {"properties", schema_map},
    {"patternProperties", pattern_map},
    {"additionalProperties", schema_or_flag},
    {"additionalItems", schema_or_flag},
    {"items", schema_or_list},
    {"dependencies", dependency_map},
    {"allOf", schema_list},
    {"anyOf", schema_list},
    {"oneOf", schema_list},
    {"not", schema},
    {"type", type_names},
    {"enum", scalars},
    {"required", names},
    {"pattern", pattern},
    {"minLength", count},
    {"maxLength", count},
    {"minItems", count},
    {"maxItems", count},
    {"minProperties", count},
    {"maxProperties", count},
    {"minimum", number},
    {"maximum", number},
    {"multipleOf", positive_number},
    {"uniqueItems", flag},
    {"exclusiveMinimum", flag},
    {"exclusiveMaximum", flag},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 19> advices = {{
    {"const", "use enum with this one value"},
    {"format", "use pattern, or leave it out"},
    {"if", "use anyOf with one schema for each case"},
    {"then", "use anyOf with one schema for each case"},
    {"else", "use anyOf with one schema for each case"},
    {"$defs", "write definitions instead of $defs"},
    {"$anchor", "put the schema into definitions and refer to it by #/definitions/<name>"},
    {"$dynamicRef", "use $ref with #/definitions/<name>"},
    {"$recursiveRef", "use $ref with #/definitions/<name>"},
    {"contains", R"(use {"not": {"items": {"not": <schema>}}} for contains)"},
    {"minContains", "leave it out"},
    {"maxContains", "leave it out"},
    {"propertyNames", R"(use patternProperties with "additionalProperties": {"not": {}})"},
    {"dependentRequired", "write dependencies instead of dependentRequired"},
    {"dependentSchemas", "write dependencies instead of dependentSchemas"},
    {"prefixItems", "write items with a list of schemas, and additionalItems for the rest"},
    {"unevaluatedProperties", "use additionalProperties"},
    {"unevaluatedItems", "use additionalItems"},
    {"extends", "use allOf"},
}};

constexpr std::uint32_t max_schema_count = 1U << 31;
constexpr double max_safe_number = 9007199254740992.0; // 2^53

std::string_view advice_for(std::string_view keyword) {
  for (const auto& [name, advice] : advices)
    if (name == keyword)
      return advice;
  return "leave it out, or check its spelling";
}

template <class Good>
bool is_list_of(const json_value& value, const Good& good) {
  if (!value.IsArray())
    return false;
  for (const auto& entry : value.GetArray())
    if (!good(entry))
      return false;
  return true;
}

bool is_type_name(const json_value& value) {
  constexpr std::array<std::string_view, 7> type_list = {"null",   "boolean", "object", "array",
                                                         "string", "number",  "integer"};
  return value.IsString() &&
         std::find(type_list.begin(), type_list.end(),
                   std::string_view(value.GetString(), value.GetStringLength())) != type_list.end();
}

bool is_scalar(const json_value& value) {
  return !value.IsObject() && !value.IsArray() &&
         (!value.IsNumber() || std::abs(value.GetDouble()) <= max_safe_number);
}

bool is_filled(const json_value& value) {
  return value.IsArray() && !value.Empty();
}

/// Whether the value behind a keyword has the form that RapidJSON looks for, and in words which.
std::pair<bool, const char*> form_of(schema_keyword kind, const json_value& value) {
  switch (kind) {
  case unknown:
  case annotation:
  case base:
  case reference:
    return {true, ""}; // judged elsewhere, or never
  case schema:
    return {value.IsObject(), "a schema, which is an object"};
  case schema_or_flag:
    return {value.IsBool() || value.IsObject(), "true, false or a schema"};
  case schema_or_list:
    return {value.IsObject() || is_filled(value), "a schema, or a list of at least one"};
  case schema_list:
    return {is_filled(value), "a list of at least one schema"};
  case schema_map:
  case pattern_map:
    return {value.IsObject(), "an object of schemas by name"};
  case dependency_map:
    return {value.IsObject(), "an object of name lists and schemas by name"};
  case type_names:
    return {is_type_name(value) || (is_filled(value) && is_list_of(value, is_type_name)),
            "null, boolean, object, array, string, number, integer or a list of them"};
  case names:
    return {is_name_list(value), "a list of names, beside properties"};
  case scalars:
    return {is_filled(value) && is_list_of(value, is_scalar),
            "a list of at least one text, number within 2^53, true, false or null"};
  case count:
    return {value.IsUint() && value.GetUint() <= max_schema_count,
            "a whole number from 0 to 2147483648, written without a fraction"};
  case number:
    return {value.IsNumber() && std::abs(value.GetDouble()) <= max_safe_number,
            "a number within 2^53"};
  case positive_number:
    return {value.IsUint64() && value.GetUint64() > 0 && value.GetDouble() <= max_safe_number,
            "a whole number from 1 to 2^53, written without a fraction"};
  case flag:
    return {value.IsBool(), "true or false"};
  case pattern:
    return {value.IsString(), "a text"};
  }
  return {false, ""};
}

} // namespace

schema_keyword kind_of(std::string_view keyword) {
  for (const auto& [name, kind] : known)
    if (name == keyword)
      return kind;
  return unknown;
}

bool is_name_list(const json_value& value) {
  return is_list_of(value, [](const auto& entry) { return entry.IsString(); });
}

std::optional<keyword_fault> find_value_fault(std::string_view keyword, const json_value& value) {
  const schema_keyword kind = kind_of(keyword);
  if (kind == unknown)
    return keyword_fault{"the keyword " + excerpt(printable(std::string(keyword))) +
                             " is not supported",
                         std::string(advice_for(keyword))};
  if (keyword.starts_with("exclusive") && value.IsNumber())
    return keyword_fault{std::string(keyword) + " with a number is not supported",
                         "write \"" + std::string(keyword) + "\": true beside " +
                             (keyword == "exclusiveMinimum" ? "minimum" : "maximum")};
  if (const auto [good, wanted] = form_of(kind, value); !good)
    return keyword_fault{std::string(keyword) + " is " + excerpt(to_text(value)) + ", not " +
                             wanted,
                         std::string("make it ") + wanted};
  if (kind == pattern)
    if (const auto found = find_pattern_fault({value.GetString(), value.GetStringLength()}))
      return keyword_fault{"in the pattern, " + found->what, found->remedy};
  return std::nullopt;
}

} // namespace spec_kitty
