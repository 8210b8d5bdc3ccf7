// What is wrong with a value that breaks a schema.
#pragma once

#include <string>

namespace spec_kitty {

/// Why a value is refused: the field (dotted path from the event), the value found, the rule.
struct violation {
  std::string field;
  std::string value; ///< compact JSON, cut to 60 bytes; empty: the field is missing, or not allowed
  std::string rule;

  /// `payload.wp_id: "WP1" does not match ^WP[0-9]{2}$`, `payload.agent_id is required`
  std::string message() const;
};

} // namespace spec_kitty
