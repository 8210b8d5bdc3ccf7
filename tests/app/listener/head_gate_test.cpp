#include "app/listener/head_gate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spec_kitty::listener {
namespace {

const listener_limits gate_limits;

gate_verdict judged(std::string_view bytes) {
  return head_gate(gate_limits).look(bytes);
}

TEST(HeadGate, LetsAPlainRequestThrough) {
  const std::string head = "GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto verdict = judged(head + "the body");
  EXPECT_EQ(verdict.state, gate_state::complete);
  EXPECT_EQ(verdict.size, head.size());
  EXPECT_EQ(verdict.skipped, 0U);
}

TEST(HeadGate, SkipsTwoEmptyLines) {
  const auto verdict = judged("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(verdict.state, gate_state::complete);
  EXPECT_EQ(verdict.skipped, 4U);
}

TEST(HeadGate, WaitsForTheRestOfWhatIsRightSoFar) {
  for (const char* begun : {"", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n",
                            "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r"})
    EXPECT_EQ(judged(begun).state, gate_state::incomplete) << begun;
}

TEST(HeadGate, RefusesAsSoonAsItCan) {
  EXPECT_EQ(judged("GET /\r\n").status, 400);
  EXPECT_EQ(judged("\x16\x03\x01").status, 400);
  EXPECT_EQ(judged("GET / HTTP/3.0\r\n").status, 505);
  EXPECT_EQ(judged("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n").status, 400);
}

TEST(HeadGate, SaysTheSameHoweverTheBytesArrive) {
  const std::string heads[] = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest",
      "\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a\nb\r\n\r\n",
      "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n",
  };
  for (const auto& head : heads) {
    const auto whole = judged(head);
    head_gate dripped(gate_limits);
    gate_verdict verdict;
    for (std::size_t size = 1; size <= head.size() && verdict.state == gate_state::incomplete;
         ++size)
      verdict = dripped.look(std::string_view(head).substr(0, size));
    EXPECT_EQ(verdict.state, whole.state) << head;
    EXPECT_EQ(verdict.status, whole.status) << head;
    EXPECT_EQ(verdict.size, whole.size) << head;
  }
}

TEST(HeadGate, TakesAHeadOfExactlyTheBound) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  head += std::string(gate_limits.max_head - head.size() - 4, 'a') + "\r\n\r\n";
  EXPECT_EQ(judged(head).state, gate_state::complete);
  head.insert(head.size() - 4, "a");
  EXPECT_EQ(judged(head).status, 431);
}

TEST(RequestTarget, IsAPathAndAQuery) {
  const auto plain = parse_target("/a/b?c=d?e");
  EXPECT_EQ(plain.status, 0);
  EXPECT_EQ(plain.path, "/a/b");
  EXPECT_EQ(plain.query, "c=d?e");
  const auto absolute = parse_target("HTTP://host:80/a?b");
  EXPECT_EQ(absolute.path, "/a");
  EXPECT_EQ(absolute.query, "b");
  const auto bare = parse_target("https://host?b");
  EXPECT_EQ(bare.path, "/");
  EXPECT_EQ(bare.query, "b");
}

TEST(RequestTarget, IsRefusedInEveryOtherForm) {
  for (const char* target : {"*", "a", "host:443", "?a", "/a#b", "http://", "http:///a",
                             "http://u@host/", "ftp://host/"})
    EXPECT_EQ(parse_target(target).status, 400) << target;
}

} // namespace
} // namespace spec_kitty::listener
