#include "app/board/local/retry.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::board {

namespace {

TEST(board_retry, finds_the_dead_letter_in_a_path) {
  EXPECT_EQ(dead_letter_in("/board/dead/01ARZ3NDEKTSV4RRFFQ69G5FAV/retry"),
            "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  for (const auto* path : {"/board/dead//retry", "/board/dead/01ARZ3/retry", "/board/state",
                           "/board/dead/01ARZ3NDEKTSV4RRFFQ69G5FAV/retry/x"})
    EXPECT_EQ(dead_letter_in(path), "") << path;
}

} // namespace

} // namespace spec_kitty::board
