// The C API: JSON in, codes and words out.
#include "spec_kitty/spec_kitty.h"
#include "tests/app/embed/embed_fixture.hpp"

namespace spec_kitty::embed_test {
namespace {

class CApi : public embedding {
protected:
  std::string options_json(const std::string& more = {}) {
    return R"({"home":")" + home().string() + R"(","modules":")" + SPEC_KITTY_BIN_DIR + "\"" +
           more + "}";
  }
  spec_kitty_client* open(const std::string& more = {}) {
    spec_kitty_client* opened = nullptr;
    EXPECT_EQ(spec_kitty_open(options_json(more).c_str(), &opened, &problem), SPEC_KITTY_OK)
        << problem.message;
    return opened;
  }

  static constexpr const char* good =
      R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP01","entry_type":"note","entry_content":"é"}})";
  spec_kitty_problem problem{};
};

TEST_F(CApi, AnEventIsRecordedAndItsIdGiven) {
  spec_kitty_client* client = open();
  char id[27] = {};
  EXPECT_EQ(spec_kitty_emit(client, good, id, &problem), SPEC_KITTY_OK);
  EXPECT_TRUE(is_ulid(id));
  EXPECT_EQ(spec_kitty_emit_best_effort(client, good, nullptr), SPEC_KITTY_OK);
  EXPECT_EQ(spec_kitty_close(client, 10000, &problem), SPEC_KITTY_OK);
  EXPECT_EQ(problem.code[0], '\0');
  EXPECT_NE(cli({"events", "list"}).out.find(id), std::string::npos);
}

TEST_F(CApi, TheStatusIsOneJsonObject) {
  spec_kitty_client* client = open();
  ASSERT_EQ(spec_kitty_emit(client, good, nullptr, &problem), SPEC_KITTY_OK);
  ASSERT_EQ(spec_kitty_emit(client, "{}", nullptr, &problem), SPEC_KITTY_BAD_INPUT);
  char* text = nullptr;
  ASSERT_EQ(spec_kitty_status(client, &text, &problem), SPEC_KITTY_OK);
  const auto now = support::parsed(text);
  spec_kitty_free(text);
  EXPECT_EQ(number_in(now, {"emitted"}), 1);
  EXPECT_EQ(number_in(now, {"lamport_clock"}), 1);
  EXPECT_EQ(text_of(now, "link"), "Offline");
  EXPECT_EQ(spec_kitty_close(client, 10000, nullptr), SPEC_KITTY_OK);
}

TEST_F(CApi, FlushReportsWhenNotAllIsDelivered) {
  spec_kitty_client* client = open();
  ASSERT_EQ(spec_kitty_emit(client, good, nullptr, &problem), SPEC_KITTY_OK);
  EXPECT_EQ(spec_kitty_flush(client, 1000, &problem), SPEC_KITTY_NOT_DELIVERED);
  EXPECT_STREQ(problem.code, "no_server");
  EXPECT_EQ(spec_kitty_close(client, 10000, nullptr), SPEC_KITTY_OK);
}

TEST_F(CApi, OptionsReachTheClient) {
  logged_in();
  spec_kitty_client* client = open(
      R"(,"settings":{"sync.max_queue_size":500,"websocket.enabled":false},"deliver":true,)"
      R"("max_in_flight":10,"full":"fail","project_uuid":"11111111-2222-3333-4444-555555555555",)"
      R"("event_types":{"OrderPlaced":{"type":"object","required":["number"]}})");
  EXPECT_EQ(spec_kitty_emit(client,
                            R"({"event_type":"OrderPlaced","payload":{},"aggregate_id":"o-1"})",
                            nullptr, &problem),
            SPEC_KITTY_BAD_INPUT);
  EXPECT_STREQ(problem.code, "invalid_event");
  EXPECT_EQ(spec_kitty_emit(client, good, nullptr, &problem), SPEC_KITTY_OK);
  EXPECT_EQ(spec_kitty_flush(client, 30000, &problem), SPEC_KITTY_OK) << problem.message;
  EXPECT_EQ(server->events().size(), 1U);
  EXPECT_EQ(spec_kitty_close(client, 10000, nullptr), SPEC_KITTY_OK);
}

TEST_F(CApi, WhatCannotBeUsedIsNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"not json", "options"},
      {"[]", "options"},
      {R"({"hoem":"/x"})", "hoem"},
      {R"({"home":7})", "home"},
      {R"({"home":"x"})", "options.home"},
      {R"({"full":"sometimes"})", "full"},
      {R"({"max_in_flight":-1})", "max_in_flight"},
      {R"({"settings":[]})", "settings"},
      {R"({"deliver":"yes"})", "deliver"},
  };
  for (const auto& [json, part] : cases) {
    spec_kitty_client* opened = nullptr;
    EXPECT_EQ(spec_kitty_open(json.c_str(), &opened, &problem), SPEC_KITTY_BAD_INPUT) << json;
    EXPECT_NE(std::string(problem.message).find(part), std::string::npos) << problem.message;
    EXPECT_EQ(opened, nullptr);
  }
}

TEST_F(CApi, NullIsAnErrorAndNeverACrash) {
  EXPECT_EQ(spec_kitty_open(nullptr, nullptr, nullptr), SPEC_KITTY_BAD_INPUT);
  EXPECT_EQ(spec_kitty_emit(nullptr, good, nullptr, &problem), SPEC_KITTY_BAD_INPUT);
  EXPECT_EQ(spec_kitty_flush(nullptr, 1, &problem), SPEC_KITTY_BAD_INPUT);
  EXPECT_EQ(spec_kitty_status(nullptr, nullptr, &problem), SPEC_KITTY_BAD_INPUT);
  EXPECT_EQ(spec_kitty_close(nullptr, 1, &problem), SPEC_KITTY_OK);
  spec_kitty_free(nullptr);
  spec_kitty_client* client = open();
  EXPECT_EQ(spec_kitty_emit(client, nullptr, nullptr, &problem), SPEC_KITTY_BAD_INPUT);
  EXPECT_EQ(spec_kitty_emit(client,
                            R"({"event_type":"HistoryAdded","payload":{},"agregate_id":"x"})",
                            nullptr, &problem),
            SPEC_KITTY_BAD_INPUT);
  EXPECT_NE(std::string(problem.message).find("agregate_id"), std::string::npos);
  EXPECT_EQ(
      spec_kitty_emit_best_effort(client, R"({"event_type":"Nonsense","payload":{}})", &problem),
      SPEC_KITTY_BAD_INPUT);
  EXPECT_STREQ(problem.code, "invalid_event");
  EXPECT_EQ(spec_kitty_status(client, nullptr, &problem), SPEC_KITTY_BAD_INPUT);
  EXPECT_EQ(spec_kitty_close(client, 10000, nullptr), SPEC_KITTY_OK);
}

TEST_F(CApi, LongMessagesAreCutAtACharacter) {
  spec_kitty_client* opened = nullptr;
  std::string home;
  for (int i = 0; i < 400; ++i)
    home += "é";
  EXPECT_EQ(spec_kitty_open((R"({"home":")" + home + R"("})").c_str(), &opened, &problem),
            SPEC_KITTY_BAD_INPUT);
  EXPECT_LT(std::strlen(problem.message), sizeof problem.message);
  EXPECT_TRUE(is_utf8(problem.message));
}

} // namespace
} // namespace spec_kitty::embed_test
