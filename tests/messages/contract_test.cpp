// validate_event against contract_cases.json, the list that contract_judge.py judges by the
// schema file with an independent validator. Every case is a test of its own.
#include "messages/event.hpp"
#include "messages/payloads.hpp"
#include "messages/validate.hpp"
#include "util/json.hpp"

#include <rapidjson/pointer.h>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace spec_kitty {
namespace {

struct contract_case {
  std::string name;
  std::string event; ///< JSON text
  bool valid = false;
  std::string field; ///< what a refusal must name
};

std::ostream& operator<<(std::ostream& out, const contract_case& c) {
  return out << c.name;
}

/// `payload.wp_id` as the pointer `/payload/wp_id`.
rapidjson::GenericPointer<json_value> pointer_to(std::string path) {
  for (char& c : path)
    c = c == '.' ? '/' : c;
  return rapidjson::GenericPointer<json_value>(("/" + path).c_str());
}

json_document read_cases() {
  std::ifstream file(SPEC_KITTY_SOURCE_DIR "/tests/messages/contract_cases.json", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto parsed = parse_json(text);
  if (!parsed)
    throw std::runtime_error("contract_cases.json: " + parsed.error().message);
  return std::move(*parsed);
}

std::string event_of(const json_value& c, const json_value& bases) {
  if (const json_value* whole = member(c, "event"))
    return to_text(*whole);
  json_document event;
  event.CopyFrom(*member(bases, text_of(c, "base").value().c_str()), event.GetAllocator());
  if (const json_value* removed = member(c, "remove"))
    for (const auto& path : removed->GetArray())
      if (!pointer_to(path.GetString()).Erase(event))
        throw std::runtime_error(std::string("nothing to remove at ") + path.GetString());
  if (const json_value* set = member(c, "set"))
    for (const auto& change : set->GetObject())
      pointer_to(change.name.GetString())
          .Set(event, json_value(change.value, event.GetAllocator()).Move());
  return to_text(event);
}

std::vector<contract_case> all_cases() {
  const json_document file = read_cases();
  std::vector<contract_case> cases;
  for (const auto& c : member(file, "cases")->GetArray())
    cases.push_back({text_of(c, "name").value(), event_of(c, *member(file, "bases")),
                     member(c, "valid")->GetBool(), text_of(c, "field").value_or("")});
  return cases;
}

class Contract : public testing::TestWithParam<contract_case> {};

TEST_P(Contract, GivesItsVerdict) {
  SCOPED_TRACE(GetParam().event);
  const auto event = parse_json(GetParam().event);
  ASSERT_TRUE(event) << event.error().message;

  const auto found = validate_event(*event);

  EXPECT_EQ(!found, GetParam().valid) << (found ? found->message() : "accepted");
  if (found && !GetParam().valid) {
    EXPECT_EQ(found->field, GetParam().field) << found->message();
    EXPECT_FALSE(found->rule.empty());
    EXPECT_EQ(found->rule.find("violates"), std::string::npos)
        << "a keyword instead of a rule in words: " << found->message();
    EXPECT_TRUE(is_utf8(found->message()));
  }
}

std::string test_name(const testing::TestParamInfo<contract_case>& info) {
  std::string name = std::to_string(info.index);
  for (const char c : info.param.name) // gtest takes letters, digits and underscores only
    name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, Contract, testing::ValuesIn(all_cases()), test_name);

TEST(ContractCases, CoverEveryTypeGoodAndBad) {
  std::set<std::pair<std::string, bool>> seen;
  const auto cases = all_cases();
  for (const auto& c : cases) {
    const auto event = parse_json(c.event);
    ASSERT_TRUE(event);
    seen.emplace(text_of(*event, "event_type").value_or(""), c.valid);
  }
  EXPECT_GE(cases.size(), 90U);
  for (const auto type : event_types) {
    EXPECT_TRUE(seen.count({std::string(type), true})) << type;
    EXPECT_TRUE(seen.count({std::string(type), false})) << type;
  }
}

// What a person reads.

json_document json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? std::move(*parsed) : json_document{};
}

std::string message_for(std::string_view type, std::string_view payload) {
  const auto found = validate_payload(type, json(payload));
  return found ? found->message() : "accepted";
}

TEST(Violation, NamesFieldValueAndRule) {
  EXPECT_EQ(message_for("DependencyResolved",
                        R"({"wp_id":"WP1","dependency_wp_id":"WP02","resolution_type":"merged"})"),
            R"(payload.wp_id: "WP1" is not a work package such as WP01)");
  EXPECT_EQ(message_for("WPAssigned", R"({"wp_id":"WP01","agent_id":"a","phase":"rest"})"),
            R"(payload.phase: "rest" is not one of: implementation, review)");
  EXPECT_EQ(message_for("WPAssigned", R"({"wp_id":"WP01","phase":"review"})"),
            "payload.agent_id is required");
  EXPECT_EQ(message_for("FeatureCompleted", R"({"feature_slug":"f","total_wps":-2})"),
            "payload.total_wps: -2 is less than 0");
  EXPECT_EQ(message_for("ErrorLogged", R"({"error_type":"auth","error_message":""})"),
            R"(payload.error_message: "" is shorter than 1 character)");
  EXPECT_EQ(message_for("ErrorLogged", R"({"error_type":"auth","error_message":"m","wp_id":1})"),
            "payload.wp_id: 1 is not of type string, null");
}

TEST(Violation, OfAnUnknownTypeListsTheTypes) {
  const auto text = message_for("WPRenamed", "{}");
  EXPECT_EQ(text.find("event_type: \"WPRenamed\" is not one of: WPStatusChanged, "), 0U) << text;
}

TEST(Violation, CutsALongValue) {
  const std::string slug(5000, 'x');
  const auto found = validate_payload(
      "FeatureCreated", json(R"({"feature_slug":")" + slug +
                             R"(","feature_number":"028","target_branch":"m","wp_count":1})"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->field, "payload.feature_slug");
  EXPECT_LT(found->value.size(), 70U);
}

