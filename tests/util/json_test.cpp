// JSON at the edge: what is refused, and that what passes keeps its value.
#include "util/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string compacted(std::string_view text) {
  const auto compact = compact_json(text);
  return compact ? *compact : "refused: " + compact.error().message;
}

/// Refused by both readers, as bad_input with a message that is text itself.
bool json_refused(std::string_view text) {
  const auto compact = compact_json(text);
  const auto parsed = parse_json(text);
  if (compact || parsed)
    return false;
  EXPECT_EQ(compact.error().code, ec::bad_input);
  EXPECT_EQ(parsed.error().code, ec::bad_input);
  EXPECT_TRUE(is_utf8(compact.error().message));
  return true;
}

std::string nested(std::size_t depth, char open = '[', char close = ']') {
  return std::string(depth, open) + std::string(depth, close);
}

std::string nested_objects(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text += R"({"a":)";
  return text + "0" + std::string(depth, '}');
}

TEST(CompactJson, DropsWhiteSpaceOnly) {
  EXPECT_EQ(compacted(" {\r\n\t\"a b\" : [ 1 , true , false , null , \" x \" ] } \n"),
            R"({"a b":[1,true,false,null," x "]})");
  EXPECT_EQ(compacted("{}"), "{}");
  EXPECT_EQ(compacted("[ ]"), "[]");
  EXPECT_EQ(compacted(" \"text\" "), "\"text\"");
}

TEST(CompactJson, KeepsNumbersDigitForDigit) {
  for (const auto number :
       {"0"sv, "-0"sv, "-0.0"sv, "7.0"sv, "1.10"sv, "1E5"sv, "1e+05"sv, "12345678901234567890123"sv,
        "0.1000000000000000055511151231257827"sv, "9007199254740993"sv, "1e308"sv, "5e-324"sv}) {
    EXPECT_EQ(compacted(number), number);
    EXPECT_EQ(compacted("[ " + std::string(number) + " ]"), "[" + std::string(number) + "]");
  }
}

TEST(CompactJson, KeepsOrderAndRepeatedKeys) {
  EXPECT_EQ(compacted(R"({"b":1,"a":2,"b":3})"), R"({"b":1,"a":2,"b":3})");
}

