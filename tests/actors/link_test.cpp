// The real libwebsockets link against peers that play byte by byte, and two that others wrote.
#include "actors/link/link.hpp"
#include "tests/support/tls.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <csignal>
#include <mutex>

namespace spec_kitty::support {
namespace {

using namespace std::chrono_literals;

/// What came of a connection so far; filled on the link's thread.
struct heard {
  std::mutex guard;
  std::condition_variable changed;
  bool opened = false;
  int drained = 0;
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  std::optional<link_ended> ended;
  int calls_after_end = 0;

  link_handlers handlers() {
    const auto note = [this](const auto& what) {
      const std::lock_guard hold(guard);
      calls_after_end += ended ? 1 : 0;
      what();
      changed.notify_all();
    };
    return {[this, note] { note([&] { opened = true; }); },
            [this, note](std::string text) {
              note([&] {
                bytes += text.size();
                texts.push_back(std::move(text));
              });
            },
            [this, note] { note([&] { ++drained; }); },
            [this, note](link_ended how) { note([&] { ended = std::move(how); }); }};
  }
  template <class Condition>
  bool wait(Condition condition, std::chrono::milliseconds patience = 20s) {
    std::unique_lock hold(guard);
    return changed.wait_for(hold, patience, [&] { return condition(*this); });
  }
  link_ended end() {
    EXPECT_TRUE(wait([](heard& h) { return h.ended.has_value(); })) << "it does not end";
    const std::lock_guard hold(guard);
    EXPECT_EQ(calls_after_end, 0);
    return ended.value_or(link_ended{});
  }
};

struct Link : ::testing::Test {
  /// Starts a play and opens a connection to it.
  void play(const std::string& name) {
    peer_ = std::make_unique<child>(launch{
        {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/raw_ws.py", name}, {}, {}, {}});
    open(port_of(*peer_));
  }
  static int port_of(child& peer) {
    const auto line = peer.next_line();
    EXPECT_TRUE(line) << peer.wait().err;
    return line ? std::stoi(*line) : 0;
  }
  void open(int port) {
    request.port = port;
    auto made = open_link(request, said.handlers());
    ASSERT_TRUE(made) << made.error().message;
    link = std::move(*made);
  }
  /// What the peer saw of the client, once it is over.
  json_document seen() {
    const auto line = peer_->next_line();
    return line ? parsed(*line) : json_document(rapidjson::kObjectType);
  }
  bool has_snapshot() {
    return said.wait([](heard& h) { return !h.texts.empty(); });
  }

  link_request request = [] {
    link_request one;
    one.host = "127.0.0.1";
    one.path = "/ws/v1/events/";
    one.bearer = "ws-token";
    return one;
  }();
  heard said; ///< outlives the link
  std::unique_ptr<child> peer_;
  std::unique_ptr<ws_link> link;
};

TEST_F(Link, SendsTheTokenInTheHeaderAndTextBothWays) {
  play("echo");
  ASSERT_TRUE(has_snapshot());
  link->send("hello");
  ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 2; }));
  EXPECT_EQ(said.texts[1], "hello");
  EXPECT_TRUE(said.opened);
  EXPECT_GE(said.drained, 1);
  EXPECT_EQ(link->unsent(), 0U);
  link->close();
  EXPECT_EQ(said.end().how, link_end::asked);
  const auto peer = seen();
  const auto head = text_of(peer, "head").value_or("");
  EXPECT_TRUE(head.starts_with("GET /ws/v1/events/ HTTP/1.1")) << head;
  EXPECT_NE(head.find("uthorization: Bearer ws-token"), std::string::npos) << head;
  EXPECT_NE(head.find("spec-kitty/"), std::string::npos) << head;
  EXPECT_EQ(head.find("Extensions"), std::string::npos) << head;
  EXPECT_EQ(number_in(peer, {"closed_with"}), 1000);
}

TEST_F(Link, ARefusedUpgradeEndsWithItsStatus) {
  for (const int status : {401, 403, 404, 429, 500, 503}) {
    said.ended.reset();
    play(std::to_string(status));
    const auto how = said.end();
    EXPECT_EQ(how.how, link_end::refused) << status << how.words;
    EXPECT_EQ(how.http_status, status);
    link.reset();
  }
}

TEST_F(Link, ARedirectIsNotFollowed) {
  play("redirect");
  const auto how = said.end();
  EXPECT_EQ(how.how, link_end::refused) << how.words;
  EXPECT_EQ(how.http_status, 302);
}

TEST_F(Link, NobodyThereIsUnreachable) {
  open(1);
  EXPECT_EQ(said.end().how, link_end::unreachable);
}

TEST_F(Link, SilenceBeforeTheUpgradeIsATimeout) {
  request.connect_timeout = 300ms;
  play("silent_before");
  EXPECT_EQ(said.end().how, link_end::timed_out);
}

TEST_F(Link, AnAnswerThatIsNoUpgradeIsDefined) {
  for (const char* name : {"wrong_accept", "garbage", "half_reply"}) {
    said.ended.reset();
    play(name);
    const auto how = said.end();
    EXPECT_TRUE(how.how == link_end::bad_frame || how.how == link_end::lost ||
                how.how == link_end::unreachable)
        << name << static_cast<int>(how.how) << how.words;
    EXPECT_FALSE(said.opened) << name;
    link.reset();
  }
}

TEST_F(Link, FragmentsAreJoinedAlsoWithAPingBetween) {
  play("ping_between_fragments");
  ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 2; }));
  EXPECT_EQ(said.texts[1], "one two");
}

