// Schemas that would not be enforced as they are written: each is refused, with a remedy.
#include "tests/messages/custom_types_fixture.hpp"

#include <vector>

namespace spec_kitty {
namespace {

using namespace custom_types_test;

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
    const std::string answer = answer_to(test_case.schema);
    EXPECT_NE(answer.find("at " + std::string(test_case.where) + ": "), std::string::npos)
        << test_case.schema << ": " << answer;
    EXPECT_NE(answer.find(test_case.says), std::string::npos) << test_case.schema << ": " << answer;
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
    const std::string answer =
        answer_to(schema_of_x(R"({"pattern":")" + std::string(pattern) + "\"}"));
    EXPECT_NE(answer.find("at /properties/x/pattern: in the pattern, "), std::string::npos)
        << pattern << ": " << answer;
  }
  EXPECT_NE(
      answer_to(schema_of_x(R"({"pattern":")" + std::string(60000, '(') + "\"}")).find("groups"),
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
    const std::string schema = schema_of_x(R"({"pattern":")" + std::string(pattern) + "\"}");
    EXPECT_EQ(validation_of(schema, R"({"x":")" + std::string(good) + "\"}"), "fine") << pattern;
    EXPECT_NE(validation_of(schema, R"({"x":")" + std::string(bad) + "\"}"), "fine") << pattern;
  }
}

TEST(CustomTypes, ATextThatAPatternWouldReadHalfIsRefused) {
  const std::string schema = schema_of_x(R"({"pattern":"^[a-z]+$"})");
  EXPECT_NE(validation_of(schema, R"({"x":"abc\u0000DROP"})").find("U+0000"), std::string::npos);
  EXPECT_NE(validation_of(schema, R"({"y":[{"a\u0000":1}]})").find("U+0000"), std::string::npos);
  EXPECT_EQ(validation_of(schema_of_x(R"({"type":"string"})"), R"({"x":"abc\u0000DROP"})"), "fine");
}

} // namespace
} // namespace spec_kitty
