// A server that is not there, not a sync server, or slow: one clear line, status 4, nothing lost,
// and the next sync with a good server delivers.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

const std::string html = "<html><body>Welcome! Please log in to the network.</body></html>";

struct SyncFailure : cli_test {
  SyncFailure() { env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "1"; }

  void be_ready() {
    logged_in();
    emit(3);
    before_ = cli({"events", "export"}).out;
    server->kill();
  }

  /// Whatever the server's place does now, the events stay as they were.
  json_document sync_fails() const {
    auto report = json_of({"sync", "now"}, 4);
    EXPECT_EQ(number_in(report, {"selected"}), 3);
    EXPECT_EQ(number_in(report, {"transient"}), 3);
    EXPECT_EQ(number_in(report, {"remaining"}), 3);
    EXPECT_NE(error_part(report, "hint"), "");
    EXPECT_EQ(cli({"events", "export"}).out, before_);
    const auto list = json_of({"events", "list"});
    for (const auto& event : member(list, "events")->GetArray()) {
      EXPECT_EQ(number_in(event, {"retry_count"}), 0) << "an outage was blamed on an event";
      EXPECT_EQ(text_of(event, "state"), "queued");
    }
    const auto status = json_of({"sync", "status"});
    EXPECT_EQ(text_of(*member(status, "last_error"), "message"), error_part(report, "message"));
    EXPECT_TRUE(member(status, "last_ack_at")->IsNull()) << "only an acknowledgement advances it";
    return report;
  }

  void a_good_server_delivers() {
    server->restart();
    const auto report = json_of({"sync", "now"});
    EXPECT_EQ(number_in(report, {"synced"}), 3);
    EXPECT_EQ(server->events(), lines_of(before_));
  }

private:
  std::string before_;
};

TEST_F(SyncFailure, AServerThatIsNotThere) {
  be_ready();
  const auto report = sync_fails();
  EXPECT_EQ(error_part(report, "code"), "transport");
  EXPECT_NE(error_part(report, "message").find("cannot be reached"), std::string::npos);
  const auto in_words = cli({"sync", "now"});
  EXPECT_EQ(in_words.status, 4);
  EXPECT_EQ(lines_of(in_words.err).size(), 3U) << "a sentence, two remedies: " << in_words.err;
  a_good_server_delivers();
}

TEST_F(SyncFailure, APageOfHtmlIsNoSuccess) {
  be_ready();
  {
    const raw_server page(http_reply_text("200 OK", "Content-Type: text/html\r\n", html),
                          server->port());
    const auto report = sync_fails();
    EXPECT_NE(error_part(report, "message").find("text/html"), std::string::npos);
    EXPECT_GE(page.connections(), 1);
  }
  a_good_server_delivers();
}

TEST_F(SyncFailure, ARedirectIsNotFollowed) {
  be_ready();
  const raw_server elsewhere(http_reply_text("200 OK", "Content-Type: text/html\r\n", html));
  {
    const raw_server portal(
        http_reply_text("302 Found", "Location: " + elsewhere.url() + "/login\r\n", ""),
        server->port());
    const auto report = sync_fails();
    EXPECT_NE(error_part(report, "message").find("302"), std::string::npos);
  }
  EXPECT_EQ(elsewhere.connections(), 0);
  a_good_server_delivers();
}

TEST_F(SyncFailure, AServerThatDoesNotKnowThePath) {
  be_ready();
  {
    const raw_server other(
        http_reply_text("404 Not Found", "Content-Type: text/html\r\n", "<h1>Not Found</h1>"),
        server->port());
    const auto report = sync_fails();
    EXPECT_EQ(error_part(report, "code"), "wrong_server");
    EXPECT_NE(error_part(report, "message").find("404"), std::string::npos);
  }
  a_good_server_delivers();
}

TEST_F(SyncFailure, AServerThatNeverAnswers) {
  be_ready();
  {
    const raw_server silent("", server->port());
    const auto report = sync_fails();
    EXPECT_NE(error_part(report, "message").find("did not answer in time"), std::string::npos);
    EXPECT_LT(number_in(report, {"duration_ms"}), 10'000);
  }
  a_good_server_delivers();
}

TEST_F(SyncFailure, AServerThatSpeaksSomethingElse) {
  be_ready();
  {
    const raw_server ssh("SSH-2.0-OpenSSH_9.2\r\n", server->port());
    sync_fails();
  }
  a_good_server_delivers();
}

TEST_F(SyncFailure, AServerThatIsBroken) {
  be_ready();
  {
    const raw_server broken(http_reply_text("503 Service Unavailable",
                                            "Content-Type: application/json\r\n",
                                            R"({"error":"the database is being moved"})"),
                            server->port());
    const auto report = sync_fails();
    EXPECT_NE(error_part(report, "message").find("503"), std::string::npos);
    EXPECT_NE(error_part(report, "message").find("the database is being moved"), std::string::npos);
  }
  a_good_server_delivers();
}

TEST_F(SyncFailure, AReplyWithoutResultsAcknowledgesNothing) {
  be_ready();
  for (const std::string body : {"{}", R"({"results":7})", "[]", "{\"results\":[", "null"}) {
    const raw_server odd(http_reply_text("200 OK", "Content-Type: application/json\r\n", body),
                         server->port());
    sync_fails();
  }
  a_good_server_delivers();
}

TEST_F(SyncFailure, AnEmptyListOfResultsAcknowledgesNothingAndEndsTheRun) {
  be_ready();
  {
    const raw_server empty(
        http_reply_text("200 OK", "Content-Type: application/json\r\n", R"({"results":[]})"),
        server->port());
    const auto report = json_of({"sync", "now"}, 4);
    EXPECT_EQ(number_in(report, {"transient"}), 3);
    EXPECT_EQ(number_in(report, {"remaining"}), 3);
    EXPECT_EQ(empty.connections(), 2) << "one asks what the server offers; the same events were "
                                         "posted again and again";
  }
  a_good_server_delivers();
}

TEST_F(SyncFailure, AServerKilledBetweenTwoRunsLosesAndRepeatsNothing) {
  be_ready();
  a_good_server_delivers();
  emit(3);
  server->kill();
  EXPECT_EQ(cli({"sync", "now"}).status, 4);
  server->restart();
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
  EXPECT_EQ(server->events().size(), 6U);
}

TEST_F(SyncFailure, LoggingInMeetsTheSameServersAndSaysSo) {
  const auto fails = [this](const std::string& url, const std::string& says) {
    env["SPEC_KITTY_SYNC_SERVER_URL"] = url;
    const auto answer = json_of({"auth", "login", "--username", "dev", "--password-stdin"}, 4,
                                "a-password-of-mine\n");
    EXPECT_NE(error_part(answer, "message").find(says), std::string::npos)
        << error_part(answer, "message");
    EXPECT_NE(error_part(answer, "hint"), "");
    EXPECT_FALSE(std::filesystem::exists(home() / "credentials"));
  };
  int free_port = 0;
  {
    const raw_server page(http_reply_text("200 OK", "Content-Type: text/html\r\n", html));
    free_port = page.port();
    fails(page.url(), "a valid token reply");
  }
  fails("http://127.0.0.1:" + std::to_string(free_port), "cannot be reached");
  const raw_server silent("");
  fails(silent.url(), "did not answer in time");
  const raw_server missing(http_reply_text("404 Not Found", "", ""));
  fails(missing.url(), "404");
}

} // namespace
} // namespace spec_kitty::support
