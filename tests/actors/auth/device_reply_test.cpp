// What the replies of a device login mean.
#include "actors/auth/device_reply.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using std::chrono::seconds;

constexpr const char* device_origin = "https://a:443";

http_reply device_answer(int status, std::string body, std::string type = "application/json") {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.body = std::move(body);
  reply.content_type = std::move(type);
  return reply;
}

std::string device_code_text(const std::string& link, const std::string& more = "") {
  return R"({"device_code":"secret","user_code":"BCDF-GHJK","verification_uri":")" + link + "\"" +
         more + "}";
}

TEST(DeviceReply, NamesTheCodeAndTheLink) {
  const auto code = read_device_code(
      device_answer(
          200, device_code_text("https://a/device",
                                R"(,"verification_uri_complete":"https://a/device?user_code=x",)"
                                R"("expires_in":300,"interval":7)")),
      device_origin);
  ASSERT_TRUE(code) << code.error().message;
  EXPECT_EQ(code->wait.code, "secret");
  EXPECT_EQ(code->user_code, "BCDF-GHJK");
  EXPECT_EQ(code->link, "https://a/device");
  EXPECT_EQ(code->full_link, "https://a/device?user_code=x");
  EXPECT_EQ(code->wait.expires_in, seconds(300));
  EXPECT_EQ(code->wait.interval, seconds(7));
}

TEST(DeviceReply, SendsNobodyToAnotherSite) {
  for (const char* link : {"https://evil.example/device", "http://a/device", "javascript:alert(1)",
                           "", "https://a\\u001b[2J/device", "https://a@evil.example/"})
    EXPECT_FALSE(read_device_code(device_answer(200, device_code_text(link)), device_origin))
        << link;
  const auto code = read_device_code(
      device_answer(
          200, device_code_text("https://a/device",
                                R"(,"verification_uri_complete":"https://evil.example/d?c=x")")),
      device_origin);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->full_link, "");
}

TEST(DeviceReply, BoundsWhatTheServerAsksFor) {
  const auto code = read_device_code(
      device_answer(200,
                    device_code_text("https://a/device", R"(,"expires_in":99999999,"interval":0)")),
      device_origin);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->wait.interval, seconds(1));
  EXPECT_EQ(code->wait.expires_in, std::chrono::minutes(30));
}

TEST(DeviceReply, AProxysAnswerDecidesNothing) {
  EXPECT_TRUE(std::holds_alternative<device_unclear>(
      read_device_outcome(device_answer(400, "<html>", "text/html"), device_origin, 0)));
  EXPECT_TRUE(
      std::holds_alternative<device_unclear>(read_device_outcome(http_reply{}, device_origin, 0)));
  EXPECT_FALSE(read_device_code(device_answer(200, "<html>", "text/html"), device_origin));
}

} // namespace
} // namespace spec_kitty
