// What was delivered, where, and how a server that lost it is given it again.
#include "tests/support/daemon_test.hpp"

#include <sys/stat.h>

namespace spec_kitty::support {
namespace {

struct DeliveredEvents : daemon_test {
  std::vector<std::string> delivered(words options = {}) const {
    options.insert(options.begin(), {"events", "list", "--state", "delivered"});
    std::vector<std::string> found;
    const auto answer = json_of(std::move(options));
    for (const auto& entry : member(answer, "events")->GetArray())
      found.push_back(text_of(*member(entry, "event"), "event_id").value_or(""));
    return found;
  }
};

TEST_F(DeliveredEvents, AreListedShownAndExportedAfterwards) {
  logged_in();
  const auto ids = emit_each(3);
  EXPECT_TRUE(delivered().empty());
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(delivered(), ids);
  EXPECT_TRUE(json_of({"events", "list"}).HasMember("events"));
  const auto shown = json_of({"events", "show", ids[1]});
  EXPECT_EQ(text_of(shown, "state"), "delivered");
  EXPECT_EQ(text_of(shown, "server_url"), server->url());
  EXPECT_EQ(text_of(shown, "status"), "accepted");
  EXPECT_NE(cli({"events", "list", "--state", "delivered"}).out.find(server->url()),
            std::string::npos);
  EXPECT_EQ(lines_of(cli({"events", "export", "--state", "delivered"}).out).size(), 3U);
  EXPECT_EQ(delivered({"--limit", "1"}), std::vector{ids[2]}) << "the newest";
  EXPECT_TRUE(delivered({"--grep", "no such text"}).empty());
  EXPECT_EQ(delivered({"--since", "1h"}).size(), 3U);
}

TEST_F(DeliveredEvents, OverTheWebSocketAreKeptToo) {
  logged_in();
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  const auto ids = emit_each(3);
  ASSERT_TRUE(drains());
  ASSERT_TRUE(eventually([&] { return delivered().size() == 3; }));
  EXPECT_EQ(delivered(), ids);
  stop_daemon();
}

TEST_F(DeliveredEvents, GoToAServerThatLostThemAgain) {
  logged_in();
  auto ids = emit_each(5);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  server.reset();
  std::filesystem::remove_all(root() / "server"); // what dev_server keeps its state in
  logged_in();
  const auto text = cli({"events", "export", "--state", "delivered", "--since", "1d"}).out;
  const auto taken = json_of({"events", "import", "-"}, 0, text);
  EXPECT_EQ(number_in(taken, {"imported"}), 5);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(ids_of(server->events()), ids);
}

TEST_F(DeliveredEvents, AreNotKeptWhereNobodyWantsThem) {
  logged_in();
  EXPECT_EQ(cli({"config", "set", "sync.keep_delivered", "0"}).status, 0);
  emit(2);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_TRUE(delivered().empty());
  EXPECT_FALSE(std::filesystem::exists(home() / "journal"));
}

TEST_F(DeliveredEvents, AreDeliveredWhetherTheJournalCanBeWrittenOrNot) {
  logged_in();
  write_text(home() / "journal", "not a folder");
  emit(2);
  const auto done = cli({"sync", "now"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_NE(done.err.find("missing from the journal"), std::string::npos) << done.err;
  EXPECT_EQ(server->events().size(), 2U);
}

TEST_F(DeliveredEvents, ADamagedFileIsNamedAndTheOthersAreShown) {
  logged_in();
  emit(2);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  write_text(home() / "journal" / "000000000900.jsonl.gz", "not gzip");
  const auto done = cli({"events", "list", "--state", "delivered"});
  EXPECT_EQ(done.status, 0);
  EXPECT_EQ(lines_of(done.out).size(), 2U);
  EXPECT_NE(done.err.find("000000000900.jsonl.gz"), std::string::npos) << done.err;
}

struct DryRun : daemon_test {};

TEST_F(DryRun, SaysWhatWouldBeSentAndSendsNothing) {
  logged_in();
  emit(3);
  const auto plan = json_of({"sync", "now", "--dry-run"});
  EXPECT_EQ(number_in(plan, {"selected"}), 3);
  EXPECT_EQ(text_of(plan, "server_url"), server->url());
  EXPECT_NE(cli({"sync", "now", "--dry-run"}).out.find("3 events would be sent"),
            std::string::npos);
  EXPECT_TRUE(server->events().empty());
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "queued"}), 3);
  EXPECT_EQ(cli({"sync", "now", "--dry-run", "--report", "x"}).status, 2);
}

TEST_F(DryRun, NamesWhatStandsInTheWay) {
  EXPECT_EQ(error_part(json_of({"sync", "now", "--dry-run"}, 1), "code"), "no_server");
  server_set();
  EXPECT_EQ(cli({"sync", "now", "--dry-run"}).out, "Nothing is queued.\n");
  emit();
  EXPECT_EQ(error_part(json_of({"sync", "now", "--dry-run"}, 3), "code"), "login_required");
}

} // namespace
} // namespace spec_kitty::support
