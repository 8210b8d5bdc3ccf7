// The dev-server's WebSocket side without sockets: the messages to each connection, and their
// order.
#include "app/dev_server/state_dir.hpp"
#include "app/dev_server/ws_hub.hpp"
#include "messages/event.hpp"
#include "util/json_slices.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace spec_kitty::dev_server {
namespace {

std::string id(int n) {
  std::string text = std::to_string(n);
  return "01J" + std::string(23 - text.size(), '0') + text;
}

/// A work package's move to a lane.
std::string event(int n, std::uint64_t lamport = 1, const std::string& to = "doing",
                  const std::string& team = "dev-team") {
  event_draft draft;
  draft.event_type = "WPStatusChanged";
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = R"({"wp_id":"WP01","previous_status":"planned","new_status":")" + to + "\"}";
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  return render_head({id(n), lamport, "0123456789ab"}, team) + render_tail(draft);
}

std::string ack(int n, const std::string& status = "accepted") {
  return R"({"type":"ack","event_id":")" + id(n) + R"(","status":")" + status + "\"}";
}

std::string echo(const std::string& event) {
  return R"({"type":"event","event":)" + event + "}";
}

class WsHub : public testing::Test {
protected:
  using texts = std::vector<std::string>;

  WsHub() { boot(); }

  void boot(const ws_rules& rules = {}, const batch_rules& knobs = {}) {
    hub_.reset();
    desk_.reset();
    log_.reset();
    auto opened = event_log::open(state_->file("events.jsonl"));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::make_unique<event_log>(std::move(*opened));
    desk_ = std::make_unique<batch_desk>(*log_, knobs);
    hub_ = std::make_unique<ws_hub>(*desk_, *log_, rules);
    hub_->on_wake([this](ws_hub::id connection) { woken_.push_back(connection); });
    hub_->on_activity([this](const std::string& what, const std::string& event_id) {
      activity_.push_back(what + (event_id.empty() ? "" : " ") + event_id);
    });
  }

  /// A member of the team that has read its snapshot.
  ws_hub::id member_of(const std::string& team = "dev-team") {
    const auto connection = hub_->connect({"dev", team, 0});
    (void)messages_to(connection);
    return connection;
  }

  /// All messages that wait for a connection.
  texts messages_to(ws_hub::id connection) {
    hub_->commit();
    texts all;
    while (auto text = hub_->next(connection))
      all.push_back(std::move(*text));
    return all;
  }

  std::optional<state_dir> state_ = [] {
    auto made = state_dir::open_temporary();
    return made ? std::optional<state_dir>(std::move(*made)) : std::nullopt;
  }();
  std::unique_ptr<event_log> log_;
  std::unique_ptr<batch_desk> desk_;
  std::unique_ptr<ws_hub> hub_;
  std::vector<ws_hub::id> woken_;
  texts activity_;
};

TEST_F(WsHub, ASnapshotIsTheFirstMessage) {
  const auto connection = hub_->connect({"dev", "dev-team", 0});
  EXPECT_EQ(woken_, std::vector<ws_hub::id>{connection});
  EXPECT_EQ(messages_to(connection), texts{R"({"type":"snapshot","work_packages":[]})"});
  EXPECT_EQ(hub_->connections(), 1U);
}

TEST_F(WsHub, ASnapshotShowsEachWorkPackageAsItHappenedLast) {
  ASSERT_TRUE(
      desk_->take({event(1, 5, "for_review"), event(2, 3, "doing")}, {"dev", "dev-team"}).ok());
  const std::string row =
      R"({"wp_id":"WP01","feature_slug":"","status":"for_review","lamport_clock":5})";
  const std::string board = R"({"type":"snapshot","work_packages":[)" + row + "]}";
  EXPECT_EQ(messages_to(hub_->connect({"dev", "dev-team", 0})), texts{board});
  boot(); // and after a restart
  EXPECT_EQ(messages_to(hub_->connect({"dev", "dev-team", 0})), texts{board});
  EXPECT_EQ(messages_to(hub_->connect({"eve", "others", 0})),
            texts{R"({"type":"snapshot","work_packages":[]})"});
}

