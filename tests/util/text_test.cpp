// Numbers, letters, words for a person and for a shell.
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

TEST(WholeNumber, IsTheWholeTextOrNothing) {
  EXPECT_EQ(whole_number<int>("12"), 12);
  EXPECT_EQ(whole_number<std::int64_t>("-7"), -7);
  EXPECT_EQ(whole_number<std::uint64_t>("ff", 16), 255U);
  for (const char* text : {"", " 1", "1 ", "1.5", "+1", "one", "99999999999"})
    EXPECT_EQ(whole_number<int>(text), std::nullopt) << text;
}

TEST(LowerCase, ChangesAsciiLettersOnly) {
  EXPECT_EQ(lower_case("HTTPS://Example-1"), "https://example-1");
  EXPECT_EQ(lower_case("\u00c4"), "\u00c4");
}

TEST(DurationWords, AreOfTheLargestUnit) {
  EXPECT_EQ(duration_words(0s), "0 seconds");
  EXPECT_EQ(duration_words(1s), "1 second");
  EXPECT_EQ(duration_words(59s), "59 seconds");
  EXPECT_EQ(duration_words(60s), "1 minute");
  EXPECT_EQ(duration_words(25h), "1 day");
  EXPECT_EQ(duration_words(-5s), "0 seconds") << "the clock was set back";
}

TEST(ShellWord, IsQuotedWhereAShellWouldReadIt) {
  EXPECT_EQ(shell_word("/home/a/.spec-kitty"), "/home/a/.spec-kitty");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  for (const char* text : {"a\nb", "\x1b[2J", "a\u202Eb", "\xff"})
    EXPECT_EQ(shell_word(text), std::string(1, unshown_word)) << text;
  EXPECT_EQ(shell_option("--feature", "001 tea"), "--feature '001 tea'");
  EXPECT_EQ(shell_option("--feature", "-x"), "--feature=-x");
}

} // namespace
} // namespace spec_kitty
