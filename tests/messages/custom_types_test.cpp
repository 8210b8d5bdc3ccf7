// A host's own event types: which schemas are taken, what each keyword then refuses, and that
// nothing is taken which would not be enforced.
#include "messages/custom_types.hpp"
#include "messages/event.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace spec_kitty {
namespace {

json_document json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? std::move(*parsed) : json_document{};
}

/// `message | hint` of a refused schema; `taken` for an accepted one.
std::string answer_to(const std::string& schema) {
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
std::string verdict(const std::string& schema, std::string_view payload) {
  custom_types types;
  const auto added = types.add("SprintClosed", schema);
  if (!added)
    return added.error().message;
  const auto found = types.validate("SprintClosed", json(payload));
  return found ? found->message() : "fine";
}

/// A schema that checks the field x by another schema.
std::string about_x(const std::string& schema) {
  return R"({"properties":{"x":)" + schema + "}}";
}

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
       "is an item too many"},
      {R"({"items":[{}],"additionalItems":{"type":"null"}})", "[1,null]", "[1,2]",
       "is not of type null"},
      {R"({"minItems":2})", "[1,2]", "[1]", "has fewer than 2 items"},
      {R"({"maxItems":1})", "[1]", "[1,2]", "has more than 1 item"},
      {R"({"uniqueItems":true,"items":{"type":"number"}})", "[1,2]", "[1,1.0]",
       "is in its list twice"},
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
    const std::string schema = about_x(test_case.schema);
    EXPECT_EQ(verdict(schema, R"({"x":)" + std::string(test_case.good) + "}"), "fine")
        << test_case.schema;
    const std::string told = verdict(schema, R"({"x":)" + std::string(test_case.bad) + "}");
    EXPECT_TRUE(told.starts_with("payload.x")) << test_case.schema << ": " << told;
    EXPECT_NE(told.find(test_case.says), std::string::npos) << test_case.schema << ": " << told;
  }
}

struct refused_schema {
  const char* schema;
  const char* where;
  const char* says; ///< part of message or hint
};

