// What is private is found where it stands, and nothing else is touched.
#include "messages/redact.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

const redaction_terms ann{{"/home/ann"}, {"secret-token-1", "short"}};

TEST(Redact, PathsUnderTheHomeFolderBeginWithATilde) {
  EXPECT_EQ(redact("/home/ann/work/a.cpp", ann), "~/work/a.cpp");
  EXPECT_EQ(redact("/home/ann", ann), "~");
  EXPECT_EQ(redact("in /home/ann/a and '/home/ann/b':", ann), "in ~/a and '~/b':");
  EXPECT_EQ(redact("file:///home/ann/a", ann), "file:///home/ann/a") << "a URL is not a path";
}

TEST(Redact, AnotherFolderWithALongerNameIsLeftAlone) {
  for (const char* text : {"/home/anna/a", "/home/ann-b/a", "/home/ann.old", "/mnt/home/ann/a"})
    EXPECT_EQ(redact(text, ann), text);
}

TEST(Redact, AHomeFolderThatIsTheRootOrUnsetHidesNothing) {
  EXPECT_EQ(redact("/etc/passwd", {{"/"}, {}}), "/etc/passwd");
  EXPECT_EQ(redact("/etc/passwd", {{""}, {}}), "/etc/passwd");
  EXPECT_EQ(redact("/home/ann/a", {{"/home/ann/"}, {}}), "~/a");
}

TEST(Redact, SecretsAreReplacedWhereverTheyStand) {
  EXPECT_EQ(redact("token=secret-token-1; short", ann), "token=[secret]; short");
  EXPECT_EQ(redact("xsecret-token-1secret-token-1x", ann), "x[secret][secret]x");
}

TEST(Redact, EveryTextOfAValueIsLookedAtAndNamesAreKept) {
  auto value = *parse_json(R"({"/home/ann":["/home/ann/a",{"b":"secret-token-1"}],"n":1})");
  EXPECT_TRUE(redact(value, value, ann));
  EXPECT_EQ(to_text(value), R"({"/home/ann":["~/a",{"b":"[secret]"}],"n":1})");
  EXPECT_FALSE(redact(value, value, ann));
}

TEST(Redact, AStackTraceIsEmptiedOnce) {
  auto payload = *parse_json(R"({"error_type":"runtime","stack_trace":"main.py:7"})");
  EXPECT_TRUE(drop_stack_trace(payload));
  EXPECT_EQ(to_text(payload), R"({"error_type":"runtime","stack_trace":null})");
  EXPECT_FALSE(drop_stack_trace(payload));
  auto none = *parse_json("[1]");
  EXPECT_FALSE(drop_stack_trace(none));
}

} // namespace
} // namespace spec_kitty
