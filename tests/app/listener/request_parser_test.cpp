#include "app/listener/request_parser.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::listener {
namespace {

const std::string chunked_request =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

struct parsed_body {
  body_state state = body_state::more;
  std::string body;
  std::size_t left = 0; ///< bytes that were not used
};

/// Gives the bytes in pieces of one size, as a session does: what is left comes again, with more.
parsed_body parsed(const std::string& head, const std::string& bytes, std::size_t piece,
                   std::size_t budget = 1 << 20) {
  listener_limits limits;
  limits.max_body = 1000;
  request_parser parser(limits);
  EXPECT_TRUE(parser.put_head(head, std::make_shared<byte_budget>(budget)));
  parsed_body result;
  std::string unread;
  std::size_t given = 0;
  while (result.state == body_state::more && given < bytes.size()) {
    const std::size_t size = std::min(piece, bytes.size() - given);
    unread += bytes.substr(given, size);
    given += size;
    std::size_t used = 0;
    result.state = parser.put_body(unread, used);
    unread.erase(0, used);
  }
  result.left = unread.size() + bytes.size() - given;
  result.body = parser.take_body().first;
  return result;
}

TEST(RequestParser, ReadsChunksHoweverTheyArrive) {
  const std::string bytes = "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\nGET";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const auto result = parsed(chunked_request, bytes, piece);
    EXPECT_EQ(result.state, body_state::complete) << piece;
    EXPECT_EQ(result.body, "hello world") << piece;
    EXPECT_EQ(result.left, 3U) << piece;
  }
}

TEST(RequestParser, SurvivesALastChunkThatDrips) {
  for (const char* bytes : {"0\r\n\r\n", "00\r\n\r\n", "0;a\r\n\r\n", "0\r\nX: y\r\n\r\n"})
    EXPECT_EQ(parsed(chunked_request, bytes, 1).state, body_state::complete) << bytes;
}

TEST(RequestParser, RefusesBadChunksHoweverTheyArrive) {
  for (const char* bytes :
       {"5\nhello\r\n", "x\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5;a=\nb\r\nhello"})
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{100}})
      EXPECT_EQ(parsed(chunked_request, bytes, piece).state, body_state::malformed)
          << bytes << " in pieces of " << piece;
}

TEST(RequestParser, BoundsABodyByItsLimit) {
  const std::string many(2000, 'x');
  EXPECT_EQ(parsed(chunked_request, "7d0\r\n" + many, 100).state, body_state::too_large);
  std::string small_chunks;
  for (int count = 0; count < 300; ++count)
    small_chunks += "4\r\nxxxx\r\n";
  EXPECT_EQ(parsed(chunked_request, small_chunks, 100).state, body_state::too_large);
}

TEST(RequestParser, BoundsABodyByTheBudget) {
  EXPECT_EQ(parsed(chunked_request, "64\r\n" + std::string(100, 'x'), 200, 50).state,
            body_state::over_budget);
}

TEST(RequestParser, BoundsWhatItLeavesUnread) {
  EXPECT_EQ(parsed(chunked_request, "5;" + std::string(5000, 'a'), 100).state,
            body_state::malformed);
  EXPECT_EQ(parsed(chunked_request, "0\r\nX: " + std::string(5000, 'a'), 100).state,
            body_state::malformed);
}

TEST(RequestParser, GivesTheBudgetBackWithTheLastOwnerOfTheBody) {
  const auto budget = std::make_shared<byte_budget>(1000);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
  std::shared_ptr<const void> hold;
  {
    request_parser parser((listener_limits()));
    ASSERT_TRUE(parser.put_head(head, budget));
    EXPECT_EQ(budget->taken(), 0U);
    std::size_t used = 0;
    EXPECT_EQ(parser.put_body("hello", used), body_state::complete);
    EXPECT_EQ(used, 5U);
    hold = parser.take_body().second;
  }
  EXPECT_EQ(budget->taken(), 5U);
  hold.reset();
  EXPECT_EQ(budget->taken(), 0U);
}

TEST(RequestParser, TakesEverythingFromTheHead) {
  listener_limits limits;
  request_parser parser(limits);
  ASSERT_TRUE(parser.put_head("POST /a HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\n"
                              "Content-Length: 005\r\n\r\n",
                              std::make_shared<byte_budget>(10)));
  inbound_request request;
  parser.read_head(request);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.header("x-one"), "1");
  EXPECT_EQ(request.count("x-one"), 2U);
  EXPECT_EQ(parser.length(), 5U);
  EXPECT_TRUE(parser.keep_alive());
  EXPECT_FALSE(parser.is_version_1_0());
}

} // namespace
} // namespace spec_kitty::listener
