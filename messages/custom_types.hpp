// A host program's own event types: a name and a JSON Schema for the payload.
//
// A schema is accepted only when every keyword of it is enforced (schema_subset.hpp); anything
// else is refused when it is registered, with the place and what to write instead. Filled by one
// thread, then read by any number; a copy shares the schemas.
#pragma once

#include "messages/validate.hpp"
#include "util/json.hpp"
#include "util/result.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// Maximum size of a schema, in bytes.
inline constexpr std::size_t max_custom_schema = std::size_t{64} * 1024;

/// A name that could be registered: a letter, then up to 63 letters and digits, and none of the
/// contract's eight.
bool is_custom_type_name(std::string_view name);

class custom_types {
public:
  /// Registers a type; bad_input says what is wrong with the name or the schema.
  result<void> add(const std::string& name, const std::string& json_schema);

  bool contains(std::string_view name) const;

  /// Checks a payload against the schema of a registered type; violations as of validate_payload.
  std::optional<violation> validate(std::string_view name, const json_value& payload) const;

private:
  struct entry;
  std::map<std::string, std::shared_ptr<const entry>, std::less<>> entries_;
};

} // namespace spec_kitty
