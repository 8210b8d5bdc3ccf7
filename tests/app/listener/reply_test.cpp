#include "app/listener/message.hpp"
#include "app/listener/reply_text.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace spec_kitty::listener {
namespace {

outbound_reply small_reply() {
  outbound_reply reply;
  reply.body = "{}";
  return reply;
}

TEST(ReplyHead, FramesTheBody) {
  const reply_form form{false, true, false, "id-1", 1'796'000'000};
  EXPECT_EQ(reply_head(small_reply(), form), "HTTP/1.1 200 OK\r\n"
                                             "Date: Mon, 30 Nov 2026 00:53:20 GMT\r\n"
                                             "Content-Type: application/json\r\n"
                                             "Content-Length: 2\r\n"
                                             "X-Request-Id: id-1\r\n\r\n");
}

TEST(ReplyHead, SaysWhetherTheConnectionStays) {
  const auto closed = reply_head(small_reply(), {false, false, false, {}, 0});
  EXPECT_NE(closed.find("Connection: close\r\n"), std::string::npos);
  const auto kept = reply_head(small_reply(), {true, true, false, {}, 0});
  EXPECT_EQ(kept.find("HTTP/1.0 200 OK\r\n"), 0U);
  EXPECT_NE(kept.find("Connection: keep-alive\r\n"), std::string::npos);
}

TEST(ReplyHead, LeavesOutWhatWouldSplitOrReframeTheReply) {
  auto reply = small_reply();
  reply.content_type = "text/html\r\nX: y";
  reply.headers = {{"Good", "value"},
                   {"Bad", "a\r\nSet-Cookie: b"},
                   {"Bad name", "a"},
                   {"", "a"},
                   {"Content-Length", "50"},
                   {"NUL", {"a\0b", 3}},
                   {"Transfer-Encoding", "chunked"},
                   {"connection", "keep-alive"}};
  const auto head = reply_head(reply, {false, true, false, {}, 0});
  EXPECT_EQ(head, "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                  "Content-Length: 2\r\nGood: value\r\n\r\n");
}

TEST(ReplyHead, HasNoLengthWhereThereIsNoBody) {
  auto reply = small_reply();
  reply.status = 204;
  reply.body.clear();
  EXPECT_EQ(reply_head(reply, {}).find("Content-Length"), std::string::npos);
  EXPECT_FALSE(has_reply_body(204, false));
  EXPECT_FALSE(has_reply_body(304, false));
  EXPECT_FALSE(has_reply_body(200, true));
  EXPECT_TRUE(has_reply_body(200, false));
}

TEST(OnceCallback, DeliversTheFirstAnswerOnly) {
  std::vector<int> delivered;
  const reply_callback reply(
      [&](const outbound_reply& answer) { delivered.push_back(answer.status); });
  outbound_reply answer;
  answer.status = 201;
  EXPECT_TRUE(reply(answer));
  answer.status = 202;
  EXPECT_FALSE(reply(answer));
  EXPECT_EQ(delivered, std::vector<int>{201});
}

TEST(OnceCallback, Answers503WhenTheLastCopyIsGone) {
  int status = 0;
  {
    const reply_callback first([&](const outbound_reply& answer) { status = answer.status; });
    { const reply_callback second = first; } // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(status, 503);
}

TEST(OnceCallback, HasOneAnswerAlsoWhenManyThreadsAnswer) {
  std::atomic<int> delivered{0};
  {
    const reply_callback reply([&](const outbound_reply&) { ++delivered; });
    std::vector<std::thread> threads;
    for (int count = 0; count < 8; ++count)
      threads.emplace_back([reply] { reply(outbound_reply{}); });
    for (auto& thread : threads)
      thread.join();
  }
  EXPECT_EQ(delivered, 1);
}

TEST(OnceCallback, WithoutAnythingBehindItDoesNothing) {
  EXPECT_FALSE(reply_callback{}(outbound_reply{}));
}

TEST(ErrorReply, IsJsonWithTheRequestsId) {
  const auto reply = error_reply(400, "bad", "say \"why\"", "id-7");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"error":"say \"why\"","error_code":"bad","request_id":"id-7"})");
}

} // namespace
} // namespace spec_kitty::listener
