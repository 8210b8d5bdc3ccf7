// A host's own event types: which keywords a schema may use, and what each then refuses.
#include "tests/messages/custom_types_fixture.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace spec_kitty {
namespace {

using namespace custom_types_test;

struct enforced_keyword {
  const char* schema; ///< of the field x
  const char* good;   ///< values of x
  const char* bad;
  const char* says; ///< of the bad one
};

TEST(CustomTypes, EveryKeywordThatIsTakenIsEnforced) {
  const std::vector<enforced_keyword> cases = {
      {R"({"type":"integer"})", "7.0", "7.5", "is not of type integer"},
      {R"({"type":["string","null"]})", "null", "1", "is not of type string, null"},
      {R"({"enum":["a",2,null,true,1.5]})", "2", "\"b\"", "is not one of: a, 2, null, true, 1.5"},
      {R"({"minLength":2})", "\"éé\"", "\"é\"", "is shorter than 2 characters"},
      {R"({"maxLength":1})", "\"é\"", "\"éé\"", "is longer than 1 character"},
      {R"({"pattern":"^[a-z]+$"})", "\"abc\"", "\"aBc\"", "does not match ^[a-z]+$"},
      {R"({"minimum":5})", "5", "4.5", "is less than 5"},
      {R"({"maximum":5})", "5", "1e300", "is greater than 5"},
      {R"({"minimum":5,"exclusiveMinimum":true})", "6", "5", "is not greater than 5"},
      {R"({"maximum":5,"exclusiveMaximum":true})", "4", "5", "is not less than 5"},
      {R"({"multipleOf":3})", "-9", "10", "is not a multiple of 3"},
      {R"({"required":["a"]})", R"({"a":1})", R"({"b":1})", "x.a is required"},
      {R"({"additionalProperties":false,"properties":{"a":{}}})", R"({"a":1})", R"({"b":1})",
       "payload.x.b is not a known field"},
      {R"({"additionalProperties":{"type":"string"}})", R"({"a":"b"})", R"({"a":1})",
       "payload.x.a: 1 is not of type string"},
      {R"({"patternProperties":{"^n_":{"type":"integer"}}})", R"({"n_a":1,"b":"c"})",
       R"({"n_a":"b"})", "does not meet patternProperties"},
      {R"({"patternProperties":{"^n_":{}},"additionalProperties":{"not":{}}})", R"({"n_a":"b"})",
       R"({"m_a":1})", "meets the schema of not"},
      {R"({"items":{"type":"string"}})", R"(["a"])", R"(["a",1])", "payload.x.1: 1 is not of type"},
      {R"({"items":[{"type":"string"}],"additionalItems":false})", R"(["a"])", R"(["a",1])",
       "is an extra item"},
      {R"({"items":[{}],"additionalItems":{"type":"null"}})", "[1,null]", "[1,2]",
       "is not of type null"},
      {R"({"minItems":2})", "[1,2]", "[1]", "has fewer than 2 items"},
      {R"({"maxItems":1})", "[1]", "[1,2]", "has more than 1 item"},
      {R"({"uniqueItems":true,"items":{"type":"number"}})", "[1,2]", "[1,1.0]",
       "is a duplicate in its list"},
      {R"({"minProperties":1})", R"({"a":1})", "{}", "has fewer than 1 field"},
      {R"({"maxProperties":0})", "{}", R"({"a":1})", "has more than 0 fields"},
      {R"({"dependencies":{"a":["b"]}})", R"({"a":1,"b":2})", R"({"a":1})",
       "does not meet dependencies"},
      {R"({"dependencies":{"a":{"maxProperties":1}}})", R"({"a":1})", R"({"a":1,"b":2})",
       "does not meet dependencies"},
      {R"({"allOf":[{"minimum":1},{"maximum":2}]})", "1", "3", "does not meet every schema"},
      {R"({"anyOf":[{"type":"null"},{"maximum":2}]})", "1", "3", "meets no schema of anyOf"},
      {R"({"oneOf":[{"minimum":1},{"maximum":2}]})", "3", "1.5", "does not meet exactly one"},
      {R"({"not":{"type":"string"}})", "1", "\"a\"", "meets the schema of not"},
  };
  for (const auto& test_case : cases) {
    const std::string schema = schema_of_x(test_case.schema);
    EXPECT_EQ(validation_of(schema, R"({"x":)" + std::string(test_case.good) + "}"), "fine")
        << test_case.schema;
    const std::string found = validation_of(schema, R"({"x":)" + std::string(test_case.bad) + "}");
    EXPECT_TRUE(found.starts_with("payload.x")) << test_case.schema << ": " << found;
    EXPECT_NE(found.find(test_case.says), std::string::npos) << test_case.schema << ": " << found;
  }
}

TEST(CustomTypes, AnnotationsMaySayAnything) {
  EXPECT_EQ(
      validation_of(R"({"$schema":"s","$id":"i","title":"t","description":"d","$comment":"c",)"
                    R"("default":{"patternProperties":3},"examples":[{"pattern":"(("}],)"
                    R"("properties":{"title":{"default":{"$ref":"#/nowhere"},"type":"string"}}})",
                    R"({"title":1})"),
      "payload.title: 1 is not of type string");
}

TEST(CustomTypes, DefinitionsAreReferredToByName) {
  const std::string schema =
      R"({"type":"object","properties":{"from":{"$ref":"#/definitions/day"},)"
      R"("dependencies":{"$ref":"#/definitions/dependencies"}},"definitions":{)"
      R"("day":{"type":"string","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},)"
      R"("dependencies":{"$ref":"#/definitions/list"},"list":{"enum":[1,2]}}})";
  EXPECT_EQ(validation_of(schema, R"({"from":"2026-02-03","dependencies":2})"), "fine");
  EXPECT_NE(
      validation_of(schema, R"({"from":"3 Feb"})").find("payload.from: \"3 Feb\" does not match"),
      std::string::npos);
  EXPECT_EQ(validation_of(schema, R"({"dependencies":3})"),
            "payload.dependencies: 3 is not one of: 1, 2");
}

TEST(CustomTypes, APayloadIsAnObjectWhateverTheSchemaSays) {
  EXPECT_EQ(validation_of("{}", "[1]"), "payload: [1] is not of type object");
  EXPECT_EQ(validation_of("{}", "{}"), "fine");
}

TEST(CustomTypes, NamesAreShortPlainAndNew) {
  custom_types types;
  EXPECT_TRUE(types.add("S", "{}"));
  EXPECT_TRUE(types.add("Sprint2Closed", "{}"));
  EXPECT_TRUE(types.add(std::string(64, 'a'), "{}"));
  for (const std::string& bad :
       {std::string(), std::string("2Sprint"), std::string("Sprint Closed"),
        std::string("Sprint_Closed"), std::string("Sprïnt"), std::string("S\0x", 3),
        std::string(65, 'a')}) {
    EXPECT_EQ(types.add(bad, "{}").error().code, ec::bad_input) << bad;
    EXPECT_FALSE(types.contains(bad));
  }
  EXPECT_NE(types.add("S", "{}").error().message.find("already registered"), std::string::npos);
  for (const auto type : event_types)
    EXPECT_NE(types.add(std::string(type), "{}").error().message.find("the protocol already has"),
              std::string::npos);
}

TEST(CustomTypes, ACopyKnowsTheSameTypesAndGoesItsOwnWay) {
  custom_types first;
  ASSERT_TRUE(first.add("SprintClosed", schema_of_x(R"({"type":"string"})")));
  custom_types second = first;
  ASSERT_TRUE(second.add("SprintOpened", "{}"));
  EXPECT_FALSE(first.contains("SprintOpened"));
  first = {};
  EXPECT_TRUE(second.validate("SprintClosed", json(R"({"x":1})")));
  EXPECT_TRUE(first.validate("SprintClosed", json("{}"))) << "its schema is gone";
}

TEST(CustomTypes, AreReadByManyThreadsAtOnce) {
  custom_types types;
  ASSERT_TRUE(types.add("SprintClosed", schema_of_x(R"({"pattern":"^(ab?c)*d{2,4}$"})")));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, types] {
      std::string text; // long, so that the searches meet
      for (int i = 0; i < 2000; ++i)
        text += i % 3 == 0 ? "ac" : "abc";
      const auto good = parse_json(R"({"x":")" + text + "dd\"}");
      const auto bad = parse_json(R"({"x":")" + text + "d\"}");
      for (int i = 0; i < 50; ++i)
        wrong += (types.validate("SprintClosed", *good) ? 1 : 0) +
                 (types.validate("SprintClosed", *bad) ? 0 : 1);
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace spec_kitty
