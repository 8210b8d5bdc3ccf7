// The checking pass: one look at a text from outside, which finds that it can be recorded as it is.
//
// Its yes means what the careful path means by it: readable JSON, UTF-8, no key twice, flat enough,
// fitting the contract, with nothing to redact; and what it found is what the careful path would
// have made, byte for byte. Its no means nothing: the careful path (util/json, validate, redact)
// judges, and finds the words. tests/fuzz holds the two against each other. Pure; allocates nothing
// once its buffer has grown.
#pragma once

#include "messages/redact.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// A payload that can be recorded. The views lie in the text that was checked.
struct plain_payload {
  std::string compact;                          ///< the payload without white space
  std::optional<std::string_view> wp_id;        ///< where it is a text
  std::optional<std::string_view> feature_slug; ///< where it is a text
};

/// A line of `emit --stdin` that can be recorded, but for what its envelope is checked for.
struct plain_line {
  std::string_view event_type;
  plain_payload payload;
  std::optional<std::string_view> causation_id;
  std::optional<std::string_view> aggregate_id;
  std::optional<std::string_view> feature_slug;
};

/// A payload of a type of the contract.
bool check_plain_payload(std::string_view event_type, std::string_view text,
                         const redaction_terms& words, plain_payload& found);

/// An object of event_type, payload and, where it has them, causation_id, aggregate_id and
/// feature_slug. The type comes before the payload.
bool check_plain_line(std::string_view line, const redaction_terms& words, plain_line& found);

} // namespace spec_kitty