TEST(Draft, IsJudgedAsTheEventItWouldBecome) {
  event_draft draft;
  draft.event_type = "WPCreated";
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = to_json(wp_created{"WP01", "Title", "028-x", {}});
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  EXPECT_TRUE(validate_draft(draft));

  event_draft unknown_type = draft;
  unknown_type.event_type = "WPDeleted";
  const auto refused = validate_draft(unknown_type);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::invalid_event);
  EXPECT_EQ(refused.error().message.find("event_type: "), 0U);

  event_draft bad_cause = draft;
  bad_cause.causation_id = "80000000000000000000000000";
  EXPECT_EQ(validate_draft(bad_cause).error().code, ec::invalid_event);

  event_draft long_team = draft;
  long_team.team_slug = std::string(max_team_slug + 1, 't');
  EXPECT_EQ(validate_draft(long_team).error().message.find("team_slug: "), 0U);
  long_team.team_slug.pop_back();
  EXPECT_TRUE(validate_draft(long_team));

  event_draft no_json = draft;
  no_json.payload = "";
  EXPECT_EQ(validate_draft(no_json).error().code, ec::bad_input);
}

TEST(Draft, WithMoreThanOneValueAsPayloadIsRefused) {
  event_draft draft;
  draft.event_type = "WPCreated";
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = to_json(wp_created{"WP01", "Title", "028-x", {}}) + R"(,"team_slug":"other")";
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  EXPECT_FALSE(validate_draft(draft)) << "a payload must not add fields to the envelope";
}

TEST(PayloadFieldTypes, AreThoseOfTheSchema) {
  EXPECT_EQ(payload_field_types("WPAssigned", "retry_count"), "integer");
  EXPECT_EQ(payload_field_types("WPCreated", "dependencies"), "array");
  EXPECT_EQ(payload_field_types("ErrorLogged", "wp_id"), "string, null");
  EXPECT_EQ(payload_field_types("WPCreated", "priority"), "");
  EXPECT_EQ(payload_field_types("WPDeleted", "wp_id"), "");
}

} // namespace
} // namespace spec_kitty