TEST(CompactJson, KeepsTheValueOfEscapes) {
  EXPECT_EQ(compacted(R"("\u0041\/\u00e9\ud83d\udc31")"), "\"A/é🐱\"");
  EXPECT_EQ(compacted(R"("\u0000\u001f\n\"\\")"), R"("\u0000\u001F\n\"\\")");
  EXPECT_EQ(compacted(R"({"\u0000k":0})"), R"({"\u0000k":0})");
}

TEST(CompactJson, IsTheSameWhenDoneTwice) {
  const auto compact = compacted(R"({ "a" : [1.50, "\u0001\u00fc\ud83d\ude80", {"b": null}] })");
  EXPECT_EQ(compacted(compact), compact);
}

TEST(CompactJson, TakesNestingOf64AndNoMore) {
  EXPECT_EQ(compacted(nested(64)), nested(64));
  EXPECT_EQ(compacted(nested_objects(64)), nested_objects(64));
  EXPECT_TRUE(parse_json(nested(64)));
  EXPECT_TRUE(json_refused(nested(65)));
  EXPECT_TRUE(json_refused(nested_objects(65)));
  EXPECT_NE(compact_json(nested(65)).error().message.find("nesting"), std::string::npos);
}

TEST(CompactJson, DepthIsNotTheNumberOfValues) {
  std::string wide = "[";
  for (int i = 0; i < 1000; ++i)
    wide += "[{}],";
  wide += "[]]";
  EXPECT_EQ(compacted(wide), wide);
}

TEST(CompactJson, RefusesNestingThatWouldOverflowTheStack) {
  EXPECT_TRUE(json_refused(nested(200'000)));
  EXPECT_TRUE(json_refused(std::string(200'000, '[')));
  std::string objects;
  for (int i = 0; i < 200'000; ++i)
    objects += R"({"a":)";
  EXPECT_TRUE(json_refused(objects));
}

TEST(CompactJson, RefusesInvalidUtf8InValuesAndKeys) {
  for (const auto bytes : {"\x80"sv, "\xff"sv, "\xc0\xaf"sv, "\xe2\x82"sv, "\xed\xa0\x80"sv,
                           "\xf4\x90\x80\x80"sv, "\xf8\x88\x80\x80\x80"sv}) {
    const std::string text = "\"" + std::string(bytes) + "\"";
    EXPECT_TRUE(json_refused(text));
    EXPECT_TRUE(json_refused("{" + text + ":1}"));
    EXPECT_TRUE(json_refused("{\"a\":[" + text + "]}"));
  }
  EXPECT_NE(compact_json("\"\x80\"").error().message.find("UTF-8"), std::string::npos);
}

TEST(CompactJson, RefusesLoneSurrogates) {
  EXPECT_TRUE(json_refused(R"("\ud800")"));
  EXPECT_TRUE(json_refused(R"("\udc00")"));
  EXPECT_TRUE(json_refused(R"("\ud800x")"));
  EXPECT_TRUE(json_refused(R"("\udc00\ud800")"));
  EXPECT_TRUE(json_refused(R"("\ud800\u0041")"));
  EXPECT_TRUE(json_refused(R"("\ud800\ud800")"));
  EXPECT_TRUE(json_refused(R"({"\udfff":1})"));
  EXPECT_EQ(compacted(R"("\ud800\udc00")"), "\"\xf0\x90\x80\x80\"");
}

TEST(CompactJson, RefusesTrailingGarbage) {
  for (const auto text : {"{}x"sv, "{} {}"sv, "{},"sv, "1 2"sv, "[]]"sv, "{}}"sv, "null\x01"sv})
    EXPECT_TRUE(json_refused(text)) << text;
}

TEST(CompactJson, RefusesWhatFollowsANulByte) {
  EXPECT_TRUE(json_refused("{}\0"sv));
  EXPECT_TRUE(json_refused("{}\0{\"a\":1}"sv));
  EXPECT_TRUE(json_refused("\0{}"sv));
  EXPECT_TRUE(json_refused("\"a\0b\""sv));
  EXPECT_TRUE(json_refused("[1,\0 2]"sv));
}

TEST(CompactJson, RefusesWhatIsNoValue) {
  for (const auto text :
       {""sv,      " "sv,       "\n\t"sv,    "x"sv,          "{"sv,        "["sv,
        "\""sv,    "\"a"sv,     "tru"sv,     "True"sv,       "NaN"sv,      "Infinity"sv,
        "-"sv,     "+1"sv,      "01"sv,      "1."sv,         ".5"sv,       "1e"sv,
        "0x1"sv,   "'a'"sv,     "[1,]"sv,    "{\"a\":1,}"sv, "{a:1}"sv,    "{\"a\" 1}"sv,
        "{1:2}"sv, "// c\n1"sv, "\"\\x\""sv, "\"\\u12\""sv,  "\"a\nb\""sv, "\xef\xbb\xbf{}"sv})
    EXPECT_TRUE(json_refused(text)) << text;
  EXPECT_TRUE(json_refused(std::string_view{}));
}

TEST(CompactJson, SaysWhere) {
  EXPECT_NE(compact_json("[1, 2, x]").error().message.find("(at byte 7)"), std::string::npos)
      << compact_json("[1, 2, x]").error().message;
}

TEST(CompactJson, TakesAStringOf10Megabytes) {
  constexpr std::size_t size = 10 << 20;
  const std::string text = "\"" + std::string(size, 'k') + "\"";
  EXPECT_EQ(compacted(text), text);
  const auto parsed = parse_json(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->GetStringLength(), size);
}

TEST(ParseJson, RefusesNumbersBeyondAnyDouble) {
  for (const auto text : {"1e309"sv, "-1e309"sv, "[1e999999999999]"sv})
    EXPECT_FALSE(parse_json(text)) << text;
}

TEST(ParseJson, GivesTheValue) {
  const auto parsed = parse_json(R"({"text":"a\u0000b","n":9007199254740991,"f":1.5,"no":null})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(text_of(*parsed, "text"), "a\0b"s);
  EXPECT_EQ(whole_number_of(*parsed, "n"), 9007199254740991);
  EXPECT_EQ(text_of(*parsed, "n"), std::nullopt);
  EXPECT_EQ(text_of(*parsed, "absent"), std::nullopt);
  EXPECT_EQ(whole_number_of(*parsed, "f"), std::nullopt);
  EXPECT_EQ(member(*parsed, "absent"), nullptr);
  EXPECT_TRUE(member(*parsed, "no")->IsNull());
  EXPECT_EQ(to_text(*parsed), R"({"text":"a\u0000b","n":9007199254740991,"f":1.5,"no":null})");
}

TEST(WholeNumber, MayBeTextOfDigits) {
  const auto parsed = parse_json(
      R"({"a":"900","b":"-3","c":"+3","d":"3 ","e":"","f":"99999999999999999999","g":18446744073709551615,"h":[1]})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(whole_number_of(*parsed, "a"), 900);
  EXPECT_EQ(whole_number_of(*parsed, "b"), -3);
  for (const char* name : {"c", "d", "e", "f", "g", "h", "absent"})
    EXPECT_EQ(whole_number_of(*parsed, name), std::nullopt) << name;
}

TEST(Member, OfWhatIsNoObjectIsNothing) {
  for (const auto text : {"[]"sv, "1"sv, "null"sv, "\"a\""sv}) {
    const auto parsed = parse_json(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(member(*parsed, "a"), nullptr);
    EXPECT_EQ(text_of(*parsed, "a"), std::nullopt);
    EXPECT_EQ(whole_number_of(*parsed, "a"), std::nullopt);
  }
}

TEST(Field, WritesEveryKind) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "text", "a\0\"é"sv);
  field(out, "string", std::string("s"));
  field(out, "literal", "true");
  field(out, "empty", std::string_view{});
  field(out, "some", std::optional<std::string>("x"));
  field(out, "none", std::optional<std::string>());
  field(out, "number", std::uint64_t{18446744073709551615U});
  field(out, "flag", true);
  raw_field(out, "raw", R"([1.0,{}])");
  out.EndObject();
  const std::string text(buffer.GetString(), buffer.GetSize());
  EXPECT_EQ(
      text,
      R"({"text":"a\u0000\"é","string":"s","literal":"true","empty":"","some":"x","none":null,)"
      R"("number":18446744073709551615,"flag":true,"raw":[1.0,{}]})");
  EXPECT_EQ(compacted(text), text);
}

TEST(Printable, LeavesTextAndTakesOutWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a猫é🐱z"), "a猫é🐱z");
  EXPECT_EQ(printable("two\nlines\t\x1b[31mred\x7f"), "two?lines??[31mred?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "?31m")
      << "the one-byte CSI";
  EXPECT_EQ(printable("\xff"
                      "a\xe2\x82"
                      "b\xc3"),
            "?a??b?");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, TakesOutWhatTurnsOrHidesText) {
  EXPECT_EQ(printable("a\u202Eb\u2066c\u2069\u200F\u061Cd"), "a?b?c???d") << "bidi controls";
  EXPECT_EQ(printable("a\u2028b\u2029c"), "a?b?c") << "separators of lines and paragraphs";
  EXPECT_EQ(printable("a\uFEFFb\U000E0041c"), "a?b?c") << "invisible marks";
  EXPECT_EQ(printable("👩‍💻 فارسی"), "👩‍💻 فارسی")
      << "joiners are part of words and pictures";
}

TEST(Printable, JsonStaysTheSameDocument) {
  const std::string json = "{\"a\":\"\u202Eb\u009Bc\U000E0041\x7F é\"}";
  EXPECT_EQ(printable_json(json), R"({"a":"\u202eb\u009bc\udb40\udc41\u007f é"})");
  EXPECT_EQ(compacted(printable_json(json)), compacted(json));
}

TEST(Printable, EndsAtAWholeCharacter) {
  EXPECT_EQ(printable("aé", 2), "a");
  EXPECT_EQ(printable("aé", 3), "aé");
  EXPECT_EQ(printable(std::string(5000, 'x')).size(), 300U);
}

TEST(Utf8, AcceptsEveryLengthAtItsLimits) {
  for (const auto text :
       {""sv, "\0"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv, "a猫é🐱z"sv})
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
}

TEST(Utf8, RefusesOverlongSurrogateTruncatedAndStrayBytes) {
  for (const auto text : {"\x80"sv,
                          "\xbf"sv,
                          "\xc0\x80"sv,
                          "\xc1\xbf"sv,
                          "\xe0\x9f\xbf"sv,
                          "\xed\xa0\x80"sv,
                          "\xed\xbf\xbf"sv,
                          "\xf0\x8f\xbf\xbf"sv,
                          "\xf4\x90\x80\x80"sv,
                          "\xf5\x80\x80\x80"sv,
                          "\xff"sv,
                          "\xfe"sv,
                          "\xc2"sv,
                          "\xe2\x82"sv,
                          "\xf0\x9f\x90"sv,
                          "\xc2\x41"sv,
                          "\xe2\x41\x80"sv,
                          "\xe2\x82\x41"sv,
                          "\xf0\x9f\x90\x41"sv,
                          "\xf0\x9f\x41\xb1"sv,
                          "good\xc3"sv})
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
}

TEST(Excerpt, LeavesShortTextAlone) {
  EXPECT_EQ(excerpt("", 0), "");
  EXPECT_EQ(excerpt("abc", 3), "abc");
  EXPECT_EQ(excerpt(std::string(60, 'a')), std::string(60, 'a'));
}

TEST(Excerpt, CutsAtACharacter) {
  EXPECT_EQ(excerpt("abcd", 3), "abc…");
  EXPECT_EQ(excerpt("aé", 2), "a…"); // é is two bytes
  EXPECT_EQ(excerpt("aéb", 3), "aé…");
  EXPECT_EQ(excerpt("a🐱b", 4), "a…");
  EXPECT_EQ(excerpt("🐱", 3), "…");
  EXPECT_EQ(excerpt("abc", 0), "…");
  for (std::size_t limit = 0; limit < 24; ++limit)
    EXPECT_TRUE(is_utf8(excerpt("aé猫🐱aé猫🐱", limit))) << limit;
}

TEST(Excerpt, OfBytesThatAreNoTextStaysInside) {
  EXPECT_EQ(excerpt(std::string(100, '\x80'), 60), "…");
}

TEST(UniqueKeys, AKeyThatStandsTwiceInOneObjectIsNamed) {
  for (const auto text :
       {R"({"a":1,"wp_id":1,"b":2,"wp_id":2})"sv, R"([{"x":{"wp_id":1,"wp_id":1}}])"sv,
        R"({"wp_id":{"wp_id":1},"b":[{"wp_id":1}],"wp_id":3})"sv,
        R"({"wp\u005fid":1,"wp_id":2})"sv}) {
    const auto compact = compact_json(text, json_keys::unique);
    ASSERT_FALSE(compact) << text;
    EXPECT_EQ(compact.error().code, ec::bad_input);
    EXPECT_NE(compact.error().message.find(R"("wp_id" appears twice)"), std::string::npos)
        << compact.error().message;
    EXPECT_FALSE(parse_json(text, json_keys::unique));
    EXPECT_TRUE(compact_json(text)) << "what servers send and what is stored is read as it is";
  }
}

TEST(UniqueKeys, TheSameKeyInDifferentObjectsIsNone) {
  for (const auto text : {R"({"a":{"a":{"a":[{"a":1},{"a":1}]}},"b":"a"})"sv, R"({})"sv,
                          R"({"":1,"a":2,"A":3,"a ":4})"sv}) {
    const auto compact = compact_json(text, json_keys::unique);
    ASSERT_TRUE(compact) << compact.error().message;
    EXPECT_EQ(*compact, text);
  }
}

TEST(UniqueKeys, ManyKeysInOneObjectTakeNoLongTime) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i)
    text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(compact_json(text + "\"last\":0}", json_keys::unique));
  EXPECT_FALSE(compact_json(text + "\"k77\":0}", json_keys::unique));
}

} // namespace
} // namespace spec_kitty