TEST_F(Link, AMessageOfTwoMegabytesIsTaken) {
  play("big");
  ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 2; }));
  EXPECT_EQ(said.texts[1].size(), 2'000'000U);
}

TEST_F(Link, AMessageOverTheLimitEndsItWith1009) {
  play("too_big");
  EXPECT_EQ(said.end().how, link_end::too_large);
}

TEST_F(Link, TextCutWithinACharacterIsWhole) {
  play("cut_utf8");
  ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 2; }));
  EXPECT_EQ(said.texts[1], "ü");
}

TEST_F(Link, WhatIsNoTextEndsItAndThePeerIsToldWhy) {
  const std::vector<std::pair<std::string, int>> plays = {
      {"bad_utf8", 1007}, {"bad_utf8_over_fragments", 1007}, {"binary", 1003}};
  for (const auto& [name, code] : plays) {
    said.ended.reset();
    play(name);
    const auto how = said.end();
    EXPECT_EQ(how.how, link_end::bad_frame) << name;
    EXPECT_EQ(how.close_code, code) << name;
    EXPECT_EQ(number_in(seen(), {"closed_with"}), code) << name;
    link.reset();
  }
}

TEST_F(Link, FramesThatBreakTheProtocolEndIt) {
  for (const char* name : {"reserved", "opcode", "long_control"}) {
    said.ended.reset();
    play(name);
    const auto how = said.end();
    EXPECT_TRUE(how.how == link_end::bad_frame || how.how == link_end::lost)
        << name << static_cast<int>(how.how);
    link.reset();
  }
}

TEST_F(Link, AMaskedFrameIsUnmaskedAndTaken) {
  play("masked");
  ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 2; }));
  EXPECT_EQ(said.texts[1], "masked");
}

TEST_F(Link, ACloseComesWithItsCodeAndReason) {
  const std::vector<std::pair<std::string, int>> plays = {
      {"close", 1001}, {"close_4401", 4401}, {"close_plain", 1005}};
  for (const auto& [name, code] : plays) {
    said.ended.reset();
    play(name);
    const auto how = said.end();
    EXPECT_EQ(how.how, link_end::closed) << name;
    EXPECT_EQ(how.close_code, code) << name;
    EXPECT_EQ(how.words, name == "close" ? "going away" : "");
    link.reset();
  }
}

TEST_F(Link, AHangUpAResetAndHalfAFrameAreALostConnection) {
  for (const char* name : {"hang_up", "half_frame", "reset"}) {
    said.ended.reset();
    said.texts.clear();
    play(name);
    ASSERT_TRUE(has_snapshot());
    link->send("x");
    EXPECT_EQ(said.end().how, link_end::lost) << name;
    link.reset();
  }
}

TEST_F(Link, APeerThatAnswersPingsLives) {
  request.ping_every = 100ms;
  request.pong_within = 80ms;
  play("echo");
  ASSERT_TRUE(has_snapshot());
  link->send("first");
  EXPECT_FALSE(said.wait([](heard& h) { return h.ended.has_value(); }, 1s));
  link->close();
  said.end();
  EXPECT_GE(number_in(seen(), {"pings"}), 3);
}

TEST_F(Link, APeerThatNeverAnswersAPingIsFoundSilent) {
  request.ping_every = 200ms;
  request.pong_within = 200ms;
  play("no_pongs");
  ASSERT_TRUE(has_snapshot());
  EXPECT_EQ(said.end().how, link_end::silent);
}

TEST_F(Link, AFloodIsTakenOnlyAsFastAsItIsConsumed) {
  play("flood");
  ASSERT_TRUE(said.wait([&](heard& h) { return h.bytes > request.most_unread; }));
  // Nothing is taken: what was read stays near the bound, far from the 64 MB.
  EXPECT_FALSE(said.wait([&](heard& h) { return h.bytes > 2 * request.most_unread; }, 500ms));
  std::size_t before = 0;
  {
    const std::lock_guard hold(said.guard);
    before = said.bytes;
  }
  link->taken(before);
  EXPECT_TRUE(said.wait([&](heard& h) { return h.bytes > before; })) << "it goes on when taken";
}