TEST_F(WsHub, AnEventInAnyEnvelopeIsKeptAsItWasSent) {
  const auto connection = member_of();
  const std::string flat = event(2);
  hub_->receive(connection, event(1));
  hub_->receive(connection, R"({"type":"event",)" + flat.substr(1));
  hub_->receive(connection, echo(event(3)));
  EXPECT_EQ(messages_to(connection), (texts{ack(1), ack(2), ack(3)}));
  EXPECT_EQ(*log_->events_of("dev-team"), event(1) + "," + flat + "," + event(3));
}

TEST_F(WsHub, AnEventThatIsKeptAlreadyIsADuplicate) {
  const auto connection = member_of();
  ASSERT_TRUE(desk_->take({event(1)}, {"dev", "dev-team"}).ok());
  (void)messages_to(connection);
  hub_->receive(connection, event(1));
  EXPECT_EQ(messages_to(connection), texts{ack(1, "duplicate")});
  EXPECT_EQ(activity_.back(), "duplicate " + id(1));
}

TEST_F(WsHub, AnEventIsSentToTheTeamsOthersAndNotToItsSender) {
  const auto sender = member_of();
  const auto other = member_of();
  const auto stranger = member_of("others");
  hub_->receive(sender, event(1));
  EXPECT_EQ(messages_to(sender), texts{ack(1)});
  EXPECT_EQ(messages_to(other), texts{echo(event(1))});
  EXPECT_EQ(messages_to(stranger), texts{});
}

TEST_F(WsHub, AnEventOfABatchIsSentToAllOfTheTeam) {
  const auto ws_member = member_of();
  const auto two = member_of();
  ASSERT_TRUE(desk_->take({event(1), event(1)}, {"dev", "dev-team"}).ok());
  EXPECT_EQ(messages_to(ws_member), texts{echo(event(1))});
  EXPECT_EQ(messages_to(two), texts{echo(event(1))});
}

TEST_F(WsHub, AnEventOfABatchIsNotEchoedToItsOwnSession) {
  const auto own = hub_->connect({"dev", "dev-team", 0, "session-1"});
  const auto other = hub_->connect({"dev", "dev-team", 0, "session-2"});
  (void)messages_to(own);
  (void)messages_to(other);
  ASSERT_TRUE(desk_->take({event(1)}, {"dev", "dev-team", 0, "session-1"}).ok());
  EXPECT_EQ(messages_to(own), texts{});
  EXPECT_EQ(messages_to(other), texts{echo(event(1))});
}

TEST_F(WsHub, WhatWasReadTogetherIsKeptTogetherAndAnsweredAfterwards) {
  const auto first = member_of();
  const auto second = member_of();
  hub_->receive(first, event(1));
  hub_->receive(second, event(2));
  hub_->receive(first, event(1));
  EXPECT_FALSE(hub_->has_next(first));
  EXPECT_EQ(log_->size(), 0U);
  hub_->commit();
  EXPECT_EQ(log_->size(), 2U);
  EXPECT_EQ(messages_to(first), (texts{echo(event(2)), ack(1), ack(1, "duplicate")}));
  EXPECT_EQ(messages_to(second), (texts{echo(event(1)), ack(2)}));
}

TEST_F(WsHub, SoManyEventsThatWaitAreCommittedBeforeMoreIsRead) {
  const auto connection = member_of();
  for (int i = 0; i < 4095; ++i)
    hub_->receive(connection, "{}");
  EXPECT_FALSE(hub_->wants_commit());
  hub_->receive(connection, "{}");
  EXPECT_TRUE(hub_->wants_commit());
  hub_->commit();
  EXPECT_FALSE(hub_->wants_commit());
}

