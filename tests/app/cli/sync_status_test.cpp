// spec-kitty sync status and clock show: what they claim is what is.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct SyncStatus : cli_test {
  json_document status() const { return json_of({"sync", "status"}); }
  static std::string text(const json_document& of, const char* group, const char* name) {
    return text_of(*member(of, group), name).value_or("null");
  }
};

TEST_F(SyncStatus, HasEveryFieldOfTheContract) {
  const auto shown = status();
  for (const char* name : {"ok", "home", "server_url", "auth", "queue", "connection", "daemon",
                           "last_ack_at", "last_error", "clock"})
    EXPECT_NE(member(shown, name), nullptr) << name;
  for (const char* name : {"state", "username", "team_slug", "access_expires_at"})
    EXPECT_NE(member(*member(shown, "auth"), name), nullptr) << name;
  for (const char* name : {"queued", "leased", "held", "dead", "max", "dropped_total", "spilled",
                           "oldest_age_s", "bytes"})
    EXPECT_NE(member(*member(shown, "queue"), name), nullptr) << name;
  for (const char* name : {"state", "reason", "since"})
    EXPECT_NE(member(*member(shown, "connection"), name), nullptr) << name;
  for (const char* name : {"running", "pid", "version", "since"})
    EXPECT_NE(member(*member(shown, "daemon"), name), nullptr) << name;
}

TEST_F(SyncStatus, OfAMissingHomeShowsZerosAndSaysSo) {
  const auto shown = status();
  EXPECT_EQ(text_of(shown, "home"), home().string());
  EXPECT_TRUE(member(shown, "server_url")->IsNull());
  EXPECT_EQ(number_in(shown, {"queue", "queued"}), 0);
  EXPECT_TRUE(member(*member(shown, "queue"), "oldest_age_s")->IsNull());
  EXPECT_EQ(number_in(shown, {"clock"}), 0);
  EXPECT_NE(cli({"sync", "status"}).out.find("nothing recorded yet"), std::string::npos);
}

TEST_F(SyncStatus, FollowsAnEventFromHeldToQueuedToDelivered) {
  emit(2);
  auto shown = status();
  EXPECT_EQ(number_in(shown, {"queue", "held"}), 2);
  EXPECT_EQ(number_in(shown, {"queue", "queued"}), 0);
  EXPECT_EQ(text(shown, "auth", "state"), "logged_out");
  EXPECT_TRUE(member(shown, "last_ack_at")->IsNull());

  logged_in();
  shown = status();
  EXPECT_EQ(number_in(shown, {"queue", "held"}), 0);
  EXPECT_EQ(number_in(shown, {"queue", "queued"}), 2);
  EXPECT_EQ(text(shown, "auth", "state"), "authenticated");
  EXPECT_EQ(text(shown, "auth", "username"), server->username());
  EXPECT_EQ(text(shown, "auth", "team_slug"), server->team());
  EXPECT_EQ(text_of(shown, "server_url"), server->url());
  EXPECT_GE(number_in(shown, {"queue", "oldest_age_s"}), 0);

  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  shown = status();
  EXPECT_EQ(number_in(shown, {"queue", "queued"}), 0);
  EXPECT_EQ(number_in(shown, {"queue", "bytes"}), 0);
  EXPECT_FALSE(member(shown, "last_ack_at")->IsNull());
  EXPECT_NE(cli({"sync", "status"}).out.find("0 queued, 0 leased, 0 held, 0 dead"),
            std::string::npos);
}

TEST_F(SyncStatus, AnExpiredTokenIsNeverCalledAuthenticated) {
  logged_in({"--access-lifetime", "1"});
  EXPECT_TRUE(eventually([this] { return text(status(), "auth", "state") == "expired"; }));
  EXPECT_NE(cli({"sync", "status"}).out.find("EXPIRED"), std::string::npos);
  EXPECT_NE(cli({"auth", "status"}).out.find("expired since"), std::string::npos);
}

TEST_F(SyncStatus, TheConnectionSaysWhatToDoFirst) {
  EXPECT_EQ(text(status(), "connection", "state"), "Offline");
  EXPECT_NE(text(status(), "connection", "reason").find("no server"), std::string::npos);
  server_set();
  EXPECT_NE(text(status(), "connection", "reason").find("logged in"), std::string::npos);
}

TEST_F(SyncStatus, ShowsTheCapAndWhatWasDropped) {
  env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = "1";
  emit();
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 1);
  const auto shown = status();
  EXPECT_EQ(number_in(shown, {"queue", "max"}), 1);
  EXPECT_EQ(number_in(shown, {"queue", "dropped_total"}), 1);
  EXPECT_NE(cli({"sync", "status"}).out.find("1 event dropped"), std::string::npos);
  EXPECT_EQ(number_in(json_of({"events", "acknowledge-drops"}), {"count"}), 1);
  EXPECT_EQ(number_in(status(), {"queue", "dropped_total"}), 0);
}

TEST_F(SyncStatus, SendsNothing) {
  logged_in();
  emit();
  (void)server->stop();
  const raw_server watch("", server->port());
  for (const words& reader :
       {words{"sync", "status"}, words{"auth", "status"}, words{"events", "list"},
        words{"events", "stats"}, words{"clock", "show"}, words{"config", "list"}})
    EXPECT_EQ(cli(reader).status, 0);
  EXPECT_EQ(watch.connections(), 0);
}

TEST_F(SyncStatus, TheNodeIdOutlivesTheNameOfTheUser) {
  emit();
  const auto before = text_of(json_of({"clock", "show"}), "node_id");
  ASSERT_TRUE(before);
  EXPECT_EQ(before->size(), 12U);
  env["USER"] = "somebody-else";
  emit();
  EXPECT_EQ(text_of(json_of({"clock", "show"}), "node_id"), before);
  EXPECT_EQ(number_in(json_of({"clock", "show"}), {"value"}), 2);
}

} // namespace
} // namespace spec_kitty::support
