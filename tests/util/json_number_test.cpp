// Numbers of a JSON text: which are refused, and what the others are read as.
#include "util/json.hpp"
#include "util/json_number.hpp"
#include "util/json_slices.hpp"

#include <gtest/gtest.h>

#include <cfloat>
#include <limits>
#include <string>
#include <string_view>

namespace spec_kitty {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto out_of_bounds = "0.00000000000000000001e-2147483639"sv; ///< CVE-2024-38517

bool is_refused_everywhere(std::string_view number) {
  const std::string list = "[" + std::string(number) + "]";
  std::string object = R"({"x":)" + std::string(number) + "}";
  return !is_json(number) && !compact_json(list) && !parse_json(list) && !is_json(list) &&
         !compact_and_parse(object) && !parse_json(object, json_keys::unique);
}

double number_in(std::string_view text) {
  const auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << text;
  EXPECT_TRUE(parsed && parsed->IsNumber()) << text;
  return parsed && parsed->IsNumber() ? parsed->GetDouble() : 0;
}

TEST(JsonNumber, AnExponentThatRapidJsonReadsOutOfBoundsIsRefused) {
  EXPECT_TRUE(is_refused_everywhere(out_of_bounds));
  for (const auto text : {"1e-2147483648"sv, "1e-99999"sv, "0.1e-010000"sv, "0e-2147483639"sv,
                          "1E+99999999999999999999"sv})
    EXPECT_TRUE(is_refused_everywhere(text)) << text;
  EXPECT_NE(compact_json(out_of_bounds).error().message.find("exponent"), std::string::npos);
}

TEST(JsonNumber, WhatIsTooLargeForADoubleIsRefused) {
  for (const auto text : {"1.8e308"sv, "5.5e+308"sv, "9.9e308"sv, "-1.8e308"sv, "1e309"sv,
                          "1.7976931348623159e308"sv, "0.18e309"sv, "17976931348623159e292"sv})
    EXPECT_TRUE(is_refused_everywhere(text)) << text;
  EXPECT_TRUE(is_refused_everywhere("2" + std::string(308, '0')));
  EXPECT_TRUE(is_refused_everywhere("0e309"));
  EXPECT_TRUE(is_refused_everywhere("2" + std::string(358, '0') + "e-50"));
}

TEST(JsonNumber, WhatIsTooLongIsRefused) {
  EXPECT_TRUE(is_refused_everywhere("0." + std::string(max_number_bytes - 1, '1')));
  EXPECT_TRUE(is_json("0." + std::string(max_number_bytes - 2, '1')));
}

TEST(JsonNumber, TheEdgesOfADoubleAreReadExactly) {
  EXPECT_EQ(number_in("1.7976931348623157e308"), DBL_MAX);
  EXPECT_EQ(number_in("-1.7976931348623157e+0308"), -DBL_MAX);
  EXPECT_EQ(number_in("2.2250738585072014e-308"), DBL_MIN);
  EXPECT_EQ(number_in("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(number_in("0." + std::string(300, '0') + "1"), 1e-301);
  EXPECT_EQ(number_in("123456789012345678901234567890"), 123456789012345678901234567890.0);
}

TEST(JsonNumber, WhatIsCloserToZeroThanAnyDoubleIsZero) {
  for (const auto text : {"1e-400"sv, "-1e-9999"sv, "0.0e9"sv, "0.1e-0999"sv})
    EXPECT_EQ(number_in(text), 0.0) << text;
  EXPECT_EQ(number_in("0." + std::string(400, '0') + "1e5"), 0.0);
}

TEST(JsonNumber, AnIntegerThatFitsIsOne) {
  const auto parsed =
      parse_json("[0,-0,1,-1,4294967296,-2147483649,9223372036854775808,18446744073709551615,"
                 "-9223372036854775808,18446744073709551616,-9223372036854775809,7.0]");
  ASSERT_TRUE(parsed);
  const auto& list = *parsed;
  EXPECT_TRUE(list[0].IsUint() && list[1].IsInt() && list[2].IsInt() && list[3].IsInt());
  EXPECT_EQ(list[4].GetUint64(), 4294967296U);
  EXPECT_EQ(list[5].GetInt64(), -2147483649);
  EXPECT_FALSE(list[6].IsInt64());
  EXPECT_EQ(list[7].GetUint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(list[8].GetInt64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(list[9].IsUint64() || list[10].IsInt64() || list[11].IsInt64());
}

TEST(JsonNumber, ADocumentWithAnInfinityIsNotWrittenByHalf) {
  json_document made(rapidjson::kArrayType);
  made.PushBack(1, made.GetAllocator());
  made.PushBack(std::numeric_limits<double>::infinity(), made.GetAllocator());
  EXPECT_EQ(to_text(made), "null");
}

TEST(IsJson, SaysWhatCompactJsonSays) {
  for (const auto text : {"{}"sv, R"({"a":[1.10,"é",null,true]})"sv, " 1 "sv})
    EXPECT_TRUE(is_json(text)) << text;
  for (const auto text : {""sv, "{"sv, "{}x"sv, "{}\0"sv, "[1,]"sv, "\"\x80\""sv, R"({"a":)"sv})
    EXPECT_FALSE(is_json(text)) << text;
  for (const auto text : {"{} {}"sv,
                          "{,}"sv,
                          "[,]"sv,
                          "[1 2]"sv,
                          "{\"a\"}"sv,
                          "{\"a\":}"sv,
                          "{\"a\":1,}"sv,
                          "]"sv,
                          "[}"sv,
                          "{]"sv,
                          "tru"sv,
                          "nulll"sv,
                          "01"sv,
                          "-"sv,
                          "1."sv,
                          ".5"sv,
                          "1e"sv,
                          "+1"sv,
                          "\"\\x\""sv,
                          "\"\\u12\""sv,
                          "\"\\ud800\""sv,
                          "\"\\ud800\\u0041\""sv,
                          "\"\\udc00\""sv,
                          "\"a\nb\""sv,
                          "\"\\"sv,
                          "[1]]"sv,
                          "\xef\xbb\xbf{}"sv}) {
    EXPECT_FALSE(is_json(text)) << text;
    EXPECT_FALSE(compact_json(text)) << text;
  }
  for (const auto text : {"\"\\ud83d\\uDC31\\/\\n\""sv, "[[],{},[{}],[[1]]]"sv,
                          " [ 1 , {\"a\" : [ ] } ] "sv, "-0.5E-3"sv, "false"sv, "\"\x7f\""sv}) {
    EXPECT_TRUE(is_json(text)) << text;
    EXPECT_TRUE(compact_json(text)) << text;
  }
  EXPECT_TRUE(is_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(is_json(std::string(65, '[') + std::string(65, ']')));
}

TEST(JsonSlices, AMemberIsPutAtTheEndAndTheRestKeepsItsDigits) {
  EXPECT_EQ(with_member_at_end("{}", "a", "1"), R"({"a":1})");
  EXPECT_EQ(with_member_at_end(R"({"a":1.10,"b":1E5,"c":{}})", "b", R"("x")"),
            R"({"a":1.10,"c":{},"b":"x"})");
  EXPECT_EQ(with_member_at_end(R"({"q\"":1})", "q\"", "2"), R"({"q\"":2})");
}

} // namespace
} // namespace spec_kitty