TEST_F(WsHub, AnEventOfAnotherTeamIsRefusedByItsId) {
  const auto connection = member_of();
  hub_->receive(connection, event(1, 1, "doing", "others"));
  const auto messages = messages_to(connection);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0], R"({"type":"error","event_id":")" + id(1) +
                             R"(","message":"the event is of another team"})");
  EXPECT_EQ(log_->size(), 0U);
}

TEST_F(WsHub, AnEventThatBreaksTheContractIsRefusedByItsId) {
  const auto connection = member_of();
  std::string nonsense = event(1);
  nonsense.replace(nonsense.find("WPStatusChanged"), 15, "Nonsense");
  hub_->receive(connection, nonsense);
  const auto messages = messages_to(connection);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].starts_with(R"({"type":"error","event_id":")" + id(1))) << messages[0];
  EXPECT_NE(messages[0].find("Nonsense"), std::string::npos) << messages[0];
}

TEST_F(WsHub, AnInvalidMessageIsRefusedWithoutAnId) {
  const auto connection = member_of();
  for (const char* text : {"no json", "7", R"({"type":"dance"})", "{}", "[]"}) {
    hub_->receive(connection, text);
    const auto messages = messages_to(connection);
    ASSERT_EQ(messages.size(), 1U) << text;
    EXPECT_TRUE(messages[0].starts_with(R"({"type":"error","event_id":null,)")) << messages[0];
  }
}

TEST_F(WsHub, APingCarriesItsTimeAndAPongIsNotAnswered) {
  const auto connection = member_of();
  hub_->ping(connection, 1'770'000'000);
  EXPECT_EQ(messages_to(connection), texts{R"({"type":"ping","timestamp":1770000000})"});
  hub_->receive(connection, R"({"type":"pong","timestamp":1770000000})");
  EXPECT_EQ(messages_to(connection), texts{});
}

TEST_F(WsHub, AClosedConnectionGetsNothingMore) {
  const auto connection = member_of();
  const auto other = member_of();
  hub_->disconnect(connection);
  hub_->disconnect(connection);
  EXPECT_EQ(activity_.back(), "closed");
  woken_.clear();
  hub_->receive(other, event(1));
  hub_->receive(connection, event(2));
  hub_->commit();
  EXPECT_EQ(woken_, std::vector<ws_hub::id>{other});
  EXPECT_EQ(log_->size(), 1U);
  EXPECT_EQ(hub_->connections(), 1U);
}

TEST_F(WsHub, BytesThatWaitForAConnectionAreCounted) {
  const auto connection = member_of();
  hub_->ping(connection, 1);
  hub_->ping(connection, 2);
  EXPECT_EQ(hub_->waiting_bytes(connection),
            2 * std::string(R"({"type":"ping","timestamp":1})").size());
  (void)messages_to(connection);
  EXPECT_EQ(hub_->waiting_bytes(connection), 0U);
}

TEST_F(WsHub, TheSnapshotCanBeLeftOutOrPadded) {
  boot({.snapshot = false});
  EXPECT_EQ(messages_to(hub_->connect({"dev", "dev-team", 0})), texts{});
  boot({.snapshot_bytes = 2'000'000});
  const auto messages = messages_to(hub_->connect({"dev", "dev-team", 0}));
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_GE(messages[0].size(), 2'000'000U);
  EXPECT_LT(messages[0].size(), 2'001'000U);
}

TEST_F(WsHub, ItCanLeaveAKeptOrAnIgnoredEventUnanswered) {
  boot({.ignore_events = true});
  auto connection = member_of();
  hub_->receive(connection, event(1));
  EXPECT_EQ(messages_to(connection), texts{});
  EXPECT_EQ(log_->size(), 0U);
  boot({.ack = false});
  connection = member_of();
  hub_->receive(connection, event(1));
  EXPECT_EQ(messages_to(connection), texts{});
  EXPECT_EQ(log_->size(), 1U);
}

TEST_F(WsHub, ItCanSendTheEventItselfInPlaceOfAnAck) {
  boot({.ack_by_echo = true});
  const auto connection = member_of();
  hub_->receive(connection, event(1));
  EXPECT_EQ(messages_to(connection), texts{echo(event(1))});
}

TEST_F(WsHub, APendingEventIsLeftWithoutAnAnswer) {
  boot({}, {.pending_first = 1, .reject_types = {}});
  const auto connection = member_of();
  hub_->receive(connection, event(1));
  EXPECT_EQ(messages_to(connection), texts{});
  hub_->receive(connection, event(1));
  EXPECT_EQ(messages_to(connection), texts{ack(1)});
}

TEST_F(WsHub, ItCanCloseAfterAGivenNumberOfEvents) {
  boot({.close_after_events = 2});
  const auto connection = member_of();
  hub_->receive(connection, event(1));
  EXPECT_FALSE(hub_->wants_close(connection));
  hub_->receive(connection, event(2));
  EXPECT_TRUE(hub_->wants_close(connection));
}

TEST(JsonSlices, CutAMemberOutAsItWasWritten) {
  EXPECT_EQ(member_slice(R"({"a":{"b":1},"b":1.10,"b":2})", "b"), "1.10");
  EXPECT_EQ(member_slice(R"({"a":"}\"","b":[1,{}]})", "b"), "[1,{}]");
  EXPECT_EQ(member_slice(R"({"a":1})", "b"), std::nullopt);
  EXPECT_EQ(member_slice("[]", "b"), std::nullopt);
}

