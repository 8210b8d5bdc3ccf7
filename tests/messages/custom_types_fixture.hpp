// A host's own event types in tests: what becomes of a schema, and of a payload under it.
#pragma once

#include "messages/custom_types.hpp"
#include "messages/event.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spec_kitty::custom_types_test {

inline json_document json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? std::move(*parsed) : json_document{};
}

/// `message | hint` of a refused schema; `taken` for an accepted one.
inline std::string answer_to(const std::string& schema) {
  custom_types types;
  const auto added = types.add("SprintClosed", schema);
  EXPECT_EQ(types.contains("SprintClosed"), added.ok());
  if (added)
    return "taken";
  EXPECT_EQ(added.error().code, ec::bad_input);
  EXPECT_TRUE(added.error().message.starts_with("event type SprintClosed: "))
      << added.error().message;
  EXPECT_FALSE(added.error().hint.empty()) << added.error().message;
  return added.error().message + " | " + added.error().hint;
}

/// The violation of a payload under an accepted schema; `fine` where it has none.
inline std::string validation_of(const std::string& schema, std::string_view payload) {
  custom_types types;
  const auto added = types.add("SprintClosed", schema);
  if (!added)
    return added.error().message;
  const auto found = types.validate("SprintClosed", json(payload));
  return found ? found->message() : "fine";
}

/// A schema that checks the field x by another schema.
inline std::string schema_of_x(const std::string& schema) {
  return R"({"properties":{"x":)" + schema + "}}";
}

} // namespace spec_kitty::custom_types_test
