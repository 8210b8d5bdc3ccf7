// Events read from elsewhere: what is kept, what is taken out, what is refused.
#include "messages/foreign_event.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

constexpr const char* whole =
    R"({"event_id":"01HF7YAT00V3RS3DTR98H6BCFN","lamport_clock":7,"node_id":"0123456789ab",)"
    R"("team_slug":"team-a","event_type":"HistoryAdded","aggregate_id":"WP01",)"
    R"("aggregate_type":"WorkPackage","payload":{"wp_id":"WP01","entry_type":"note",)"
    R"("entry_content":"in /home/ann/work"},"causation_id":null,)"
    R"("timestamp":"2026-02-03T04:05:06.000007Z"})";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

std::string rendered(const imported_event& event) {
  return render_head({event.event_id, event.lamport_clock, event.node_id}, event.team_slug) +
         event.tail;
}

std::string refusal(const std::string& text) {
  const auto event = read_foreign_event(text, {});
  return event ? "taken" : event.error().message;
}

TEST(ForeignEvent, WhatAHomeExportsComesBackByteForByte) {
  const auto event = read_foreign_event(whole, {});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(rendered(*event), whole);
}

TEST(ForeignEvent, FieldsThatNobodyKnowsAreKeptDigitForDigitAndInTheirOrder) {
  const auto text = replaced(whole, R"("event_type")",
                             R"("build_id":{"team_slug":"x","event_id":[1.10,1E5]},"event_type")");
  const auto event = read_foreign_event(text, {});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(rendered(*event), text);
}

TEST(ForeignEvent, TheProjectKeyOfAnOverflowLineIsNoPartOfTheEvent) {
  const std::string key = "git:0123456789abcdef0123456789abcdef";
  auto text = std::string(whole);
  text.insert(text.size() - 1, ",\"project_key\":\"" + key + "\"");
  const auto event = read_foreign_event(text, {});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->project_key, key);
  EXPECT_EQ(rendered(*event), whole);
}

TEST(ForeignEvent, TheHeadComesFirstWhereverItsFieldsStood) {
  auto text = replaced(whole, R"("node_id":"0123456789ab",)", "");
  text = replaced(text, R"("causation_id":null)",
                  R"("node_id" : "0123456789ab", "causation_id":null)");
  const auto event = read_foreign_event(text, {});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(rendered(*event), whole);
}

TEST(ForeignEvent, WithoutATeamItIsALocalOne) {
  for (const char* instead : {"", R"("team_slug":null,)"}) {
    const auto event = read_foreign_event(replaced(whole, R"("team_slug":"team-a",)", instead), {});
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->team_slug, "local");
    EXPECT_EQ(event->tail.find("team_slug"), std::string::npos);
  }
}

TEST(ForeignEvent, TheProjectIsTheOneItNames) {
  const auto text =
      replaced(whole, R"("causation_id":null)",
               R"("project_uuid":"6f1e1c1e-0000-4000-8000-000000000001","project_slug":"alpha")");
  const auto event = read_foreign_event(text, {});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->project_key, "6f1e1c1e-0000-4000-8000-000000000001");
  EXPECT_EQ(event->project_name, "alpha");
}

TEST(ForeignEvent, ATimestampInAnotherFormIsTheSameInstantInOurs) {
  for (const char* form : {"2026-02-03T04:05:06+00:00", "2026-02-03T06:05:06.0+02:00"}) {
    const auto event = read_foreign_event(replaced(whole, "2026-02-03T04:05:06.000007Z", form), {});
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_NE(event->tail.find(R"("timestamp":"2026-02-03T04:05:06.000000Z")"), std::string::npos)
        << event->tail;
  }
  const auto kept = read_foreign_event(
      replaced(whole, "2026-02-03T04:05:06.000007Z", "2026-02-03T04:05:06.000007+00:00"), {});
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_NE(kept->tail.find("06.000007+00:00"), std::string::npos) << "a valid form stays";
}

TEST(ForeignEvent, PrivateWordsAndStackTracesAreTakenOut) {
  const auto event = read_foreign_event(whole, {{"/home/ann"}, {}});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_NE(event->tail.find(R"("in ~/work")"), std::string::npos) << event->tail;
  auto error = replaced(whole, "HistoryAdded", "ErrorLogged");
  error =
      replaced(error, R"({"wp_id":"WP01","entry_type":"note","entry_content":"in /home/ann/work"})",
               R"({"error_type":"runtime","error_message":"no","stack_trace":"at line 1"})");
  const auto logged = read_foreign_event(error, {});
  ASSERT_TRUE(logged) << logged.error().message;
  EXPECT_NE(logged->tail.find(R"("stack_trace":null)"), std::string::npos) << logged->tail;
}

TEST(ForeignEvent, NumbersKeepTheirDigitsWhereSomethingElseIsTakenOut) {
  const auto text = replaced(whole, R"("entry_content")",
                             R"("/home/ann/n":[1.10,1E5,12345678901234567890123],"entry_content")");
  const auto event = read_foreign_event(text, {{"/home/ann"}, {}});
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_NE(event->tail.find(R"("~/n":[1.10,1E5,12345678901234567890123],)"), std::string::npos)
      << event->tail;
}

TEST(ForeignEvent, NamesThatAreTheSameWhenRedactedAreRefused) {
  const auto text = replaced(whole, R"("entry_content")", R"("~":1,"/home/ann":2,"entry_content")");
  EXPECT_TRUE(read_foreign_event(text, {}));
  const auto event = read_foreign_event(text, {{"/home/ann"}, {}});
  ASSERT_FALSE(event);
  EXPECT_NE(event.error().message.find("appears twice"), std::string::npos);
}

TEST(ForeignEvent, ANumberBeyondAnyDoubleIsRefused) {
  for (const char* number : {"5.5e308", "0.00000000000000000001e-2147483639"}) {
    const auto text = replaced(whole, R"("entry_content")",
                               R"("x":)" + std::string(number) + R"(,"entry_content")");
    EXPECT_NE(refusal(text).find("a number"), std::string::npos) << refusal(text);
  }
}

TEST(ForeignEvent, WhatTheContractRefusesIsNamed) {
  EXPECT_NE(refusal("nothing").find("not usable JSON"), std::string::npos);
  EXPECT_NE(refusal("[1]").find("not an event object"), std::string::npos);
  EXPECT_NE(refusal(replaced(whole, "0123456789ab", "mine")).find("node_id"), std::string::npos);
  EXPECT_NE(refusal(replaced(whole, R"("wp_id":"WP01",)", "")).find("payload.wp_id"),
            std::string::npos);
  EXPECT_NE(refusal(replaced(whole, ":7,", R"(:7,"event_id":"01HF7YAT00V3RS3DTR98H6BCFM",)"))
                .find(R"("event_id" appears twice)"),
            std::string::npos);
}

TEST(ForeignEvent, TwoTextsDifferInTheFieldThatDiffers) {
  EXPECT_EQ(differing_field(whole, whole), "");
  EXPECT_EQ(differing_field(whole, replaced(whole, ":7,", ":9,")), "") << "a home may restamp";
  EXPECT_EQ(differing_field(whole, replaced(whole, "team-a", "team-b")), "") << "or adopt";
  EXPECT_EQ(differing_field(whole, replaced(whole, "note", "file")), "payload");
  EXPECT_EQ(differing_field(whole, replaced(whole, R"("causation_id":null,)", "")), "causation_id");
  EXPECT_EQ(differing_field(replaced(whole, R"("causation_id":null,)", ""), whole), "causation_id");
}

} // namespace
} // namespace spec_kitty
