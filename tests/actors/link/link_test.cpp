// The real libwebsockets link against peers on bare sockets, byte by byte: how each thing ends.
#include "tests/actors/link/link_fixture.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;
using support::hostile_ws;
using support::open_link;

/// How a link to a play ends; `adjust` changes the request.
link_ended end_of(const std::string& play, const std::function<void(link_request&)>& adjust = {}) {
  const hostile_ws peer(play);
  auto request = peer.request();
  if (adjust)
    adjust(request);
  const open_link link(std::move(request));
  return link.seen.wait_ended();
}

// ── Opening ──────────────────────────────────────────────────────────────────────────────────────

TEST(Link, TextsGoBothWays) {
  hostile_ws peer("snapshot_and_echo");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_texts(1));
  link.link->send({"grüße"});
  link.link->send({""});
  link.link->send({std::string(70'000, 'x')});
  ASSERT_TRUE(link.seen.wait_texts(4));
  const auto texts = link.seen.texts();
  EXPECT_EQ(texts[0], R"({"type":"snapshot"})");
  EXPECT_EQ(texts[1], "grüße");
  EXPECT_EQ(texts[2], "");
  EXPECT_EQ(texts[3], std::string(70'000, 'x'));
  EXPECT_TRUE(link.seen.wait([&] { return link.seen.drained() > 0 && link.link->unsent() == 0; }));
}

TEST(Link, RequestHoldsTokenHostAndVersionAndOffersNothing) {
  hostile_ws peer("pongs");
  const auto request = peer.request();
  const open_link link(request);
  const auto head = peer.next("request") + "\r\n";
  EXPECT_EQ(head.find("GET /ws/v1/events/ HTTP/1.1\r\n"), 0U) << head;
  EXPECT_NE(head.find("\r\nAuthorization: Bearer secret-token\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nUser-Agent: spec-kitty/"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nHost: 127.0.0.1:" + std::to_string(request.port) + "\r\n"),
            std::string::npos)
      << head;
  EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos) << head;
  EXPECT_EQ(head.find("Sec-WebSocket-Protocol"), std::string::npos) << head;
}

TEST(Link, Ipv6AddressAsHost) {
  hostile_ws peer("pongs", "::1");
  const open_link link(peer.request());
  EXPECT_TRUE(link.seen.wait_opened()) << link.seen.wait_ended();
  EXPECT_NE(peer.next("request").find("\r\nHost: [::1]:"), std::string::npos);
}

TEST(Link, NameWithSeveralAddressesIsTriedToTheEnd) {
  const hostile_ws peer("pongs"); // on 127.0.0.1 alone; localhost may be ::1 first
  auto request = peer.request();
  request.host = "localhost";
  const open_link link(std::move(request));
  EXPECT_TRUE(link.seen.wait_opened()) << link.seen.wait_ended();
}

TEST(Link, ProxyOfTheEnvironmentNeverSeesThisMachinesTraffic) {
  ::setenv("http_proxy", "127.0.0.1:1", 1);
  const hostile_ws peer("pongs");
  const open_link link(peer.request());
  EXPECT_TRUE(link.seen.wait_opened()) << link.seen.wait_ended();
  ::unsetenv("http_proxy");
}

TEST(Link, RefusalIsReportedWithItsStatus) {
  for (const int status : {200, 401, 403, 404, 429, 500, 503}) {
    const auto end = end_of("status_" + std::to_string(status));
    EXPECT_EQ(end.how, link_end::refused) << end;
    EXPECT_EQ(end.http_status, status) << end;
    EXPECT_FALSE(end.json) << end;
  }
  EXPECT_TRUE(end_of("status_json").json);
}

TEST(Link, RedirectIsARefusalAndNotFollowed) {
  hostile_ws peer("redirect");
  const open_link link(peer.request());
  const auto end = link.seen.wait_ended();
  EXPECT_EQ(end.how, link_end::refused) << end;
  EXPECT_EQ(end.http_status, 302) << end;
  EXPECT_EQ(peer.next("elsewhere", 300ms), ""); // no request came there
}

TEST(Link, InvalidUpgradeResponseIsABadFrame) {
  for (const char* play : {"wrong_accept", "bare_101", "unasked_extension"}) {
    const auto end = end_of(play);
    EXPECT_EQ(end.how, link_end::bad_frame) << play << ": " << end;
  }
}

TEST(Link, HangUpBeforeTheAnswerIsWholeIsLost) {
  for (const char* play : {"half_a_reply", "half_a_refusal", "nothing", "garbage", "ssh"}) {
    const auto end = end_of(play);
    EXPECT_EQ(end.how, link_end::lost) << play << ": " << end;
    EXPECT_EQ(end.http_status, 0) << play;
  }
}

TEST(Link, NoWholeAnswerInTimeIsTimedOut) {
  for (const char* play : {"silent_before", "drip"}) {
    const auto began = std::chrono::steady_clock::now();
    const auto end = end_of(play, [](link_request& of) { of.connect_timeout = 700ms; });
    EXPECT_EQ(end.how, link_end::timed_out) << play << ": " << end;
    EXPECT_GE(std::chrono::steady_clock::now() - began, 690ms);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
  }
}

TEST(Link, APortWithoutAListenerIsUnreachable) {
  const hostile_ws peer("pongs");
  for (const char* host : {"127.0.0.1", "localhost", "::1"}) {
    auto request = peer.request();
    request.host = host;
    request.port = 1; // without a listener
    const open_link link(std::move(request));
    const auto end = link.seen.wait_ended();
    EXPECT_EQ(end.how, link_end::unreachable) << host << ": " << end;
    EXPECT_FALSE(end.words.empty());
  }
}

TEST(Link, WhatNoHeaderCanCarryIsNotAsked) {
  const hostile_ws peer("pongs");
  for (const char* bearer : {"a\r\nX-Evil: b", "a\nb", "t\xC3\xBC"}) {
    auto request = peer.request();
    request.bearer = bearer;
    const open_link link(std::move(request));
    EXPECT_EQ(link.seen.wait_ended().how, link_end::unreachable);
  }
}

// ── Ends ─────────────────────────────────────────────────────────────────────────────────────────

TEST(Link, ClosedByTheServerWithItsCode) {
  const std::pair<const char*, int> cases[] = {
      {"close_1000", 1000}, {"close_1001", 1001}, {"close_4401", 4401}, {"close_bare", 1005}};
  for (const auto& [play, code] : cases) {
    hostile_ws peer(play);
    const open_link link(peer.request());
    const auto end = link.seen.wait_ended();
    EXPECT_EQ(end.how, link_end::closed) << play << ": " << end;
    EXPECT_EQ(end.close_code, code) << play;
    EXPECT_EQ(peer.next("close"), code == 1005 ? "0" : std::to_string(code)) << play;
  }
}

TEST(Link, ReasonOfTheServerIsShownWithoutControlCharactersAndToken) {
  EXPECT_NE(end_of("close_4401").words.find("token?[31m over"), std::string::npos);
  const auto end = end_of("close_tells_token");
  EXPECT_EQ(end.close_code, 4401);
  EXPECT_EQ(end.words.find(support::secret_token), std::string::npos) << end;
}

TEST(Link, HangUpAndResetAreLost) {
  for (const char* play : {"hang_up", "half_a_frame", "reset"}) {
    const auto end = end_of(play);
    EXPECT_EQ(end.how, link_end::lost) << play << ": " << end;
    EXPECT_EQ(end.close_code, 0);
  }
}

TEST(Link, PeerThatAnswersNoPingIsSilent) {
  hostile_ws peer("silent_after");
  auto request = peer.request();
  request.ping_every = 200ms;
  request.pong_within = 300ms;
  const auto began = std::chrono::steady_clock::now();
  const open_link link(std::move(request));
  const auto end = link.seen.wait_ended();
  EXPECT_EQ(end.how, link_end::silent) << end;
  EXPECT_GE(std::chrono::steady_clock::now() - began, 490ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
  EXPECT_EQ(peer.next("ping"), "0"); // it was asked, with nothing inside
}

TEST(Link, PeerThatAnswersPingsIsKept) {
  hostile_ws peer("pongs");
  auto request = peer.request();
  request.ping_every = 100ms;
  request.pong_within = 2000ms;
  const open_link link(std::move(request));
  for (int pings = 0; pings < 5; ++pings)
    EXPECT_EQ(peer.next("ping"), "0");
  EXPECT_FALSE(link.seen.has_ended()) << link.seen.wait_ended();
}

TEST(Link, PeerThatSendsOnlyPingsOfItsOwnIsKept) {
  hostile_ws peer("pings_only");
  auto request = peer.request();
  request.ping_every = 300ms;
  request.pong_within = 500ms;
  const open_link link(std::move(request));
  EXPECT_EQ(peer.next("pinged"), "4");
  EXPECT_FALSE(link.seen.has_ended()) << link.seen.wait_ended();
}

TEST(Link, CloseSendsWhatWasQueuedAndEndsAsAsked) {
  hostile_ws peer("pongs");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_opened());
  link.link->send({"last words"});
  link.link->close();
  link.link->send({"too late"});
  EXPECT_EQ(link.seen.wait_ended().how, link_end::asked);
  EXPECT_EQ(peer.next("text"), "last words");
  EXPECT_EQ(peer.next("close"), "1000");
  EXPECT_EQ(peer.next("texts"), "1"); // nothing after close()
}

TEST(Link, CloseEndsAfterASecondWhereThePeerDoesNotAnswer) {
  hostile_ws peer("reads_later");
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_opened());
  const auto began = std::chrono::steady_clock::now();
  link.link->close();
  EXPECT_EQ(link.seen.wait_ended().how, link_end::asked);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(Link, DestructionEndsItInEveryState) {
  for (const char* play : {"silent_before", "pongs", "flood"}) {
    const hostile_ws peer(play);
    for (int i = 0; i < 10; ++i) {
      open_link link(peer.request());
      if (i % 2 == 0 && std::string(play) != "silent_before") {
        EXPECT_TRUE(link.seen.wait_opened());
      }
      link.link->send({"x"});
      link.link.reset();
      ASSERT_TRUE(link.seen.has_ended());
      EXPECT_EQ(link.seen.wait_ended().how, link_end::asked) << link.seen.wait_ended();
    }
  }
}

TEST(Link, DestructionDoesNotWaitForTheResolver) {
  if (::getenv("LD_PRELOAD") == nullptr) { // this very test again, with names that take 30 s
    support::launch again;
    again.argv = {std::filesystem::read_symlink("/proc/self/exe").string(),
                  "--gtest_filter=Link.DestructionDoesNotWaitForTheResolver"};
    again.env = {{"LD_PRELOAD", SPEC_KITTY_TEST_DIR "/slow_dns.so"}};
    const auto done = support::run(again);
    EXPECT_EQ(done.status, 0) << done.out << done.err;
    EXPECT_LT(done.took, 20s); // the lookup was left to itself
    return;
  }
  link_request request;
  request.host = "slow.example";
  request.port = 80;
  request.path = "/";
  const auto began = std::chrono::steady_clock::now();
  {
    const open_link link(request);
    EXPECT_FALSE(link.seen.has_ended());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  request.connect_timeout = 300ms;
  const open_link link(request);
  EXPECT_EQ(link.seen.wait_ended().how, link_end::timed_out);
}

// ── Rest ─────────────────────────────────────────────────────────────────────────────────────────

std::set<std::string> threads() {
  std::set<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    all.insert(entry.path().filename().string());
  return all;
}

int voluntary_switches(const std::string& thread) {
  std::ifstream status("/proc/self/task/" + thread + "/status");
  const std::string name = "voluntary_ctxt_switches:";
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name))
      return std::stoi(line.substr(name.size()));
  return -1;
}

TEST(Link, ThreadSleepsWhileNothingHappens) {
  const hostile_ws peer("pongs");
  const auto before = threads();
  const open_link link(peer.request());
  ASSERT_TRUE(link.seen.wait_opened());
  std::string own;
  for (const auto& thread : threads())
    if (!before.contains(thread))
      own = thread;
  int last = -1; // until it has come to rest
  ASSERT_TRUE(
      support::eventually([&] { return std::exchange(last, voluntary_switches(own)) == last; }));
  EXPECT_FALSE(link.seen.wait([&] { return link.seen.has_ended(); }, 1500ms));
  EXPECT_LE(voluntary_switches(own) - last, 1);
}

} // namespace
} // namespace spec_kitty
