// The usual reply, read in one pass: never another meaning than the one that every reply is read
// for.
#include "actors/batch_sync/ordered_results.hpp"
#include "actors/batch_sync/response.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {
namespace {

const std::vector<leased_event> three_sent = {
    {11, "A", 1, 0, false, "{}"}, {12, "B", 2, 0, false, "{}"}, {13, "C", 3, 0, false, "{}"}};

http_reply success_of(std::string body) {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = 200;
  reply.content_type = "application/json";
  reply.body = std::move(body);
  return reply;
}

std::vector<event_outcome> outcomes_in(const batch_reply& reply) {
  std::vector<event_outcome> all;
  for (const auto& verdict : reply.verdicts)
    all.push_back(verdict.what);
  return all;
}

TEST(OrderedResults, TheShortWayReadsWhatTheLongOneReads) {
  const std::string body = R"({"results": [ {"event_id":"A","status":"success","error":null},)"
                           R"({"status":"duplicate","event_id":"B"},)"
                           R"({"event_id":"C","status":"queued","detail":""}],)"
                           R"("limits":{"max_events":7},"server_clock":9})";
  ASSERT_EQ(
      outcomes_in(interpret(success_of(body), three_sent)),
      (std::vector{event_outcome::delivered, event_outcome::duplicate, event_outcome::pending}));
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    std::string garbled = body;
    static constexpr std::string_view bytes = "\"{}[]:, ABCx\\\xc3\n0";
    for (auto changes = random() % 3; changes-- > 0;) {
      const auto at = random() % garbled.size();
      const char byte = bytes[random() % bytes.size()];
      switch (random() % 3) {
      case 0:
        garbled[at] = byte;
        break;
      case 1:
        garbled.insert(at, 1, byte);
        break;
      default:
        garbled.erase(at, 1 + random() % 30);
      }
    }
    const auto read = interpret(success_of(garbled), three_sent);
    const auto expected = interpret_any(success_of(garbled), three_sent);
    ASSERT_EQ(read.kind, expected.kind) << garbled;
    ASSERT_EQ(outcomes_in(read), outcomes_in(expected)) << garbled;
    ASSERT_EQ(read.behind, expected.behind) << garbled;
    ASSERT_EQ(read.server_clock, expected.server_clock) << garbled;
    ASSERT_EQ(read.limits.max_events, expected.limits.max_events) << garbled;
  }
}

TEST(OrderedResults, LeavesEverythingElseToTheLongWay) {
  const std::string a = R"({"event_id":"A","status":"success"})";
  const std::string b = R"({"event_id":"B","status":"success"})";
  const std::string c = R"({"event_id":"C","status":"success"})";
  const auto taken = [](const std::string& list) {
    return read_ordered_results("{\"results\":[" + list + "]}", three_sent).has_value();
  };
  EXPECT_TRUE(taken(a + "," + b + "," + c));
  EXPECT_FALSE(taken(a + "," + c + "," + b)) << "another order";
  EXPECT_FALSE(taken(a + "," + b)) << "no result for C";
  EXPECT_FALSE(taken(a + "," + b + "," + c + "," + c)) << "a second result";
  EXPECT_FALSE(taken(a + "," + b + R"(,{"event_id":"C","status":"error"})")) << "a refusal";
  EXPECT_FALSE(taken(a + "," + b + R"(,{"event_id":"C","status":"splendid"})"));
}

} // namespace
} // namespace spec_kitty
