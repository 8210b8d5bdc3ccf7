// WebSockets: snapshot, events of others, own events, slow readers, withdrawal.
#include "service_fixture.hpp"

#include "tests/app/server/core/batch_fixture.hpp"

#include <future>

namespace spec_kitty::server {
namespace {

using namespace std::chrono_literals;

class Sockets : public service_test {
protected:
  Sockets() {
    add_member("acme", "ann", role::member);
    add_member("acme", "rae", role::reader);
    add_member("globex", "bob", role::member);
  }
  void begin(service_limits limits = {}) {
    start(limits);
    ann_ = log_in("ann").access;
    rae_ = log_in("rae").access;
    bob_ = log_in("bob").access;
  }
  static std::string id_in(const json_value& message) {
    const json_value* event = member(message, "event");
    return event == nullptr ? text_of(message, "event_id").value_or("")
                            : text_of(*event, "event_id").value_or("");
  }
  std::shared_ptr<test_socket> listening(const std::string& bearer) {
    auto socket = connect(bearer);
    if (socket)
      (void)socket->next_of("snapshot");
    return socket;
  }
  std::string ann_, rae_, bob_;
};

TEST_F(Sockets, BeginWithASnapshotOfTheTeam) {
  begin();
  EXPECT_EQ(statuses(send_batch(ann_, {event_text()})), "success");
  const auto socket = connect(rae_);
  ASSERT_TRUE(socket);
  const auto snapshot = socket->next_of("snapshot");
  const auto& packages = *member(snapshot, "work_packages");
  ASSERT_EQ(packages.Size(), 1U);
  EXPECT_EQ(text_of(packages[0], "status"), "doing");
  const auto other = connect(bob_);
  ASSERT_TRUE(other);
  EXPECT_EQ(member(other->next_of("snapshot"), "work_packages")->Size(), 0U);
}

TEST_F(Sockets, HearEachEventOfTheirTeamOnceAndInOrder) {
  begin();
  const auto rae = listening(rae_);
  const auto bob = listening(bob_);
  ASSERT_TRUE(rae && bob);
  std::vector<std::string> events;
  for (int i = 1; i <= 300; ++i)
    events.push_back(event_text({.id = id_of(i)}));
  EXPECT_EQ(send_batch(ann_, events).status, 200);
  EXPECT_EQ(send_batch(ann_, events).status, 200) << "duplicates are not sent on";
  for (int i = 1; i <= 300; ++i)
    ASSERT_EQ(id_in(rae->next_of("event")), id_of(i));
  EXPECT_TRUE(rae->is_quiet_for(50ms));
  EXPECT_TRUE(bob->is_quiet_for(50ms)) << "nothing of another team";
}

TEST_F(Sockets, TakeEventsInEveryEnvelopeAndAckThem) {
  begin();
  const auto ann = listening(ann_);
  const auto rae = listening(rae_);
  ASSERT_TRUE(ann && rae);
  std::string flat = event_text({.id = id_of(2)});
  flat.insert(1, R"("type":"event",)");
  ann->say(event_text());
  ann->say(flat);
  ann->say(R"({"type":"event","event":)" + event_text({.id = id_of(3), .team = R"("local")"}) +
           "}");
  ann->say(R"({"type":"pong","timestamp":1})");
  for (int i = 1; i <= 3; ++i) {
    const auto ack = ann->next_of("ack");
    EXPECT_EQ(text_of(ack, "event_id"), id_of(i));
    EXPECT_EQ(text_of(ack, "status"), "accepted");
    EXPECT_EQ(id_in(rae->next_of("event")), id_of(i));
  }
  ann->say(event_text());
  EXPECT_EQ(text_of(ann->next_of("ack"), "status"), "duplicate");
  EXPECT_TRUE(ann->is_quiet_for(50ms)) << "no echo of its own events";
}

TEST_F(Sockets, AnswerEachBadMessageAndStayOpen) {
  begin();
  const auto ann = listening(ann_);
  ASSERT_TRUE(ann);
  for (const char* text : {"{", "[]", "7", R"({"type":"nonsense"})"}) {
    ann->say(text);
    EXPECT_FALSE(text_of(ann->next_of("error"), "message").value_or("").empty()) << text;
  }
  ann->say(event_text({.id = id_of(5), .type = "No"}));
  EXPECT_EQ(text_of(ann->next_of("error"), "error_code"), "unknown_type");
  ann->say(event_text({.id = id_of(6), .team = R"("globex")"}));
  const auto refused = ann->next_of("error");
  EXPECT_EQ(text_of(refused, "event_id"), id_of(6));
  EXPECT_EQ(text_of(refused, "error_code"), "team");
  ann->say(event_text({.id = id_of(7)}));
  EXPECT_EQ(text_of(ann->next_of("ack"), "event_id"), id_of(7));
}

TEST_F(Sockets, OneBadEventOfSeveralThatWaitSpoilsNoOther) {
  begin();
  const auto ann = listening(ann_);
  ASSERT_TRUE(ann);
  for (int i = 1; i <= 40; ++i)
    ann->say(event_text({.id = id_of(i), .team = i == 20 ? R"("globex")" : R"("acme")"}));
  int acks = 0;
  int errors = 0;
  for (int i = 1; i <= 40; ++i) {
    const auto message = parse_json(ann->next());
    ASSERT_TRUE(message.ok());
    (text_of(*message, "type") == "ack" ? acks : errors) += 1;
  }
  EXPECT_EQ(acks, 39);
  EXPECT_EQ(errors, 1);
}

TEST_F(Sockets, OfReadersTakeNoEvents) {
  begin();
  const auto rae = listening(rae_);
  ASSERT_TRUE(rae);
  rae->say(event_text());
  EXPECT_EQ(text_of(rae->next_of("error"), "error_code"), "role");
}

TEST_F(Sockets, ASlowReaderCatchesUpWithoutAGap) {
  begin();
  const auto rae = listening(rae_);
  ASSERT_TRUE(rae);
  EXPECT_EQ(statuses(send_batch(ann_, {event_text()})), "success");
  EXPECT_EQ(id_in(rae->next_of("event")), id_of(1));
  rae->stop_reading();
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> events;
    for (int i = 0; i < 400; ++i)
      events.push_back(event_text({.id = id_of(2 + round * 400 + i)}));
    EXPECT_EQ(send_batch(ann_, events).status, 200);
  }
  rae->read_again();
  for (int i = 2; i < 2 + 1200; ++i)
    ASSERT_EQ(id_in(rae->next_of("event")), id_of(i));
  EXPECT_EQ(statuses(send_batch(ann_, {event_text({.id = id_of(5000)})})), "success");
  EXPECT_EQ(id_in(rae->next_of("event")), id_of(5000));
}

TEST_F(Sockets, NeedATokenThatWorksOnce) {
  begin();
  const auto reply = ask("POST", "/api/v1/ws-token/", {{"authorization", "Bearer " + ann_}});
  const std::string token = text_in(reply, "ws_token");
  EXPECT_TRUE(connect_with(token));
  listener::outbound_reply refusal;
  for (const std::string& bad : {token, ann_, std::string(), std::string("skw_x")}) {
    EXPECT_FALSE(connect_with(bad, &refusal)) << bad;
    EXPECT_EQ(refusal.status, 401);
  }
  const auto late = ask("POST", "/api/v1/ws-token/", {{"authorization", "Bearer " + ann_}});
  move_clocks(61s);
  EXPECT_FALSE(connect_with(text_in(late, "ws_token"), &refusal));
}

TEST_F(Sockets, AreBoundedForASession) {
  service_limits limits;
  limits.session_sockets = 2;
  begin(limits);
  const auto first = connect(ann_);
  const auto second = connect(ann_);
  ASSERT_TRUE(first && second);
  listener::outbound_reply refusal;
  EXPECT_FALSE(connect(ann_, &refusal));
  EXPECT_EQ(refusal.status, 429);
  first->leave();
  for (int i = 0; i < 100 && refusal.status != 101; ++i)
    if (connect(ann_, &refusal))
      refusal.status = 101;
  EXPECT_EQ(refusal.status, 101);
}

TEST_F(Sockets, AreClosedWhenAccessIsWithdrawn) {
  begin();
  const auto ann = listening(ann_);
  const auto rae = listening(rae_);
  ASSERT_TRUE(ann && rae);
  EXPECT_TRUE(accounts().set_disabled(users_["ann"].id, true, note()).ok());
  move_clocks(5s);
  EXPECT_EQ(ann->closed_within(10s), 1008);
  EXPECT_EQ(rae->closed_within(0ms), std::nullopt);
}

TEST_F(Sockets, AreClosedWhenTheirTeamIsRemoved) {
  begin();
  const auto bob = listening(bob_);
  ASSERT_TRUE(bob);
  std::promise<void> removed;
  engine_->remove_team(teams_["globex"].id, note(),
                       [&removed](const result<void>&) { removed.set_value(); });
  removed.get_future().wait();
  move_clocks(5s);
  EXPECT_EQ(bob->closed_within(10s), 1008);
}

TEST_F(Sockets, AreClosedForARestartWhenTheServiceEnds) {
  begin();
  const auto ann = listening(ann_);
  ASSERT_TRUE(ann);
  stop();
  EXPECT_EQ(ann->closed_within(0ms), 1012);
}

} // namespace
} // namespace spec_kitty::server
