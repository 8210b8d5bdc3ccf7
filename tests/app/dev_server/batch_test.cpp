// Batches of events: the result of each event, and which batches are refused as a whole.
#include "dev_server_fixture.hpp"

namespace spec_kitty::dev_server {
namespace {

TEST_F(DevServer, AnswersDuplicateForAKnownEvent) {
  log_in();
  EXPECT_EQ(statuses(send_batch({event(1), event(2)})), "success success");
  EXPECT_EQ(statuses(send_batch({event(2), event(3), event(3)})), "duplicate success duplicate");
  EXPECT_EQ(log_->size(), 3U);
}

TEST_F(DevServer, RejectsABrokenEventAndKeepsItsNeighbours) {
  log_in();
  const auto reply = send_batch({event(1), event(2, 1, "dev-team", "Nonsense"), "7", event(3)});
  EXPECT_EQ(statuses(reply), "success rejected rejected success");
  EXPECT_NE(reply.body.find("Nonsense"), std::string::npos);
  ASSERT_TRUE(reply.batch);
  EXPECT_EQ(reply.batch->fresh, 2U);
  EXPECT_EQ(reply.batch->rejected, 2U);
}

TEST_F(DevServer, ReportsTheHighestLamportValueItKept) {
  log_in();
  EXPECT_EQ(
      whole_number_of(*parse_json(send_batch({event(1, 7), event(2, 5)}).body), "server_clock"), 7);
  EXPECT_EQ(send({"GET", "/api/v1/clock/", {}, {}}).body, R"({"lamport_clock":7})");
}

TEST_F(DevServer, ReplaysTheReplyForTheSameKeyAndContent) {
  log_in();
  const auto first = send(batch_request(batch_of({event(1)}), std::string(good_key)));
  const auto again = send(batch_request(batch_of({event(1)}), std::string(good_key)));
  EXPECT_EQ(statuses(first), "success");
  EXPECT_EQ(again.body, first.body);
  EXPECT_TRUE(again.batch->replayed);
  EXPECT_EQ(again.batch->fresh, 0U);
  EXPECT_EQ(send(batch_request(batch_of({event(2)}), std::string(good_key))).status, 400);
  EXPECT_EQ(log_->size(), 1U);
}

TEST_F(DevServer, AnswersPendingAsOftenAsConfigured) {
  boot({}, {2, {}});
  log_in();
  for (const char* expected : {"pending", "pending", "success", "success"})
    EXPECT_EQ(statuses(send(batch_request(batch_of({event(1)}), std::string(good_key)))), expected)
        << "the same key every time: a pending reply is not final";
  EXPECT_EQ(statuses(send_batch({event(1)})), "duplicate");
}

TEST_F(DevServer, AnswersErrorForATypeItIsConfiguredToRefuse) {
  boot({}, {0, {"WPStatusChanged"}});
  log_in();
  EXPECT_EQ(statuses(send_batch({event(1)})), "error");
  EXPECT_EQ(log_->size(), 0U);
}

TEST_F(DevServer, RefusesABatchOfAnotherTeam) {
  log_in();
  auto request = batch_request(batch_of({event(1)}));
  request.headers["x-team-slug"] = "other";
  EXPECT_EQ(send(request).status, 403);
  EXPECT_EQ(send_batch({event(1), event(2, 1, "other")}).status, 403);
  EXPECT_EQ(log_->size(), 0U) << "nothing of a refused batch is kept";
}

TEST_F(DevServer, AsksForExactlyTheHeadersOfTheProtocol) {
  log_in();
  const struct {
    const char* name;
    const char* value;
    int status;
  } cases[] = {
      {"content-type", "text/plain", 415},    {"content-type", "Application/JSON; a=b", 200},
      {"content-encoding", "identity", 415},  {"content-encoding", "", 415},
      {"idempotency-key", "not-a-ulid", 400}, {"idempotency-key", "", 400},
  };
  for (const auto& test_case : cases) {
    auto request = batch_request(batch_of({event(1)}));
    request.headers[test_case.name] = test_case.value;
    EXPECT_EQ(send(request).status, test_case.status) << test_case.name << ": " << test_case.value;
  }
}

TEST_F(DevServer, RefusesABatchItCannotRead) {
  log_in();
  for (const std::string content :
       {"", "[1", "[]", "{}", R"({"events":[]})", R"({"events":{}})", R"({"other":[1]})"})
    EXPECT_EQ(send(batch_request(content)).status, 400) << content;
  auto garbage = batch_request("{}");
  garbage.body = "garbage";
  EXPECT_EQ(send(garbage).status, 400);
  auto cut = batch_request(batch_of({event(1)}));
  cut.body.resize(cut.body.size() - 4);
  EXPECT_EQ(send(cut).status, 400);
}

TEST_F(DevServer, NamesTheLimitOfABatchThatIsTooLarge) {
  log_in();
  std::vector<std::string> events;
  events.reserve(1001);
  for (int n = 0; n < 1001; ++n)
    events.push_back(event(n));
  const auto reply = send_batch(events);
  EXPECT_EQ(reply.status, 413);
  EXPECT_NE(reply.body.find(R"("limits":{"max_events":1000})"), std::string::npos) << reply.body;
  events.pop_back();
  EXPECT_EQ(send_batch(events).status, 200);
  EXPECT_EQ(send(batch_request(std::string(max_batch_bytes + 1, ' '))).status, 413);
}

TEST_F(DevServer, TakesEventsOfHostsWhoseSchemaItWasGiven) {
  const auto closed = [](int n, const std::string& payload) {
    event_draft draft;
    draft.event_type = "SprintClosed";
    draft.aggregate_id = "sprint-7";
    draft.aggregate_type = "Feature";
    draft.payload = payload;
    draft.timestamp = "2026-02-03T04:05:06.000007Z";
    return render_head({id(n), 1, "0123456789ab"}, "dev-team") + render_tail(draft);
  };
  batch_rules knobs;
  ASSERT_TRUE(knobs.more_types.add("SprintClosed", R"({"required":["points"]})"));
  boot({}, knobs);
  log_in();
  const auto reply = send_batch({closed(1, R"({"points":3})"), closed(2, "{}"), event(3)});
  EXPECT_EQ(statuses(reply), "success rejected success");
  EXPECT_NE(reply.body.find("payload.points is required"), std::string::npos);

  knobs.reject_types = {"SprintClosed"};
  boot({}, knobs);
  log_in();
  EXPECT_EQ(statuses(send_batch({closed(4, R"({"points":3})")})), "error");
  boot();
  log_in();
  EXPECT_EQ(statuses(send_batch({closed(5, R"({"points":3})")})), "rejected") << "without a schema";
}

} // namespace
} // namespace spec_kitty::dev_server
