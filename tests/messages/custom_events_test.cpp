// Whole events of a host's own types, and of types that another host registered.
#include "tests/messages/custom_types_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace custom_types_test;

std::string event_with(const std::string& type, const std::string& payload,
                       const std::string& team = "team-a") {
  return R"({"event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","lamport_clock":1,"node_id":"0123456789ab",)"
         R"("team_slug":")" +
         team + R"(","event_type":")" + type +
         R"(","aggregate_id":"sprint-7","aggregate_type":"Feature","payload":)" + payload +
         R"(,"timestamp":"2026-02-03T04:05:06.000007Z"})";
}

TEST(CustomEvents, MeetTheirSchemaAndEveryOtherRule) {
  custom_types types;
  ASSERT_TRUE(types.add("SprintClosed", schema_of_x(R"({"type":"string"})")));
  const auto violation_of = [&](const std::string& text) {
    const auto found = validate_event(json(text), types);
    return found ? found->message() : "fine";
  };
  EXPECT_EQ(violation_of(event_with("SprintClosed", R"({"x":"a"})")), "fine");
  EXPECT_EQ(violation_of(event_with("SprintClosed", R"({"x":1})")),
            "payload.x: 1 is not of type string");
  EXPECT_EQ(violation_of(event_with("SprintClosed", "[1]")), "payload: [1] is not of type object");
  EXPECT_EQ(violation_of(event_with("SprintClosed", "{}", "")),
            R"(team_slug: "" is shorter than 1 character)");
  EXPECT_EQ(
      violation_of(event_with("SprintClosed", "{}", std::string(256, 't'))).find("team_slug: "),
      0U);
  EXPECT_EQ(
      violation_of(event_with("SprintOpened", "{}")).find("event_type: \"SprintOpened\" is not"),
      0U);
  EXPECT_EQ(violation_of(event_with("WPAssigned", "{}")).find("payload.wp_id is required"), 0U);
  EXPECT_TRUE(validate_event(json(event_with("SprintClosed", "{}")))) << "without the list";
  EXPECT_TRUE(validate_event(json(R"({"event_type":"SprintClosed"})"), types));
  EXPECT_TRUE(validate_event(json("7"), types));
}

TEST(CustomEvents, OfATypeThatOthersRegisteredAreJudgedByTheirEnvelope) {
  const auto violation_of = [](const std::string& text) {
    const auto found = validate_foreign_type(json(text));
    return found ? found->message() : "fine";
  };
  EXPECT_EQ(violation_of(event_with("SprintClosed", R"({"x":1})")), "fine");
  EXPECT_EQ(violation_of(event_with("SprintClosed", "1")), "payload: 1 is not of type object");
  EXPECT_EQ(violation_of(event_with("SprintClosed", "{}", "")),
            R"(team_slug: "" is shorter than 1 character)");
  EXPECT_EQ(
      violation_of(event_with("Sprint closed", "{}")).find("event_type: \"Sprint closed\" is not"),
      0U);
  EXPECT_EQ(violation_of(event_with("", "{}")).find("event_type: \"\" is not"), 0U);
  EXPECT_EQ(violation_of(event_with("WPAssigned", "{}")), "payload.wp_id is required");
}

} // namespace
} // namespace spec_kitty
