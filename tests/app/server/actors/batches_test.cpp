// Batches through ROUTER, INGEST and the real store.
#include "service_fixture.hpp"

#include "tests/app/server/core/batch_fixture.hpp"
#include "util/gzip.hpp"

#include <future>

namespace spec_kitty::server {
namespace {

class Batches : public service_test {
protected:
  Batches() {
    add_member("acme", "ann", role::member);
    add_member("globex", "bob", role::member);
  }
  void begin(service_limits limits = {}) {
    start(limits);
    ann_ = log_in("ann").access;
    bob_ = log_in("bob").access;
  }
  std::string globex(event_parts parts = {}) {
    parts.team = R"("globex")";
    return event_text(parts);
  }
  std::int64_t clock_of(const std::string& bearer) {
    const auto reply = ask("GET", "/api/v1/clock/", {{"authorization", "Bearer " + bearer}});
    const auto document = parse_json(reply.body);
    return document ? whole_number_of(*document, "lamport_clock").value_or(-1) : -1;
  }
  std::string ann_, bob_;
};

TEST_F(Batches, AreKeptOnceAndAnsweredInOrder) {
  begin();
  const auto reply = send_batch(ann_, {event_text(), event_text({.id = id_of(2), .clock = "9"}),
                                       "7", event_text({.id = id_of(3), .type = "No"})});
  EXPECT_EQ(statuses(reply), "success success rejected rejected");
  EXPECT_NE(reply.body.find(R"("server_clock":9)"), std::string::npos) << reply.body;
  EXPECT_EQ(statuses(send_batch(ann_, {event_text({.id = id_of(2), .clock = "12"}), event_text()})),
            "duplicate duplicate");
  EXPECT_EQ(clock_of(ann_), 9) << "what was kept first stays";
}

TEST_F(Batches, AnIdIsATeamsOwn) {
  begin();
  EXPECT_EQ(statuses(send_batch(ann_, {event_text({.clock = "50"})})), "success");
  EXPECT_EQ(statuses(send_batch(bob_, {globex({.clock = "3"})})), "success");
  EXPECT_EQ(clock_of(ann_), 50);
  EXPECT_EQ(clock_of(bob_), 3) << "the clock of the caller's team only";
}

TEST_F(Batches, AnotherEventUnderAKnownIdIsAConflict) {
  begin();
  EXPECT_EQ(statuses(send_batch(ann_, {event_text()})), "success");
  const auto reply = send_batch(ann_, {event_text({.time = "2027-02-03T04:05:06Z"})});
  EXPECT_EQ(statuses(reply), "rejected");
  EXPECT_NE(reply.body.find("id_conflict"), std::string::npos);
}

TEST_F(Batches, TheSameEventInAnotherWritingIsADuplicate) {
  begin();
  EXPECT_EQ(statuses(send_batch(ann_, {event_text()})), "success");
  std::string spaced = event_text();
  spaced.insert(spaced.find("\"wp_id\""), "  ");
  const auto reply = send_batch(ann_, {spaced, event_text({.id = id_of(2)})});
  EXPECT_EQ(statuses(reply), "duplicate success");
  EXPECT_NE(reply.body.find(R"("lamport_clock":7)"), std::string::npos) << reply.body;
}

TEST_F(Batches, OfOlderClientsAreTakenWithoutTheirHeaders) {
  begin();
  EXPECT_EQ(statuses(send_batch(
                ann_, {event_text({.team = R"("local")", .time = "2026-02-03T04:05:06+00:00"})})),
            "success");
  EXPECT_EQ(
      statuses(ask("POST", "/api/v1/events/batch/",
                   {{"authorization", "bearer " + ann_}, {"content-type", "application/json"}},
                   batch_text({event_text({.id = id_of(2), .team = ""})}))),
      "success")
      << "not compressed, and without a team";
}

TEST_F(Batches, AnotherTeamsEventRefusesTheBatch) {
  begin();
  const auto reply = send_batch(ann_, {event_text(), globex({.id = id_of(2)})});
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(clock_of(ann_), 0) << "nothing of it is kept";
}

TEST_F(Batches, TheTeamsOwnTypesAreTaken) {
  begin();
  const auto phase = event_text({.type = "PhaseReached", .payload = R"({"phase":"two"})"});
  EXPECT_EQ(statuses(send_batch(ann_, {phase})), "rejected");
  EXPECT_TRUE(accounts()
                  .set_event_type(teams_["acme"].id,
                                  {"PhaseReached", R"({"type":"object","required":["phase"]})"},
                                  note())
                  .ok());
  move_clocks(std::chrono::seconds(6));
  EXPECT_EQ(statuses(send_batch(ann_, {phase})), "success");
  EXPECT_EQ(statuses(send_batch(
                bob_, {globex({.type = "PhaseReached", .payload = R"({"phase":"two"})"})})),
            "rejected");
}

TEST_F(Batches, WhatIsTooLargeNamesTheLimit) {
  service_limits limits;
  limits.batch_events = 2;
  limits.batch_bytes = 3 << 20;
  begin(limits);
  const auto many = send_batch(ann_, {event_text(), event_text({.id = id_of(2)}), "7"});
  EXPECT_EQ(many.status, 413);
  EXPECT_NE(many.body.find(R"("limits":{"max_batch_events":2})"), std::string::npos) << many.body;
  const asked_headers headers = {{"authorization", "Bearer " + ann_},
                                 {"content-type", "application/json"},
                                 {"content-encoding", "gzip"}};
  const auto bomb = ask("POST", "/api/v1/events/batch/", headers, gzip(std::string(2 << 20, ' ')));
  EXPECT_EQ(bomb.status, 413) << "over the ratio";
  EXPECT_EQ(bomb.body.find("limits"), std::string::npos);
  std::string noise;
  for (std::int64_t i = 0; noise.size() < (4 << 20); ++i)
    noise += std::to_string(i * 7919) + ",";
  const auto large = ask("POST", "/api/v1/events/batch/", headers, gzip("[" + noise + "1]"));
  EXPECT_EQ(large.status, 413);
  EXPECT_NE(large.body.find("max_batch_bytes"), std::string::npos) << large.body;
  EXPECT_EQ(ask("POST", "/api/v1/events/batch/", headers, "not gzip").status, 400);
}

TEST_F(Batches, ATeamIsHeldToItsRateOfEvents) {
  service_limits limits;
  limits.team.events_per_second = 1;
  begin(limits);
  std::vector<std::string> events;
  for (int i = 1; i <= 20; ++i)
    events.push_back(event_text({.id = id_of(i)}));
  EXPECT_EQ(send_batch(ann_, events).status, 200) << "the burst may be owed";
  // The charge comes after the reply.
  listener::outbound_reply refused;
  for (int i = 0; i < 50 && refused.status != 429; ++i)
    refused = send_batch(ann_, {event_text({.id = id_of(100)})});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(text_in(refused, "error_code"), "limits.team.events_per_second");
  EXPECT_EQ(send_batch(bob_, {globex()}).status, 200) << "another team is not held";
  move_clocks(std::chrono::seconds(30));
  EXPECT_EQ(send_batch(ann_, {event_text({.id = id_of(100)})}).status, 200);
}

TEST_F(Batches, OfManyTeamsAtOnceAreAllAnswered) {
  begin();
  std::vector<std::future<std::string>> replies;
  for (int i = 0; i < 24; ++i)
    replies.push_back(std::async(std::launch::async, [this, i] {
      const bool ann = i % 2 == 0;
      std::vector<std::string> events;
      for (int n = 0; n < 50; ++n) {
        event_parts parts;
        parts.id = id_of(1000 * i + n);
        parts.team = ann ? R"("acme")" : R"("globex")";
        events.push_back(event_text(parts));
      }
      return std::to_string(send_batch(ann ? ann_ : bob_, events).status);
    }));
  for (auto& reply : replies)
    EXPECT_EQ(reply.get(), "200");
}

} // namespace
} // namespace spec_kitty::server
