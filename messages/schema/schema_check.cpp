#include "messages/schema/schema_check.hpp"

#include "util/closest.hpp"

#include <rapidjson/pointer.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace spec_kitty {

namespace {

using json_pointer = rapidjson::GenericPointer<json_value, rapidjson::CrtAllocator>;
using schema_validator =
    rapidjson::GenericSchemaValidator<rapidjson::GenericSchemaDocument<json_value>>;

constexpr std::size_t max_rule_bytes = 300; ///< bytes of a rule that are shown

/// Passes a value on to the schema validator, with 7.0 shown as the integer it is (JSON Schema
/// 2020-12, 6.1.1: a number with a zero fraction is an integer; RapidJSON disagrees).
class integral_filter : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, integral_filter> {
public:
  explicit integral_filter(schema_validator& next) : next_(next) {}
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
                 : next_.Int64(std::numeric_limits<std::int64_t>::min() + 1); // it negates them
  }
  bool String(const char* s, rapidjson::SizeType n, bool c) { return next_.String(s, n, c); }
  bool StartObject() { return next_.StartObject(); }
  bool Key(const char* s, rapidjson::SizeType n, bool c) { return next_.Key(s, n, c); }
  bool EndObject(rapidjson::SizeType n) { return next_.EndObject(n); }
  bool StartArray() { return next_.StartArray(); }
  bool EndArray(rapidjson::SizeType n) { return next_.EndArray(n); }

private:
  schema_validator& next_;
};

std::string dotted(std::string_view prefix, const json_pointer& where) {
  std::string path(prefix);
  for (std::size_t i = 0; i < where.GetTokenCount(); ++i) {
    const auto& token = where.GetTokens()[i];
    if (!path.empty())
      path += '.';
    path.append(token.name, token.length);
  }
  return path;
}

bool is_set(const json_value& schema, const char* keyword) {
  const json_value* value = member(schema, keyword);
  return value != nullptr && value->IsTrue();
}

/// Rules whose words do not name a value.
constexpr std::array<std::pair<std::string_view, const char*>, 9> plain_words = {{
    {"additionalProperties", "is not a known field"},
    {"allOf", "does not meet every schema of allOf"},
    {"anyOf", "meets no schema of anyOf"},
    {"oneOf", "does not meet exactly one schema of oneOf"},
    {"not", "meets the schema of not"},
    {"dependencies", "does not meet dependencies"},
    {"items", "is an extra item"},
    {"patternProperties", "does not meet patternProperties"},
    {"uniqueItems", "is a duplicate in its list"},
}};

/// Rules that bound a count.
std::string counted(const std::string& keyword, const json_value& asked) {
  const bool is_min = keyword.starts_with("min");
  const std::string number = to_text(asked);
  const std::string plural = number == "1" ? "" : "s";
  if (keyword.ends_with("Length"))
    return (is_min ? "is shorter than " : "is longer than ") + number + " character" + plural;
  const std::string bound = is_min ? "has fewer than " : "has more than ";
  return bound + number + (keyword.ends_with("Items") ? " item" : " field") + plural;
}

/// The contract's patterns in words; another one as it is.
std::string pattern_in_words(std::string_view pattern) {
  constexpr std::array<std::pair<std::string_view, const char*>, 4> known = {{
      {"^WP[0-9]{2}$", "is not a work package such as WP01"},
      {"^[0-9A-HJKMNP-TV-Z]{26}$", "is not an id such as 01ARZ3NDEKTSV4RRFFQ69G5FAV"},
      {"^[0-9]{3,6}$", "is not a number of 3 to 6 digits such as 001"},
      {"^[^/]+$", "contains a slash or nothing"},
  }};
  for (const auto& [text, words] : known)
    if (text == pattern)
      return words;
  return "does not match " + std::string(pattern);
}