TEST_F(Link, WhatAPeerDoesNotReadStaysCountedAndDrainsWhenItDoes) {
  play("slow_reader");
  ASSERT_TRUE(has_snapshot());
  const std::string text(1 << 20, 'y');
  for (int i = 0; i < 16; ++i)
    link->send(text);
  EXPECT_GT(link->unsent(), 0U);
  EXPECT_TRUE(said.wait([](heard& h) { return h.drained > 0; }));
  EXPECT_EQ(link->unsent(), 0U);
}

TEST_F(Link, DestroyedItEndsAtOnceWhateverItWasDoing) {
  play("silent_before");
  const auto began = std::chrono::steady_clock::now();
  link.reset();
  EXPECT_EQ(said.end().how, link_end::asked);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST_F(Link, AProxyOfTheEnvironmentSeesNothing) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  play("echo");
  EXPECT_TRUE(has_snapshot()) << "it went to the proxy";
  ::unsetenv("http_proxy");
}

// ── Peers that others wrote ──────────────────────────────────────────────────────────────────────

struct Interop : Link {
  /// python3-websockets; skipped where it is not installed.
  int websockets(const std::vector<std::string>& options = {}) {
    launch what;
    what.argv = {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/websockets_peer.py"};
    what.argv.insert(what.argv.end(), options.begin(), options.end());
    peer_ = std::make_unique<child>(what);
    return port_of(*peer_);
  }
  void expect_a_conversation() {
    ASSERT_TRUE(has_snapshot());
    link->send(R"({"event_id":"01A"})");
    ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 2; }));
    EXPECT_NE(said.texts[1].find("\"ack\""), std::string::npos);
    link->send(R"({"event_id":"01B","padding":")" + std::string(1'000'000, 'x') + "\"}");
    ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 3; }));
    link->send("big");
    ASSERT_TRUE(said.wait([](heard& h) { return h.texts.size() == 4; }));
    EXPECT_GT(said.texts[3].size(), 2'000'000U);
    link->send("close");
    const auto how = said.end();
    EXPECT_EQ(how.how, link_end::closed);
    EXPECT_EQ(how.close_code, 1001);
    EXPECT_EQ(how.words, "as told");
  }
};

TEST_F(Interop, WithPythonWebsockets) {
  open(websockets());
  expect_a_conversation();
}

TEST_F(Interop, PythonWebsocketsRefuses) {
  open(websockets({"--refuse"}));
  const auto how = said.end();
  EXPECT_EQ(how.how, link_end::refused);
  EXPECT_EQ(how.http_status, 401);
}

struct BehindNginx : Interop {
  void SetUp() override {
    if (!has_nginx())
      GTEST_SKIP() << "nginx is not installed";
  }
  /// nginx shows a certificate and passes on to python3-websockets.
  void front(const certificate& shown) {
    const int behind = websockets();
    port_ = free_port();
    nginx_ = std::make_unique<tls_front>(folder_.path() / "nginx", shown, port_, behind);
    request.tls = true;
    request.host = "localhost";
    request.ca_file = authority_.file();
  }
  void expect_refused() {
    open(port_);
    const auto how = said.end();
    EXPECT_EQ(how.how, link_end::tls_refused) << how.words;
    EXPECT_FALSE(said.opened);
  }

  temporary_folder folder_;
  authority authority_{folder_.path()};
  std::unique_ptr<tls_front> nginx_;
  int port_ = 0;
};

TEST_F(BehindNginx, TlsAndAWebSocketProxyAreAWayToTheServer) {
  front(authority_.issue("localhost"));
  open(port_);
  expect_a_conversation();
}

TEST_F(BehindNginx, ACertificateOfAnotherNameIsRefused) {
  front(authority_.issue("elsewhere.example"));
  expect_refused();
}

TEST_F(BehindNginx, AnExpiredCertificateIsRefused) {
  front(authority_.issue("localhost", true));
  expect_refused();
}

TEST_F(BehindNginx, AnUnknownAuthorityIsRefused) {
  front(authority_.issue("localhost"));
  request.ca_file = "/etc/ssl/certs/ca-certificates.crt";
  expect_refused();
}

TEST_F(BehindNginx, AMissingCaFileIsNamed) {
  front(authority_.issue("localhost"));
  request.ca_file = "/no/such/ca.pem";
  open(port_);
  const auto how = said.end();
  EXPECT_EQ(how.how, link_end::tls_refused);
  EXPECT_NE(how.words.find("/no/such/ca.pem"), std::string::npos) << how.words;
}

} // namespace
} // namespace spec_kitty::support
