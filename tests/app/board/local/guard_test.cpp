#include "app/board/local/guard.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::board {

namespace {

const guard_settings ours{8080, "the-token"};

listener::inbound_request asked(std::vector<listener::header_field> headers = {}) {
  listener::inbound_request request;
  request.method = "GET";
  request.path = "/board/state";
  request.headers = {{"host", "127.0.0.1:8080"}, {"authorization", "Bearer the-token"}};
  for (auto& header : headers) {
    std::erase_if(request.headers, [&](const auto& known) { return known.name == header.name; });
    request.headers.push_back(std::move(header));
  }
  return request;
}

int status_of(const std::optional<listener::outbound_reply>& refused) {
  return refused ? refused->status : 0;
}

TEST(board_guard, lets_its_own_page_ask) {
  EXPECT_EQ(status_of(refuse(asked(), ours)), 0);
  EXPECT_EQ(status_of(refuse(asked({{"host", "localhost:8080"}}), ours)), 0);
  EXPECT_EQ(
      status_of(refuse(
          asked({{"origin", "http://127.0.0.1:8080"}, {"sec-fetch-site", "same-origin"}}), ours)),
      0);
}

TEST(board_guard, refuses_a_name_that_was_bent_to_this_machine) {
  EXPECT_EQ(status_of(refuse(asked({{"host", "evil.example:8080"}}), ours)), 421);
  EXPECT_EQ(status_of(refuse(asked({{"host", "127.0.0.1:8081"}}), ours)), 421);
  EXPECT_EQ(status_of(refuse_page(asked({{"host", "evil.example:8080"}}), ours)), 421);
  EXPECT_EQ(status_of(refuse_page(asked({{"host", ""}}), ours)), 421);
}

TEST(board_guard, refuses_pages_of_others_even_of_another_local_port) {
  EXPECT_EQ(status_of(refuse(asked({{"origin", "http://127.0.0.1:8081"}}), ours)), 403);
  EXPECT_EQ(status_of(refuse(asked({{"origin", "https://127.0.0.1:8080"}}), ours)), 403);
  EXPECT_EQ(status_of(refuse(asked({{"origin", "null"}}), ours)), 403);
  EXPECT_EQ(status_of(refuse(asked({{"sec-fetch-site", "same-site"}}), ours)), 403);
  EXPECT_EQ(status_of(refuse(asked({{"sec-fetch-site", "cross-site"}}), ours)), 403);
}

TEST(board_guard, refuses_other_tokens) {
  for (const auto* given : {"", "Bearer", "Bearer ", "Bearer the-toke", "Bearer the-token2",
                            "bearer the-token", "Basic the-token"})
    EXPECT_EQ(status_of(refuse(asked({{"authorization", given}}), ours)), 401) << given;
}

TEST(board_guard, takes_a_change_only_with_a_header_that_foreign_pages_cannot_send) {
  auto request = asked();
  request.method = "POST";
  EXPECT_EQ(status_of(refuse(request, ours)), 403);
  request.headers.push_back({"x-board", "1"});
  EXPECT_EQ(status_of(refuse(request, ours)), 0);
}

TEST(board_guard, opens_streams_to_its_own_origin_alone) {
  EXPECT_EQ(status_of(refuse_stream(asked(), ours)), 403) << "a browser always names the origin";
  EXPECT_EQ(status_of(refuse_stream(asked({{"origin", "http://evil.example"}}), ours)), 403);
  EXPECT_EQ(status_of(refuse_stream(asked({{"origin", "http://localhost:8080"}}), ours)), 0);
}

} // namespace

} // namespace spec_kitty::board