std::string whole_rule(const json_value& schema, const std::string& keyword) {
  for (const auto& [name, wording] : plain_words)
    if (name == keyword)
      return wording;
  const json_value* asked = member(schema, keyword.c_str());
  if (asked == nullptr)
    return "violates the rule " + keyword;
  if (keyword == "pattern")
    return pattern_in_words(asked->GetString());
  if (keyword == "enum")
    return "is not one of: " + joined(*asked);
  if (keyword == "type")
    return "is not of type " + (asked->IsArray() ? joined(*asked) : asked->GetString());
  if (keyword == "minimum")
    return (is_set(schema, "exclusiveMinimum") ? "is not greater than " : "is less than ") +
           to_text(*asked);
  if (keyword == "maximum")
    return (is_set(schema, "exclusiveMaximum") ? "is not less than " : "is greater than ") +
           to_text(*asked);
  if (keyword == "multipleOf")
    return "is not a multiple of " + to_text(*asked);
  if (keyword.starts_with("min") || keyword.starts_with("max"))
    return counted(keyword, *asked);
  return "violates " + keyword + " " + to_text(*asked);
}

/// The texts that a value must be one of.
std::vector<std::string> texts_in(const json_value& rule) {
  std::vector<std::string> all;
  if (const json_value* choices = member(rule, "enum"); choices != nullptr && choices->IsArray())
    for (const auto& choice : choices->GetArray())
      if (choice.IsString())
        all.emplace_back(choice.GetString());
  return all;
}

violation describe(std::string_view prefix, const json_value& root, const json_value& schema,
                   const schema_validator& validator) {
  const json_pointer where = validator.GetInvalidDocumentPointer();
  const std::string keyword = validator.GetInvalidSchemaKeyword();
  const json_value* value = where.Get(root);
  const json_value* rule = validator.GetInvalidSchemaPointer().Get(schema);
  const json_value* names = rule == nullptr ? nullptr : member(*rule, "required");

  if (keyword == "required" && names != nullptr && value != nullptr)
    for (const auto& name : names->GetArray())
      if (member(*value, name.GetString()) == nullptr) {
        std::string field = dotted(prefix, where);
        field += (field.empty() ? "" : ".") + std::string(name.GetString());
        return {std::move(field), "", "is required"};
      }
  const bool unknown = keyword == "additionalProperties"; // the rule is about the name alone
  std::string words = rule == nullptr ? "violates the rule " + keyword : rule_text(*rule, keyword);
  if (keyword == "enum" && rule != nullptr && value != nullptr && value->IsString())
    words += did_you_mean(closest(value->GetString(), texts_in(*rule)));
  return {dotted(prefix, where), value == nullptr || unknown ? "" : excerpt(to_text(*value)),
          std::move(words)};
}

} // namespace

std::string joined(const json_value& list) {
  std::string text;
  for (const auto& entry : list.GetArray())
    text += (text.empty() ? "" : ", ") + (entry.IsString() ? entry.GetString() : to_text(entry));
  return text;
}

std::string rule_text(const json_value& schema, const std::string& keyword) {
  return excerpt(whole_rule(schema, keyword), max_rule_bytes);
}

std::optional<violation> compiled_schema::check(std::string_view prefix,
                                                const json_value& value) const {
  for (auto& copy : copies_)
    if (const std::unique_lock free(copy.guard, std::try_to_lock); free)
      return check_with(copy, prefix, value);
  const std::lock_guard wait(copies_.back().guard);
  return check_with(copies_.back(), prefix, value);
}

std::optional<violation> compiled_schema::check_with(copy& mine, std::string_view prefix,
                                                     const json_value& value) const {
  if (!mine.compiled)
    mine.compiled.emplace(schema_);
  schema_validator validator(*mine.compiled);
  integral_filter filter(validator);
  if (value.Accept(filter) && validator.IsValid())
    return std::nullopt;
  return describe(prefix, value, schema_, validator);
}

} // namespace spec_kitty
