#include "app/workflow/frontmatter.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::workflow {
namespace {

frontmatter_file parsed(const std::string& text) {
  auto file = frontmatter_file::parse(text, "WP01.md");
  EXPECT_TRUE(file.ok()) << (file ? "" : file.error().message);
  return std::move(*file);
}

std::string with_scalar(const std::string& text, const std::string& key, const std::string& value) {
  auto file = parsed(text);
  const auto set = file.set_scalar(key, value);
  EXPECT_TRUE(set.ok()) << (set ? "" : set.error().message);
  EXPECT_EQ(file.scalar(key), value);
  return file.text();
}

std::string with_list(const std::string& text, const std::vector<std::string>& entries) {
  auto file = parsed(text);
  const auto set = file.set_list("dependencies", entries);
  EXPECT_TRUE(set.ok()) << (set ? "" : set.error().message);
  return file.text();
}

std::string why(const std::string& text) {
  const auto file = frontmatter_file::parse(text, "WP01.md");
  return file ? "" : file.error().message;
}

TEST(Frontmatter, AScalarKeepsItsQuotesAndItsComment) {
  EXPECT_EQ(with_scalar("---\nlane: \"planned\"  # where\n---\nx", "lane", "doing"),
            "---\nlane: \"doing\"  # where\n---\nx");
  EXPECT_EQ(with_scalar("---\nlane: 'planned'\n---\n", "lane", "doing"),
            "---\nlane: 'doing'\n---\n");
  EXPECT_EQ(with_scalar("---\nlane: planned # a\n---\n", "lane", "doing"),
            "---\nlane: doing # a\n---\n");
  EXPECT_EQ(with_scalar("---\n\"lane\" : planned\n---\n", "lane", "doing"),
            "---\n\"lane\" : doing\n---\n");
}

TEST(Frontmatter, EveryOtherByteStays) {
  const std::string text = "\xEF\xBB\xBF---\r\n# a comment\r\nzz_unknown:   [ 1,2 ]\r\n"
                           "lane: \"planned\"\r\nhistory:\r\n  - timestamp: 'x: y'\r\n"
                           "    lane: \"planned\"\r\n\r\n# last\r\n---\r\n\r\n```yaml\r\n---\r\n"
                           "lane: done\r\n---\r\n```\r\n---\r\nno newline at the end";
  std::string expected = text;
  expected.replace(expected.find("\"planned\""), 9, "\"doing\"");
  EXPECT_EQ(with_scalar(text, "lane", "doing"), expected);
}

TEST(Frontmatter, AMissingKeyIsAppendedInTheStyleOfTheFile) {
  EXPECT_EQ(with_scalar("---\nlane: \"planned\"\n---\nb", "agent", "claude"),
            "---\nlane: \"planned\"\nagent: \"claude\"\n---\nb");
  EXPECT_EQ(with_scalar("---\r\nlane: planned\r\n---\r\nb", "agent", "claude"),
            "---\r\nlane: planned\r\nagent: claude\r\n---\r\nb");
  EXPECT_EQ(with_scalar("---\n---\nb", "lane", "doing"), "---\nlane: doing\n---\nb");
}

TEST(Frontmatter, AnEmptyValueIsFilled) {
  EXPECT_EQ(with_scalar("---\nagent:\nlane: planned\n---\n", "agent", "bob"),
            "---\nagent: bob\nlane: planned\n---\n");
  EXPECT_EQ(with_scalar("---\nagent: \"\"\n---\n", "agent", "bob"), "---\nagent: \"bob\"\n---\n");
  EXPECT_EQ(with_scalar("---\nagent:   # nobody\n---\n", "agent", "bob"),
            "---\nagent: bob   # nobody\n---\n");
  EXPECT_EQ(with_scalar("---\nagent: ~\n---\n", "agent", "bob"), "---\nagent: bob\n---\n");
}

TEST(Frontmatter, AValueOverSeveralLinesIsReplacedWhole) {
  EXPECT_EQ(with_scalar("---\ntitle: |\n  two\n  lines\n# c\nlane: x\n---\n", "title", "one"),
            "---\ntitle: one\n# c\nlane: x\n---\n");
  EXPECT_EQ(with_scalar("---\ntitle: \"two\n  lines\"\nlane: x\n---\n", "title", "one"),
            "---\ntitle: one\nlane: x\n---\n");
}

TEST(Frontmatter, AWordThatYamlWouldReadOtherwiseIsQuoted) {
  for (const std::string value :
       {"true", "null", "no", "1e5", "0123", "a: b", "- x", "#x", "it's", "say \"hi\"",
        "back\\slash", "[x]", "{x", "*a", "&a", "ümlaut", " x", "@x"}) {
    for (const std::string quote : {"", "\"", "'"}) {
      const auto text =
          with_scalar("---\nagent: " + quote + "old" + quote + "\n---\nb", "agent", value);
      EXPECT_EQ(parsed(text).scalar("agent"), value) << text;
    }
  }
}

TEST(Frontmatter, ANestedKeyOfTheSameNameIsNotTouched) {
  EXPECT_EQ(with_scalar("---\nhistory:\n- lane: planned\nlane: planned\n---\n", "lane", "done"),
            "---\nhistory:\n- lane: planned\nlane: done\n---\n");
  EXPECT_EQ(with_scalar("---\nnote: |\n  lane: planned\nlane: planned\n---\n", "lane", "done"),
            "---\nnote: |\n  lane: planned\nlane: done\n---\n");
}

TEST(Frontmatter, AListChangesLineByLine) {
  EXPECT_EQ(with_list("---\ndependencies: []\n---\n", {"WP01"}),
            "---\ndependencies: [WP01]\n---\n");
  EXPECT_EQ(with_list("---\nlane: \"x\"\ndependencies: [] # none\n---\n", {"WP01", "WP02"}),
            "---\nlane: \"x\"\ndependencies: [\"WP01\", \"WP02\"] # none\n---\n");
  EXPECT_EQ(
      with_list("---\ndependencies:\n- WP01 # kept\n- WP03\nlane: x\n---\n", {"WP02", "WP01"}),
      "---\ndependencies:\n- WP01 # kept\n- WP02\nlane: x\n---\n");
  EXPECT_EQ(with_list("---\ndependencies:\n  - \"WP01\"\n# c\nlane: x\n---\n", {"WP01", "WP02"}),
            "---\ndependencies:\n  - \"WP01\"\n  - \"WP02\"\n# c\nlane: x\n---\n");
  EXPECT_EQ(with_list("---\nlane: x\n---\n", {"WP01"}),
            "---\nlane: x\ndependencies: [WP01]\n---\n");
  EXPECT_EQ(with_list("---\ndependencies:\nlane: x\n---\n", {"WP01"}),
            "---\ndependencies: [WP01]\nlane: x\n---\n");
  EXPECT_EQ(with_list("---\ndependencies: [\n  WP01,\n  WP02 ]\nlane: x\n---\n", {"WP03"}),
            "---\ndependencies: [WP03]\nlane: x\n---\n");
}

TEST(Frontmatter, AListThatHoldsTheSameAlreadyStays) {
  const std::string text = "---\ndependencies:  ['WP02',   WP01]\n---\n";
  EXPECT_EQ(with_list(text, {"WP01", "WP02"}), text);
}

TEST(Frontmatter, AnEditThatCannotBeMadeIsRefusedAndNamesTheLine) {
  auto file = parsed("---\nagent: x\nlane: &a \"x\"\nother: *a\n---\n"); // an anchor in use
  const auto set = file.set_scalar("lane", "doing");
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message.find("line 3"), std::string::npos) << set.error().message;
}