TEST(CustomTypes, WhatWouldNotBeEnforcedIsRefusedWithPlaceNameAndRemedy) {
  const std::vector<refused_schema> cases = {
      {R"({"properties":{"x":{"const":1}}})", "/properties/x/const", "use enum with this one"},
      {R"({"properties":{"x":{"format":"date"}}})", "/properties/x/format", "use pattern"},
      {R"({"if":{},"then":{}})", "/if", "use anyOf"},
      {R"({"$defs":{}})", "/$defs", "write definitions"},
      {R"({"contains":{}})", "/contains", "the keyword contains"},
      {R"({"propertyNames":{}})", "/propertyNames", "patternProperties"},
      {R"({"dependentRequired":{}})", "/dependentRequired", "write dependencies"},
      {R"({"prefixItems":[{}]})", "/prefixItems", "write items with a list"},
      {R"({"unevaluatedProperties":false})", "/unevaluatedProperties", "use additionalProperties"},
      {R"({"minLenght":3})", "/minLenght", "check its spelling"},
      {R"({"exclusiveMinimum":5})", "/exclusiveMinimum", R"("exclusiveMinimum": true beside min)"},
      {R"({"exclusiveMaximum":true})", "/exclusiveMaximum", "no effect without maximum"},
      {R"({"minLength":"3"})", "/minLength", "a whole number"},
      {R"({"maxLength":3.0})", "/maxLength", "without a fraction"},
      {R"({"maxItems":4294967296})", "/maxItems", "to 2147483648"},
      {R"({"minItems":-1})", "/minItems", "from 0"},
      {R"({"required":true})", "/required", "a list of names"},
      {R"({"required":["a",1]})", "/required", "a list of names"},
      {R"({"type":"strng"})", "/type", "strng"},
      {R"({"type":[]})", "/type", "a list of them"},
      {R"({"enum":[]})", "/enum", "at least one"},
      {R"({"enum":[{"a":1}]})", "/enum", "text, number"},
      {R"({"maximum":1e300})", "/maximum", "within 2^53"},
      {R"({"multipleOf":0.1})", "/multipleOf", "a whole number"},
      {R"({"multipleOf":0})", "/multipleOf", "from 1"},
      {R"({"uniqueItems":"yes","items":{"type":"string"}})", "/uniqueItems", "true or false"},
      {R"({"uniqueItems":true})", "/uniqueItems", "items with a type"},
      {R"({"uniqueItems":true,"items":{"type":["string","object"]}})", "/uniqueItems", "type"},
      {R"({"additionalItems":false})", "/additionalItems", "list of items"},
      {R"({"items":[],"additionalItems":false})", "/items", "at least one"},
      {R"({"items":[true]})", "/items/0", "{\"not\": {}} for false"},
      {R"({"properties":{"x":false}})", "/properties/x", "{} for true"},
      {R"({"properties":["x"]})", "/properties", "an object"},
      {R"({"allOf":[true]})", "/allOf/0", "{} for true"},
      {R"({"anyOf":[]})", "/anyOf", "at least one schema"},
      {R"({"not":true})", "/not", "which is an object"},
      {R"({"dependencies":{"a":[1]}})", "/dependencies/a", "list of names"},
      {R"({"dependencies":{"a":true}})", "/dependencies/a", "list of names"},
      {R"({"patternProperties":{"\\d":{}}})", "/patternProperties/\\d", "write [0-9] for \\d"},
      {R"({"patternProperties":{"^a":{}},"additionalProperties":false})", "/additionalProperties",
       "{\"not\": {}} for false"},
      {R"({"patternProperties":{"^a":{}},"additionalProperties":{"type":"string"}})",
       "/additionalProperties", "add it to patternProperties"},
      {R"({"required":["a"],"additionalProperties":false})", "/additionalProperties", "list a, "},
      {R"({"$ref":"other.json#/definitions/a"})", "/$ref", "#/definitions/<name>"},
      {R"({"$ref":"#"})", "/$ref", "#/definitions/<name>"},
      {R"({"allOf":[{"$ref":"#/definitions/a"}]})", "/allOf/0/$ref", "no #/definitions/a"},
      {R"({"properties":{"x":{"$ref":"#/definitions/a","minimum":1}},"definitions":{"a":{}}})",
       "/properties/x/$ref", "both into allOf"},
      {R"({"properties":{"x":{"$id":"y"}}})", "/properties/x/$id", "leave it out"},
      {R"({"properties":{"dependencies":{"enum":[1]}}})", "/properties/dependencies/enum", "$ref"},
      {R"({"dependencies":{"patternProperties":["a"]}})", "/dependencies/patternProperties",
       "required"},
      {"[]", "#", "not an object"},
      {"true", "#", "not an object"},
  };
  for (const auto& test_case : cases) {
    const std::string told = answer_to(test_case.schema);
    EXPECT_NE(told.find("at " + std::string(test_case.where) + ": "), std::string::npos)
        << test_case.schema << ": " << told;
    EXPECT_NE(told.find(test_case.says), std::string::npos) << test_case.schema << ": " << told;
  }
}

TEST(CustomTypes, SchemasThatEndOrHangTheValidatorAreRefused) {
  const std::string loop = R"({"definitions":{"a":{"allOf":[{"$ref":"#/definitions/a"}]}}})";
  EXPECT_NE(answer_to(loop).find("/definitions/a: a definition that refers to itself"),
            std::string::npos);
  EXPECT_NE(answer_to(R"({"definitions":{"a":{"$ref":"#/definitions/b"},)"
                      R"("b":{"$ref":"#/definitions/a"}}})")
                .find("refers to itself"),
            std::string::npos);

  std::string doubling = R"({"definitions":{"d0":{})"; // each twice within the next
  for (int i = 1; i < 40; ++i) {
    const std::string inner =
        R"({"properties":{"n":{"$ref":"#/definitions/d)" + std::to_string(i - 1) + "\"}}}";
    doubling += ",\"d" + std::to_string(i) + "\":{\"allOf\":[" + inner + "," + inner + "]}";
  }
  EXPECT_NE(answer_to(doubling + R"(},"$ref":"#/definitions/d39"})").find("more than 1000 parts"),
            std::string::npos);
}

TEST(CustomTypes, PatternsThatWouldBeIgnoredMisreadOrRunForeverAreRefused) {
  for (const char* pattern : {R"(\\d)",
                              R"(\\w+)",
                              R"([\\s])",
                              R"(\\bA)",
                              R"(\\u0041)",
                              R"(\\x41)",
                              R"(\\p{L})",
                              R"((a)\\1)",
                              R"(\\-)",
                              R"(\\/)",
                              R"([\\-a])",
                              R"(a\\)",
                              "(?:a)",
                              "(?=a)",
                              "(?<n>a)",
                              "a+?",
                              "a*?",
                              "a**",
                              "a{2}{3}",
                              "(a*)*",
                              "(a?)+",
                              "((a?)?){9}b",
                              "(a?|b)",
                              "(a|)",
                              "()",
                              "",
                              "^$",
                              "a*",
                              "^a*",
                              "a*$",
                              "^a|b$",
                              "a^b",
                              "a$b",
                              "a{0}",
                              "a{,3}",
                              "a{2",
                              "{3}",
                              "*",
                              "a{3,2}",
                              "(a",
                              "a)",
                              "[a",
                              "[]",
                              "[^]",
                              "[b-a]",
                              "[a-c-e]",
                              "]",
                              "}",
                              "a\\u0000b",
                              "a{1001}",
                              "^((a{100}){100}){100}$",
                              "(a?b){60}",
                              "^(a*a{1,100})+$"}) {
    const std::string told = answer_to(about_x(R"({"pattern":")" + std::string(pattern) + "\"}"));
    EXPECT_NE(told.find("at /properties/x/pattern: in the pattern, "), std::string::npos)
        << pattern << ": " << told;
  }
  EXPECT_NE(answer_to(about_x(R"({"pattern":")" + std::string(60000, '(') + "\"}")).find("groups"),
            std::string::npos);
}

TEST(CustomTypes, PatternsThatAreTakenMeanWhatTheySay) {
  struct meaning {
    const char* pattern;
    const char* good;
    const char* bad;
  };
  for (const auto& [pattern, good, bad] :
       std::vector<meaning>{{"^WP[0-9]{2}$", "WP01", "WP1"},
                            {"b", "abc", "ac"},
                            {"^(a|bc)+$", "abca", "abb"},
                            {"^a{2,3}$", "aaa", "aaaa"},
                            {"^[^a-c]?x$", "dx", "ax"},
                            {"^a*$", "", "b"},
                            {"^[a-z][a-z0-9-]{0,62}$", "a-b", "-b"},
                            {R"(^\\^\\$\\(\\.$)", "^$(.", "^$(a"},
                            {"^[a-]$", "-", "b"},
                            {"^é[à-ü]$", "éê", "ée"},
                            {"^([0-9]{4})-(0[1-9]|1[0-2])$", "2026-02", "2026-13"},
                            {"error|warning", "a warning", "a remark"}}) {
    const std::string schema = about_x(R"({"pattern":")" + std::string(pattern) + "\"}");
    EXPECT_EQ(verdict(schema, R"({"x":")" + std::string(good) + "\"}"), "fine") << pattern;
    EXPECT_NE(verdict(schema, R"({"x":")" + std::string(bad) + "\"}").find("does not match"),
              std::string::npos)
        << pattern;
  }
}