TEST(JsonSlices, LeaveAllButOneMemberAsItWas) {
  EXPECT_EQ(without_member(R"({"type":"event","a":1.10})", "type"), R"({"a":1.10})");
  EXPECT_EQ(without_member(R"({"a":1,"type":"event","b":2})", "type"), R"({"a":1,"b":2})");
  EXPECT_EQ(without_member(R"({"a":1,"type":"event"})", "type"), R"({"a":1})");
  EXPECT_EQ(without_member(R"({"type":"event"})", "type"), "{}");
  EXPECT_EQ(without_member(R"({"a":1})", "type"), R"({"a":1})");
}

TEST(WsToken, BelongsToTheSessionOfItsLogin) {
  token_table tokens;
  const auto login = tokens.settle_account({"ann", "secret", "dev-team"});
  const auto session_of = [&](const std::string& access) {
    const auto* owner = tokens.find_owner(access, 1000);
    return owner == nullptr
               ? std::string()
               : tokens.use_ws(tokens.issue_ws(*owner, 1000), 1000).value_or(token_owner{}).session;
  };
  const auto first = tokens.login("ann", "secret", 1000);
  const auto second = tokens.login("ann", "secret", 1000);
  ASSERT_TRUE(first && second);
  const std::string session = session_of(first->access);
  EXPECT_FALSE(session.empty());
  EXPECT_NE(session_of(second->access), session);
  token_table restored;
  ASSERT_TRUE(restored.restore(tokens.to_json()).ok());
  tokens = std::move(restored);
  const auto refreshed = tokens.refresh(*first->refresh, 1000);
  ASSERT_TRUE(refreshed);
  EXPECT_EQ(session_of(refreshed->access), session) << "over a refresh and a restart";
}

TEST(WsToken, IsValidOnceAndForAMinute) {
  token_table tokens;
  const token_owner dev{"dev", "dev-team", 0};
  const auto first = tokens.issue_ws(dev, 1000);
  const auto second = tokens.issue_ws(dev, 1000);
  EXPECT_EQ(tokens.use_ws(first, 1059).value_or(token_owner{}).team_slug, "dev-team");
  EXPECT_FALSE(tokens.use_ws(first, 1059)) << "a token was good twice";
  EXPECT_FALSE(tokens.use_ws(second, 1060)) << "a token outlived its minute";
  EXPECT_FALSE(tokens.use_ws("never-issued", 1000));
  EXPECT_EQ(tokens.to_json().find(first), std::string::npos);
}

} // namespace
} // namespace spec_kitty::dev_server