TEST(Frontmatter, ManyKeysAndEntriesTakeNoLongTime) {
  std::string keys = "---\n";
  for (int i = 0; i < 20'000; ++i)
    keys += "k" + std::to_string(i) + ": 1\n";
  EXPECT_TRUE(frontmatter_file::parse(keys + "---\n", "WP01.md"));
  EXPECT_NE(why(keys + "k7: 1\n---\n").find("the key k7 appears twice"), std::string::npos);

  std::string text = "---\ndependencies:\n";
  std::vector<std::string> fewer;
  for (int i = 0; i < 20'000; ++i) {
    text += "- d" + std::to_string(i) + "\n";
    if (i % 2 == 0)
      fewer.push_back("d" + std::to_string(i));
  }
  auto file = parsed(text + "---\n");
  ASSERT_TRUE(file.set_list("dependencies", fewer));
  EXPECT_EQ(file.list("dependencies"), fewer);
}

TEST(Frontmatter, WhatIsLargerThanAnyFrontmatterOrDeeperIsRefused) {
  EXPECT_NE(why("---\nx: " + std::string(300'000, 'a') + "\n---\n").find("256 KiB"),
            std::string::npos);
  EXPECT_TRUE(frontmatter_file::parse("---\nx: a\n---\n" + std::string(300'000, 'b'), "WP01.md"));
  EXPECT_NE(why("---\nx: " + std::string(20'000, '[') + "\n---\n"), "");
  EXPECT_NE(why("---\nx: " + std::string(20'000, '{') + "\n---\n"), "");
  std::string nested = "---\n";
  for (int i = 0; i < 600; ++i)
    nested += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_NE(why(nested + "---\n"), "");
}

TEST(Frontmatter, AnErrorNamesFileLineAndColumn) {
  EXPECT_EQ(why("---\nlane: x\ntitle: [a\n---\nb").substr(0, 29), "WP01.md, line 4, column 1: ma");
  EXPECT_NE(why("no frontmatter").find("WP01.md, line 1"), std::string::npos);
  EXPECT_NE(why("---\nlane: x\n").find("no closing ---"), std::string::npos);
  EXPECT_NE(why("---\nlane: x\nlane: y\n---\n").find("line 3, column 1: the key lane"),
            std::string::npos);
  EXPECT_NE(why("---\n{lane: x, agent: y}\n---\n").find("a line of its own"), std::string::npos);
  EXPECT_NE(why("---\n- a\n---\n").find("is not a YAML map"), std::string::npos);
  EXPECT_NE(why("---\nlane: \xFF\n---\n").find("UTF-8"), std::string::npos);
  EXPECT_NE(why(""), "");
}

} // namespace
} // namespace spec_kitty::workflow
