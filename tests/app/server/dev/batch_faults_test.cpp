// Batches of which some events are answered before they reach the server.
#include "app/server/dev/batch_faults.hpp"
#include "app/server/dev/layer.hpp"
#include "util/gzip.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server::dev {
namespace {

std::string event(const std::string& id, const std::string& type = "HistoryAdded") {
  return R"({"event_id":")" + id + R"(","event_type":")" + type + R"(","n":1.10})";
}

listener::inbound_request request_of(const std::vector<std::string>& events, bool packed = true) {
  std::string text;
  for (const auto& text_of_event : events)
    text += (text.empty() ? "" : ", ") + text_of_event;
  listener::inbound_request request;
  request.body = R"({"events": [)" + text + "]}";
  if (packed) {
    request.body = gzip(request.body);
    request.content_encoding = "gzip";
  }
  return request;
}

struct BatchFaults : testing::Test {
  split_batch split_of(const std::vector<std::string>& events, bool packed = true) {
    auto found = split(request_of(events, packed), faults);
    EXPECT_TRUE(found);
    return found ? std::move(*found) : split_batch{};
  }

  fault_rules rules;
  event_faults faults{rules};
};

TEST_F(BatchFaults, WithoutARuleEverythingGoesOnAsItCame) {
  for (const bool packed : {true, false}) {
    const auto batch = split_of({event("A"), event("B")}, packed);
    EXPECT_FALSE(batch.holds_any());
    EXPECT_EQ(batch.body(), R"({"events":[)" + event("A") + "," + event("B") + "]}");
  }
}

TEST_F(BatchFaults, EventsOfARefusedTypeAreAnsweredInTheirPlaces) {
  rules.reject_types = {"ErrorLogged"};
  const auto batch = split_of({event("A"), event("B", "ErrorLogged"), event("C")});
  EXPECT_TRUE(batch.holds_any());
  EXPECT_FALSE(batch.holds_all());
  EXPECT_EQ(batch.body(), R"({"events":[)" + event("A") + "," + event("C") + "]}");
  EXPECT_EQ(joined(batch, R"({"results":[{"event_id":"A","status":"success"},)"
                          R"({"event_id":"C","status":"duplicate"}],"server_clock":7})"),
            R"({"results":[{"event_id":"A","status":"success"},)"
            R"({"event_id":"B","status":"error",)"
            R"("error_message":"this server is configured to refuse ErrorLogged"},)"
            R"({"event_id":"C","status":"duplicate"}],"server_clock":7})");
}

TEST_F(BatchFaults, AnEventIsPendingAsOftenAsIsWantedAndThenGoesOn) {
  rules.pending_first = 2;
  for (int round = 0; round < 2; ++round) {
    const auto batch = split_of({event("A")});
    EXPECT_TRUE(batch.holds_all());
    EXPECT_EQ(reply_to_held(batch, 3),
              R"({"results":[{"event_id":"A","status":"pending"}],"server_clock":3})");
  }
  EXPECT_FALSE(split_of({event("A")}).holds_any());
}

TEST_F(BatchFaults, WhatIsNoBatchIsLeftToTheServer) {
  for (const char* body :
       {"", "{", "[]", R"({"events":1})", R"({"events":[]})", R"({"events":[1]})"}) {
    listener::inbound_request request;
    request.body = body;
    EXPECT_FALSE(split(request, faults)) << body;
  }
  auto damaged = request_of({event("A")});
  damaged.body.resize(damaged.body.size() / 2);
  EXPECT_FALSE(split(damaged, faults));
}

TEST_F(BatchFaults, OnlyWhatIsNewCountsAsKept) {
  const auto batch = split_of({event("A"), event("B"), event("C")});
  EXPECT_EQ(kept_lines(batch, R"({"results":[{"event_id":"A","status":"success"},)"
                              R"({"event_id":"B","status":"duplicate"},)"
                              R"({"event_id":"C","status":"success"}],"server_clock":7})"),
            event("A") + "\n" + event("C") + "\n");
}

TEST(DevLayer, OnlyNamesOfThisMachineAreServed) {
  for (const char* name : {"127.0.0.1", "127.0.0.1:80", "localhost", "LocalHost:8080", "[::1]:1"})
    EXPECT_TRUE(is_this_machine(name)) << name;
  for (const char* name :
       {"evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost:x"})
    EXPECT_FALSE(is_this_machine(name)) << name;
}

} // namespace
} // namespace spec_kitty::server::dev
