// The real libwebsockets link against peers on bare sockets: what messages may be, and how many.
#include "tests/actors/link/link_fixture.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;
using support::hostile_ws;
using support::open_link;

/// How a link to a play ends, and the code of the close frame that the peer got ("0": a bare one).
std::pair<link_ended, std::string> closed_by_link(const std::string& play,
                                                  std::size_t max_message_bytes = 1000) {
  hostile_ws peer(play);
  auto request = peer.request();
  request.max_message_bytes = max_message_bytes;
  const open_link link(std::move(request));
  auto end = link.seen.wait_ended();
  EXPECT_EQ(link.seen.texts().size(), 0U) << play;
  return {std::move(end), peer.next("close")};
}

// ── Messages ─────────────────────────────────────────────────────────────────────────────────────

TEST(Link, FragmentsAreJoinedAndPingsBetweenThemAnswered) {
  hostile_ws peer("fragments");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_texts(2));
  EXPECT_EQ(link.seen.texts(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(peer.next("pong"), "in between");
}

TEST(Link, CharacterCutByFragmentsIsWhole) {
  const hostile_ws peer("euro_cut");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_texts(1));
  EXPECT_EQ(link.seen.texts()[0], "€");
}

TEST(Link, MessageOfTwoMegabytesComesWhole) {
  const hostile_ws peer("big");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_texts(1));
  EXPECT_EQ(link.seen.texts()[0], std::string(std::size_t{2} << 20, 'b'));
}

TEST(Link, MessageOverTheLimitIsRefusedWith1009) {
  for (const char* play : {"over_the_limit", "over_in_fragments"}) {
    const auto [end, code] = closed_by_link(play);
    EXPECT_EQ(end.how, link_end::too_large) << play << ": " << end;
    EXPECT_EQ(code, "1009") << play;
  }
}

TEST(Link, TextThatIsNotUtf8IsRefusedWith1007) {
  for (const char* play : {"bad_utf8", "bad_utf8_cut", "surrogate", "unfinished_utf8"}) {
    const auto [end, code] = closed_by_link(play);
    EXPECT_EQ(end.how, link_end::bad_frame) << play << ": " << end;
    EXPECT_EQ(code, "1007") << play;
  }
}

TEST(Link, BinaryMessageIsRefusedWith1003) {
  const auto [end, code] = closed_by_link("binary");
  EXPECT_EQ(end.how, link_end::bad_frame) << end;
  EXPECT_EQ(code, "1003");
}

TEST(Link, FrameThatBreaksTheProtocolIsRefusedWith1002) {
  for (const char* play : {"reserved_bits", "unknown_opcode", "lonely_continuation", "text_in_text",
                           "cut_ping", "long_ping"}) {
    const auto [end, code] = closed_by_link(play);
    EXPECT_EQ(end.how, link_end::bad_frame) << play << ": " << end;
    EXPECT_EQ(code, "1002") << play;
  }
}

TEST(Link, MaskedFrameIsTaken) { // RFC 6455 forbids it; lws cannot distinguish it
  const hostile_ws peer("masked");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_texts(1));
  EXPECT_EQ(link.seen.texts()[0], "under a mask");
}

// ── Pressure ─────────────────────────────────────────────────────────────────────────────────────

TEST(Link, PeerThatDoesNotReadLeavesUnsentAsItWasGiven) {
  hostile_ws peer("reads_later");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_opened());
  constexpr std::size_t each = 100'000;
  for (int i = 0; i < 80; ++i)
    link.link->send({std::string(each, 'u')});
  EXPECT_GT(link.link->unsent(), 0U);
  EXPECT_LE(link.link->unsent(), 80 * each);
  // The first ones may drain before the next is given.
  EXPECT_FALSE(link.seen.wait([&] { return link.link->unsent() == 0; }, 300ms));
  const int before = link.seen.drained();
  peer.go_on();
  EXPECT_TRUE(link.seen.wait([&] { return link.seen.drained() > before; }));
  EXPECT_EQ(link.link->unsent(), 0U);
  for (int i = 0; i < 80; ++i)
    ASSERT_EQ(peer.next("text"), "100000") << i;
}

TEST(Link, FloodStopsAtWhatIsUnreadAndResumesWhenItIsTaken) {
  hostile_ws peer("flood");
  auto request = peer.request();
  request.max_unread_bytes = 256 * 1024;
  request.ping_every = 100ms; // bytes that we leave unread do not count as the peer's silence
  request.pong_within = 1s;
  const open_link link(std::move(request));
  ASSERT_NE(peer.next("stuck_at"), ""); // it cannot send any more
  EXPECT_FALSE(link.seen.wait([&] { return link.seen.has_ended(); }, 1500ms));
  EXPECT_LE(link.seen.bytes(), 256 * 1024 + 2 * 65536);
  std::size_t taken = 0;
  while (taken < std::size_t{64} << 20) {
    ASSERT_TRUE(link.seen.wait([&] { return link.seen.bytes() > taken || link.seen.has_ended(); }));
    ASSERT_FALSE(link.seen.has_ended()) << link.seen.wait_ended();
    const std::size_t now = link.seen.bytes();
    link.link->taken(now - taken);
    taken = now;
  }
  const auto texts = link.seen.texts();
  ASSERT_EQ(texts.size(), 1024U);
  for (std::size_t i = 0; i < texts.size(); ++i)
    ASSERT_EQ(std::stoul(texts[i].substr(0, 5)), i);
}

} // namespace
} // namespace spec_kitty
