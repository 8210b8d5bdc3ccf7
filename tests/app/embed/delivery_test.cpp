// A host that delivers: flush, updates, a server that goes and comes, a session that changes.
#include "tests/app/embed/embed_fixture.hpp"

#include <set>

namespace spec_kitty::embed_test {
namespace {

class Delivery : public embedding {
protected:
  std::set<std::string> on_server() const {
    const auto ids = support::ids_of(server->events());
    std::set<std::string> distinct(ids.begin(), ids.end());
    EXPECT_EQ(distinct.size(), ids.size()) << "an event came twice in effect";
    return distinct;
  }
};

TEST_F(Delivery, FlushBringsEverythingToTheServer) {
  logged_in({"--quiet"});
  auto events = open();
  for (int i = 0; i < 2500; ++i)
    ASSERT_TRUE(events.emit_best_effort(note(std::to_string(i))));
  const auto done = events.flush(60s);
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->durable);
  EXPECT_TRUE(done->delivered) << done->why.message;
  EXPECT_EQ(done->remaining, 0U);
  EXPECT_EQ(on_server().size(), 2500U);
  EXPECT_EQ(events.status()->acknowledged, 2500U);
}

TEST_F(Delivery, EventsGoByThemselvesOverTheWebSocket) {
  logged_in();
  auto events = open();
  std::mutex guard;
  std::set<std::string> sent;
  const auto listening = events.subscribe([&](const update& what) {
    const std::lock_guard hold(guard);
    if (what.what == update::kind::sent)
      sent.insert(what.event_id);
  });
  ASSERT_TRUE(support::eventually([&] { return events.status()->link == link_state::connected; }));
  const auto promised = events.emit(note()).get();
  ASSERT_TRUE(promised);
  EXPECT_TRUE(support::eventually([&] {
    const std::lock_guard hold(guard);
    return sent.count(promised->event_id) == 1;
  }));
  EXPECT_EQ(on_server().count(promised->event_id), 1U);
  EXPECT_EQ(events.status()->link_reason, "");
}

TEST_F(Delivery, AHostReceivesOthersEventsUntilItsSubscriptionEnds) {
  logged_in();
  options elsewhere = host();
  elsewhere.home = (root() / "elsewhere").string();
  std::filesystem::create_directories(root() / "elsewhere");
  std::filesystem::copy_file(home() / "credentials", root() / "elsewhere" / "credentials");
  ASSERT_EQ(log_in(*server).status, 0); // a session of its own: no home hears its own session
  elsewhere.settings["sync.server_url"] = server->url();
  auto here = open();
  auto there = open(std::move(elsewhere));
  const auto connected = [](const client& of) {
    return of.status()->link == link_state::connected;
  };
  ASSERT_TRUE(support::eventually([&] { return connected(here) && connected(there); }));

  std::atomic<int> received{0};
  std::uint64_t clock_before = there.status()->lamport_clock;
  auto listening = there.subscribe([&](const update& what) {
    received += what.what == update::kind::remote && what.json.find("hello") != std::string::npos;
  });
  ASSERT_TRUE(here.emit(note()).get());
  EXPECT_TRUE(support::eventually([&] { return received == 1; }));
  EXPECT_TRUE(support::eventually([&] { return there.status()->lamport_clock > clock_before; }));
  listening = {};
  ASSERT_TRUE(here.emit(note()).get());
  ASSERT_TRUE(here.flush(30s)->delivered);
  EXPECT_EQ(received, 1);
}

TEST_F(Delivery, AServerThatIsAwayIsWaitedForUntilTheDeadline) {
  logged_in();
  auto events = open();
  server->kill();
  ASSERT_TRUE(events.emit(note()).get());
  const auto before = events.flush(1500ms);
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->durable);
  EXPECT_FALSE(before->delivered);
  EXPECT_NE(before->why.code, ec::ok);
  EXPECT_EQ(events.status()->queued, 1U);
  server->restart();
  const auto after = events.flush(60s);
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->delivered) << after->why.message;
  EXPECT_EQ(on_server().size(), 1U);
}

TEST_F(Delivery, WithoutAServerFlushIsDurableAndReportsWhatIsMissing) {
  auto events = open();
  ASSERT_TRUE(events.emit_best_effort(note()));
  const auto done = events.flush(10s);
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->durable);
  EXPECT_FALSE(done->delivered);
  EXPECT_EQ(done->why.code, ec::no_server);
  EXPECT_EQ(done->held, 1U);
  EXPECT_EQ(events.status()->link, link_state::offline);
  EXPECT_NE(events.status()->link_reason, "");
}

