// The keywords a host's schema may use, by what may stand behind them, and the advice for the
// others.
#pragma once

#include "util/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

enum class schema_keyword {
  unknown,
  annotation,      ///< says nothing about a value
  base,            ///< $id, id: an annotation of the whole schema only
  reference,       ///< $ref
  schema,          ///< not
  schema_or_flag,  ///< additionalProperties, additionalItems
  schema_or_list,  ///< items
  schema_list,     ///< allOf, anyOf, oneOf
  schema_map,      ///< properties, definitions
  pattern_map,     ///< patternProperties
  dependency_map,  ///< dependencies
  type_names,      ///< type
  names,           ///< required
  scalars,         ///< enum
  count,           ///< minLength, maxItems, …
  number,          ///< minimum, maximum
  positive_number, ///< multipleOf
  flag,            ///< uniqueItems, exclusiveMinimum, exclusiveMaximum
  pattern,         ///< pattern
};

schema_keyword kind_of(std::string_view keyword);

bool is_name_list(const json_value& value);

struct keyword_fault {
  std::string what;   ///< `the keyword const is not supported`
  std::string remedy; ///< `use enum with this one value`
};

/// What is wrong with a keyword, or with the value behind it, beside the schemas inside it.
std::optional<keyword_fault> find_value_fault(std::string_view keyword, const json_value& value);

} // namespace spec_kitty
