// The dev-server's WebSocket with a client of another maker, python3-websockets, with and without
// nginx between them.
#include "tests/support/cli_test.hpp"
#include "tests/support/tls.hpp"

namespace spec_kitty::support {
namespace {

/// ws_client.py, logged in and connected, or refused.
class peer {
public:
  peer(const std::string& url, const std::string& login, const words& options = {})
      : process_(launched(url, options)) {
    process_.write(login + "\n");
  }
  void send(const std::string& text) { process_.write(text + "\n"); }
  /// The next thing that happens on the connection.
  json_document next() { return parsed(process_.next_line().value_or("{}")); }
  /// The next text message; empty where something else happens.
  std::string next_text() { return text_of(next(), "text").value_or(""); }

private:
  static launch launched(const std::string& url, const words& options) {
    launch what;
    what.argv = {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/ws_client.py", url};
    what.argv.insert(what.argv.end(), options.begin(), options.end());
    return what;
  }
  child process_;
};

struct DevServerWs : cli_test {
  std::string login() const {
    return R"({"username":")" + server->username() + R"(","password":")" + server->password() +
           "\"}";
  }
  /// A connection that has received its snapshot.
  std::unique_ptr<peer> joined() const {
    auto made = std::make_unique<peer>(server->url(), login());
    const auto first = made->next_text();
    EXPECT_TRUE(first.starts_with(R"({"type":"snapshot")")) << first;
    return made;
  }
  /// An event as this home would send it, never sent.
  std::string fresh_event() {
    emit();
    const auto listed = lines_of(cli({"events", "export"}).out);
    EXPECT_FALSE(listed.empty());
    return listed.empty() ? "" : listed.back();
  }
  static std::string id_in(const std::string& event) {
    return text_of(parsed(event), "event_id").value_or("");
  }
};

TEST_F(DevServerWs, AcknowledgesAnEventAndSendsItToTheTeamsOthers) {
  logged_in();
  const auto sender = joined();
  const auto other = joined();
  const std::string event = fresh_event();
  sender->send(event);
  EXPECT_EQ(sender->next_text(),
            R"({"type":"ack","event_id":")" + id_in(event) + R"(","status":"accepted"})");
  EXPECT_EQ(other->next_text(), R"({"type":"event","event":)" + event + "}");
  sender->send(event);
  EXPECT_EQ(sender->next_text(),
            R"({"type":"ack","event_id":")" + id_in(event) + R"(","status":"duplicate"})");
  EXPECT_EQ(server->events(), std::vector<std::string>{event});
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"duplicate"}), 1) << "a batch knows it too";
}

TEST_F(DevServerWs, SendsEventsOfABatchToConnections) {
  logged_in();
  const auto listener = joined();
  const std::string event = fresh_event();
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 1);
  EXPECT_EQ(listener->next_text(), R"({"type":"event","event":)" + event + "}");
}

TEST_F(DevServerWs, RefusesATokenThatItDidNotIssue) {
  server_set();
  peer unknown_peer(server->url(), R"({"token":"made-up"})");
  EXPECT_EQ(number_in(unknown_peer.next(), {"refused"}), 401);
}

TEST_F(DevServerWs, RefusesWithTheGivenStatus) {
  server_set({"--ws-refuse", "503"});
  peer peer(server->url(), login());
  EXPECT_EQ(number_in(peer.next(), {"refused"}), 503);
}

TEST_F(DevServerWs, PutsFragmentsTogether) {
  logged_in();
  const auto joined_peer = joined();
  const std::string event = fresh_event();
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "do", "fragments");
  field(out, "text", event);
  out.EndObject();
  joined_peer->send(buffer.GetString());
  EXPECT_NE(joined_peer->next_text().find("accepted"), std::string::npos);
  EXPECT_EQ(server->events(), std::vector<std::string>{event});
}

TEST_F(DevServerWs, ClosesOnBinaryAndOnTooLargeMessages) {
  server_set();
  const auto binary = joined();
  binary->send(R"({"do":"binary"})");
  EXPECT_EQ(number_in(binary->next(), {"closed"}), 1003);
  const auto big = joined();
  big->send(std::string(std::size_t{9} << 20, 'x'));
  EXPECT_EQ(number_in(big->next(), {"closed"}), 1009);
}

TEST_F(DevServerWs, AnswersALongMessageThatIsNotJsonWithAnError) {
  server_set();
  const auto joined_peer = joined();
  joined_peer->send(std::string(std::size_t{900} << 10, 'x'));
  EXPECT_TRUE(joined_peer->next_text().starts_with(R"({"type":"error","event_id":null,)"));
}

TEST_F(DevServerWs, ClosesWithTheGivenCode) {
  logged_in({"--ws-close-after-events", "1", "--ws-close-code", "1012"});
  const auto joined_peer = joined();
  joined_peer->send(fresh_event());
  EXPECT_NE(joined_peer->next_text().find("accepted"), std::string::npos);
  EXPECT_EQ(number_in(joined_peer->next(), {"closed"}), 1012);
}

TEST_F(DevServerWs, PingsAndCutsAtTheGivenTimes) {
  server_set({"--ws-ping-s", "1", "--ws-cut-every-ms", "5000"});
  const auto joined_peer = joined();
  int pings = 0;
  auto heard = joined_peer->next();
  for (; text_of(heard, "text").value_or("").starts_with(R"({"type":"ping","timestamp":)"); ++pings)
    heard = joined_peer->next();
  EXPECT_GT(pings, 0);
  EXPECT_EQ(number_in(heard, {"closed"}), 1006) << "without a close frame";
}

TEST_F(DevServerWs, AcceptsAProperClose) {
  server_set();
  const auto joined_peer = joined();
  joined_peer->send(R"({"do":"close","code":1000})");
  EXPECT_EQ(number_in(joined_peer->next(), {"closed"}), 1000);
  bool reported = false;
  for (const auto& line : server->stop())
    reported = reported || line.find(R"("ws":"closed")") != std::string::npos;
  EXPECT_TRUE(reported);
}

TEST_F(DevServerWs, SpeaksThroughNginxAndTls) {
  if (!has_nginx())
    GTEST_SKIP() << "nginx is not installed";
  logged_in();
  const authority ca(root() / "ca");
  const int port = free_port();
  const tls_front front(root() / "nginx", ca.issue("localhost"), port, server->port());
  peer peer("https://localhost:" + std::to_string(port), login(), {"--ca", ca.file()});
  EXPECT_TRUE(peer.next_text().starts_with(R"({"type":"snapshot")"));
  const std::string event = fresh_event();
  peer.send(event);
  EXPECT_NE(peer.next_text().find("accepted"), std::string::npos);
  EXPECT_EQ(server->events(), std::vector<std::string>{event});
}

} // namespace
} // namespace spec_kitty::support