TEST_F(Delivery, WithoutALoginFlushReportsIt) {
  server_set();
  auto events = open();
  ASSERT_TRUE(events.emit(note()).get());
  const auto done = events.flush(10s);
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->delivered);
  EXPECT_EQ(done->why.code, ec::login_required);
}

TEST_F(Delivery, ALoginWhileTheClientIsOpenIsNoticed) {
  server_set();
  auto events = open();
  const auto before = events.emit(note()).get();
  ASSERT_TRUE(before);
  EXPECT_EQ(text_of(support::parsed(before->json), "team_slug"), "local");
  ASSERT_EQ(log_in(*server).status, 0);
  EXPECT_TRUE(support::eventually([&] { return events.status()->link == link_state::connected; }));
  const auto after = events.emit(note()).get();
  ASSERT_TRUE(after);
  EXPECT_EQ(text_of(support::parsed(after->json), "team_slug"), server->team());
  EXPECT_TRUE(events.flush(30s)->delivered);
  EXPECT_EQ(on_server().size(), 2U); // the first was adopted by the login
}

TEST_F(Delivery, OthersDeliverWhereTheHostChoosesSo) {
  logged_in();
  options wanted = host();
  wanted.delivery = deliver_by::others;
  auto events = open(std::move(wanted));
  ASSERT_TRUE(events.emit(note()).get());
  EXPECT_FALSE(events.flush(1s)->delivered);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(on_server().size(), 1U);
}

TEST_F(Delivery, AnEventThatTheServerRefusesIsReported) {
  logged_in({"--reject-type", "HistoryAdded"});
  options wanted = host();
  wanted.settings["websocket.enabled"] = "false";
  wanted.settings["sync.batch_gap_s"] = "3600";
  wanted.settings["sync.max_retries"] = "1";
  auto events = open(std::move(wanted));
  ASSERT_TRUE(events.emit(note()).get());
  const auto done = events.flush(30s);
  ASSERT_TRUE(done); // a run in the background may have met the refusal before
  EXPECT_GE(done->rejected + events.status()->dead, 1U);
}

TEST_F(Delivery, AMissingModuleIsReportedAndEventsAreKept) {
  logged_in();
  options wanted = host();
  wanted.modules = (root() / "nowhere").string();
  auto events = open(std::move(wanted));
  ASSERT_TRUE(events.emit(note()).get());
  const auto done = events.flush(5s);
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->delivered);
  EXPECT_NE(done->why.message.find("nowhere"), std::string::npos) << done->why.message;
  EXPECT_EQ(events.status()->queued, 1U);
}

TEST_F(Delivery, AnEventBesideTheStoreIsDeliveredByAFlush) {
  logged_in();
  options wanted = host();
  wanted.settings["sync.busy_timeout_ms"] = "50";
  auto events = open(std::move(wanted));
  {
    const held_store hold(home());
    ASSERT_TRUE(events.emit(note()).get()->spilled);
    EXPECT_EQ(events.status()->queued, 1U);
  }
  const auto done = events.flush(30s);
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->delivered) << done->why.message;
  EXPECT_EQ(on_server().size(), 1U);
}

TEST_F(Delivery, TwoClientsOfOneHomeDeliverEachEventOnce) {
  logged_in({"--quiet"});
  auto sender = open();
  auto other = open();
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(sender.emit_best_effort(note()));
    ASSERT_TRUE(other.emit_best_effort(note()));
  }
  EXPECT_TRUE(sender.flush(60s)->delivered);
  EXPECT_TRUE(other.flush(60s)->delivered);
  EXPECT_EQ(on_server().size(), 600U);
}

TEST_F(Delivery, AServerThatNeverAnswersDoesNotKeepAHostFromStopping) {
  logged_in();
  server->kill();
  const support::raw_server silent("", server->port());
  auto events = open();
  ASSERT_TRUE(events.emit(note()).get());
  EXPECT_FALSE(events.flush(300ms)->delivered); // its request is on its way for a minute
  ASSERT_GT(silent.connections(), 0);
  const auto stopped = events.stop(2s);
  EXPECT_TRUE(stopped) << stopped.error().message;
  EXPECT_TRUE(support::eventually([] { return count_of("task") <= 2; }, 10s)); // and the server's
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "queued"}), 1);
}

TEST_F(Delivery, StoppingGivesLeasesBackForTheNextOne) {
  logged_in();
  {
    auto events = open();
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(events.emit_best_effort(note()));
    ASSERT_TRUE(events.stop(10s));
  }
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(on_server().size(), 50U);
}

} // namespace
} // namespace spec_kitty::embed_test