TEST(CustomTypes, ATextThatAPatternWouldReadHalfIsRefused) {
  const std::string schema = about_x(R"({"pattern":"^[a-z]+$"})");
  EXPECT_NE(verdict(schema, R"({"x":"abc\u0000DROP"})").find("U+0000"), std::string::npos);
  EXPECT_NE(verdict(schema, R"({"y":[{"a\u0000":1}]})").find("U+0000"), std::string::npos);
  EXPECT_EQ(verdict(about_x(R"({"type":"string"})"), R"({"x":"abc\u0000DROP"})"), "fine");
}

TEST(CustomTypes, AnnotationsMaySayAnything) {
  EXPECT_EQ(verdict(R"({"$schema":"s","$id":"i","title":"t","description":"d","$comment":"c",)"
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
  EXPECT_EQ(verdict(schema, R"({"from":"2026-02-03","dependencies":2})"), "fine");
  EXPECT_NE(verdict(schema, R"({"from":"3 Feb"})").find("payload.from: \"3 Feb\" does not match"),
            std::string::npos);
  EXPECT_EQ(verdict(schema, R"({"dependencies":3})"),
            "payload.dependencies: 3 is not one of: 1, 2");
}

TEST(CustomTypes, APayloadIsAnObjectWhateverTheSchemaSays) {
  EXPECT_EQ(verdict("{}", "[1]"), "payload: [1] is not of type object");
  EXPECT_EQ(verdict("{}", "{}"), "fine");
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
    EXPECT_NE(types.add(std::string(type), "{}").error().message.find("the contract has"),
              std::string::npos);
}

TEST(CustomTypes, ASchemaThatIsNoJsonOrTooLargeIsRefused) {
  EXPECT_NE(answer_to("{").find("not usable JSON"), std::string::npos);
  EXPECT_NE(answer_to("").find("not usable JSON"), std::string::npos);
  EXPECT_NE(answer_to(R"({"minimum":1,"minimum":2})").find("twice"), std::string::npos);
  const std::string filler = R"({"title":")";
  EXPECT_EQ(answer_to(filler + std::string(max_custom_schema - filler.size() - 2, 'x') + "\"}"),
            "taken");
  EXPECT_NE(answer_to(filler + std::string(max_custom_schema, 'x') + "\"}").find("65536"),
            std::string::npos);
  EXPECT_NE(answer_to(R"({"\u001b[31m":1})").find("?[31m"), std::string::npos)
      << "no control codes";
}

TEST(CustomTypes, ACopyKnowsTheSameTypesAndGoesItsOwnWay) {
  custom_types first;
  ASSERT_TRUE(first.add("SprintClosed", about_x(R"({"type":"string"})")));
  custom_types second = first;
  ASSERT_TRUE(second.add("SprintOpened", "{}"));
  EXPECT_FALSE(first.contains("SprintOpened"));
  first = {};
  EXPECT_TRUE(second.validate("SprintClosed", json(R"({"x":1})")));
  EXPECT_TRUE(first.validate("SprintClosed", json("{}"))) << "its schema is gone";
}

TEST(CustomTypes, AreReadByManyThreadsAtOnce) {
  custom_types types;
  ASSERT_TRUE(types.add("SprintClosed", about_x(R"({"pattern":"^(ab?c)*d{2,4}$"})")));
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

// Whole events.

std::string event_with(const std::string& type, const std::string& payload,
                       const std::string& team = "team-a") {
  return R"({"event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","lamport_clock":1,"node_id":"0123456789ab",)"
         R"("team_slug":")" +
         team + R"(","event_type":")" + type +
         R"(","aggregate_id":"sprint-7","aggregate_type":"Feature","payload":)" + payload +
         R"(,"timestamp":"2026-02-03T04:05:06.000007Z"})";
}

TEST(CustomEvents, AreHeldAgainstTheirSchemaAndEveryOtherRule) {
  custom_types types;
  ASSERT_TRUE(types.add("SprintClosed", about_x(R"({"type":"string"})")));
  const auto told = [&](const std::string& text) {
    const auto found = validate_event(json(text), types);
    return found ? found->message() : "fine";
  };
  EXPECT_EQ(told(event_with("SprintClosed", R"({"x":"a"})")), "fine");
  EXPECT_EQ(told(event_with("SprintClosed", R"({"x":1})")), "payload.x: 1 is not of type string");
  EXPECT_EQ(told(event_with("SprintClosed", "[1]")), "payload: [1] is not of type object");
  EXPECT_EQ(told(event_with("SprintClosed", "{}", "")),
            R"(team_slug: "" is shorter than 1 character)");
  EXPECT_EQ(told(event_with("SprintClosed", "{}", std::string(256, 't'))).find("team_slug: "), 0U);
  EXPECT_EQ(told(event_with("SprintOpened", "{}")).find("event_type: \"SprintOpened\" is not"), 0U);
  EXPECT_EQ(told(event_with("WPAssigned", "{}")).find("payload.wp_id is required"), 0U);
  EXPECT_TRUE(validate_event(json(event_with("SprintClosed", "{}")))) << "without the list";
  EXPECT_TRUE(validate_event(json(R"({"event_type":"SprintClosed"})"), types));
  EXPECT_TRUE(validate_event(json("7"), types));
}

TEST(CustomEvents, OfATypeThatOthersRegisteredAreJudgedByTheirEnvelope) {
  const auto told = [](const std::string& text) {
    const auto found = validate_foreign_type(json(text));
    return found ? found->message() : "fine";
  };
  EXPECT_EQ(told(event_with("SprintClosed", R"({"x":1})")), "fine");
  EXPECT_EQ(told(event_with("SprintClosed", "1")), "payload: 1 is not of type object");
  EXPECT_EQ(told(event_with("SprintClosed", "{}", "")),
            R"(team_slug: "" is shorter than 1 character)");
  EXPECT_EQ(told(event_with("Sprint closed", "{}")).find("event_type: \"Sprint closed\" is not"),
            0U);
  EXPECT_EQ(told(event_with("", "{}")).find("event_type: \"\" is not"), 0U);
  EXPECT_EQ(told(event_with("WPAssigned", "{}")), "payload.wp_id is required");
}

} // namespace
} // namespace spec_kitty
