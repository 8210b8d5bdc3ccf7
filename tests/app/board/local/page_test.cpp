#include "app/board/page/page.hpp"

#include "util/files.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::board {

namespace {

TEST(board_page, is_the_committed_file) {
  const auto file =
      read_file(std::filesystem::path(SPEC_KITTY_SOURCE_DIR) / "app/board/page/board.html");
  ASSERT_TRUE(file && *file);
  EXPECT_TRUE(page_html() == **file) << "build spec_kitty_board_page again";
}

TEST(board_page, loads_nothing_from_anywhere) {
  for (const auto* word : {"<link rel=\"stylesheet", "<script src", "@import", "integrity="})
    EXPECT_EQ(page_html().find(word), std::string_view::npos) << word;
}

TEST(board_page, hashes_as_browsers_do) {
  // echo -n abc | openssl dgst -sha256 -binary | base64
  EXPECT_EQ(policy_hash("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

TEST(board_page, allows_its_own_script_and_style_alone) {
  const auto policy = page_policy("<style>a</style><script>abc</script>", "ws://127.0.0.1:1");
  EXPECT_NE(policy.find("script-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';"),
            std::string::npos)
      << policy;
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
}

} // namespace

} // namespace spec_kitty::board
