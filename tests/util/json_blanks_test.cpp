// White space is taken out of a text where that leaves its meaning, and nowhere else.
#include "util/json_blanks.hpp"

#include "util/json.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace spec_kitty {
namespace {

TEST(WithoutBlanks, TakesOutWhatStandsBetweenTokens) {
  EXPECT_EQ(without_blanks(" { \"a\" : [ 1 ,\t-2.50e1 , true ] ,\r\n\"b\":{ } } "),
            "{\"a\":[1,-2.50e1,true],\"b\":{}}");
  EXPECT_EQ(without_blanks("{\"a\":1}"), "{\"a\":1}");
  EXPECT_EQ(without_blanks(""), "");
}

TEST(WithoutBlanks, LeavesStringsAsTheyWereWritten) {
  EXPECT_EQ(without_blanks(R"({ "a b" : " c \" , : \\" , "d" : "\u0041 é" })"),
            R"({"a b":" c \" , : \\","d":"\u0041 é"})");
}

TEST(WithoutBlanks, JoinsNoTwoTokens) {
  for (const char* text : {"1 2", "[1 2]", "tr ue", "\"a\" \"b\"", "{\"a\" 1}", "[\"a\" 1]", "- 1"})
    EXPECT_EQ(without_blanks(text), std::nullopt) << text;
}

TEST(WithoutBlanks, NeedsEachStringToEnd) {
  for (const char* text : {"\"", "{\"a", "\"a\\\"", "\"a\nb\"", "\"a\\"})
    EXPECT_EQ(without_blanks(text), std::nullopt) << text;
}

// Every text of up to five of these pieces.
TEST(WithoutBlanks, MakesJsonOfJsonAndOfNothingElse) {
  constexpr std::array<std::string_view, 8> pieces = {" ", "{", "}", "[", "]", ":", ",", "\"k \""};
  constexpr std::array<std::string_view, 3> values = {"7", "null", "\n"};
  std::size_t valid = 0;
  const auto check = [&](const std::string& text) {
    const auto found = without_blanks(text);
    ASSERT_EQ(found && is_json(*found), is_json(text)) << text;
    if (!is_json(text))
      return;
    ++valid;
    ASSERT_EQ(*found, *compact_json(text)) << text;
  };
  const std::size_t kinds = pieces.size() + values.size();
  for (std::size_t length = 1; length <= 5; ++length) {
    std::size_t all = 1;
    for (std::size_t i = 0; i < length; ++i)
      all *= kinds;
    for (std::size_t number = 0; number < all; ++number) {
      std::string text;
      for (std::size_t rest = number, i = 0; i < length; ++i, rest /= kinds)
        text += rest % kinds < pieces.size() ? pieces.at(rest % kinds)
                                             : values.at(rest % kinds - pieces.size());
      check(text);
    }
  }
  EXPECT_GT(valid, 500U);
}

} // namespace
} // namespace spec_kitty
