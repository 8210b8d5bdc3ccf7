// Checks a value against a JSON Schema and describes the first violation in words. Shared by the
// contract's own definitions (validate.cpp) and those of host programs (custom_types.cpp).
#pragma once

#include "messages/schema/violation.hpp"
#include "util/json.hpp"

#include <rapidjson/schema.h>

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// The schema in the form RapidJSON checks by. The JSON is looked at again to describe what breaks
/// it, so it outlives this. Any number of threads may check at once.
///
/// RapidJSON 1.1.0 keeps the state of a search inside the pattern that is searched by, so two
/// threads cannot share one. A few copies, made when they are first needed, keep them apart.
class compiled_schema {
public:
  explicit compiled_schema(const json_value& schema) : schema_(schema) {}

  /// Why the value breaks the schema; its fields are named from `prefix` on.
  std::optional<violation> check(std::string_view prefix, const json_value& value) const;

private:
  struct copy {
    std::mutex guard;
    std::optional<rapidjson::GenericSchemaDocument<json_value>> compiled;
  };
  std::optional<violation> check_with(copy& mine, std::string_view prefix,
                                      const json_value& value) const;

  const json_value& schema_;
  mutable std::array<copy, 4> copies_;
};

/// The rule in words: the schema's keyword and what it asks for.
std::string rule_text(const json_value& schema, const std::string& keyword);

/// The entries of a list, joined by commas.
std::string joined(const json_value& list);

} // namespace spec_kitty
