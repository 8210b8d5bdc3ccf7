#include "app/board/api/query.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::board {

namespace {

using pairs = std::map<std::string, std::string>;

TEST(board_query, takes_words_apart) {
  EXPECT_EQ(read_query("a=1&b=two+words&c=%D0%BA%26&d&=e&a=2"),
            (pairs{{"a", "1"}, {"b", "two words"}, {"c", "к&"}, {"d", ""}, {"", "e"}}));
  EXPECT_EQ(read_query(""), pairs{});
}

TEST(board_query, refuses_what_cannot_be_read) {
  for (const auto* text : {"a=%", "a=%4", "a=%zz", "a=%-1", "a=%FF", "%C3=b"})
    EXPECT_EQ(read_query(text), std::nullopt) << text;
}

} // namespace

} // namespace spec_kitty::board
