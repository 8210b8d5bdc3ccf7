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

TEST(Redact, AShortTokenOfTheCredentialsFileIsReplacedWhereItStandsAlone) {
  const redaction_terms words{{}, {}, {"tok-1", "long-token-22", "ab"}};
  EXPECT_EQ(redact("Bearer tok-1, (tok-1)", words), "Bearer [secret], ([secret])");
  EXPECT_EQ(redact("tok-12 xtok-1 tok-1.old ab", words), "tok-12 xtok-1 tok-1.old ab");
  EXPECT_EQ(redact("xlong-token-22x", words), "x[secret]x");
}

TEST(Redact, EveryTextOfAValueIsLookedAtAndSoAreItsNames) {
  EXPECT_EQ(
      redact_json(R"({"/home/ann":["/home/ann/a",{"secret-token-1_id":"secret-token-1"}]})", ann),
      R"({"~":["~/a",{"[secret]_id":"[secret]"}]})");
}

TEST(Redact, WhatIsEscapedIsFoundToo) {
  const redaction_terms quoted{{}, {"say \"when\""}};
  EXPECT_EQ(redact_json(R"(["say \"when\" ","\n/home/x"])", quoted),
            R"(["[secret] ","\n/home/x"])");
  EXPECT_EQ(redact_json(R"(["\"/home/ann/b\"",1.10])", ann), R"(["\"~/b\"",1.10])");
}

TEST(Redact, NumbersThatAreNotSecretsKeepTheirDigits) {
  EXPECT_EQ(
      redact_json(R"({"a":"/home/ann","n":[1.10,1E5,-0.0,12345678901234567890123,5e-324]})", ann),
      R"({"a":"~","n":[1.10,1E5,-0.0,12345678901234567890123,5e-324]})");
  EXPECT_EQ(redact_json(R"({"n":[1234567890,1]})", {{}, {"1234567890"}}),
            R"({"n":["[secret]",1]})");
}

TEST(Redact, WhatHoldsNothingPrivateStaysByteForByte) {
  for (const char* text : {R"({"a":[true,false,null,1e5,"\u0000é"],"b":{}})", "[]", R"("x")", "1"})
    EXPECT_EQ(redact_json(text, ann), text);
}

TEST(Redact, AStackTraceIsEmptied) {
  EXPECT_EQ(without_stack_trace(R"({"error_type":"runtime","stack_trace":"main.py:7","n":1.0})"),
            R"({"error_type":"runtime","stack_trace":null,"n":1.0})");
  EXPECT_EQ(without_stack_trace("[1]"), "[1]");
}

} // namespace
} // namespace spec_kitty
