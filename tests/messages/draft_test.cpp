// The short way to judge a draft against the long one: the event written out, read and validated
// whole. Every draft here gets the same answer, word for word, by both.
#include "messages/custom_types.hpp"
#include "messages/event.hpp"
#include "messages/validate.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace spec_kitty {
namespace {

event_draft work_package_draft() {
  event_draft draft;
  draft.event_type = "WPStatusChanged";
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing"})";
  draft.causation_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  draft.team_slug = "team-a";
  draft.project_uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  draft.project_slug = "a-project";
  return draft;
}

event_draft feature_draft() {
  event_draft draft;
  draft.event_type = "FeatureCompleted";
  draft.aggregate_id = "028-x";
  draft.aggregate_type = "Feature";
  draft.payload = R"({"feature_slug":"028-x","total_wps":3})";
  draft.timestamp = "2026-02-03T04:05:06.000007+00:00";
  return draft;
}

event_draft custom_draft() {
  event_draft draft = feature_draft();
  draft.event_type = "SprintClosed";
  draft.payload = R"({"points":3})";
  return draft;
}

custom_types sprint_types() {
  custom_types types;
  EXPECT_TRUE(types.add("SprintClosed", R"({"required":["points"],"properties":{)"
                                        R"("points":{"type":"integer","minimum":0}}})"));
  return types;
}

/// `good`, or the message of the refusal.
std::string words_of(const result<void>& judged) {
  return judged ? "good"
                : std::string(to_string(judged.error().code)) + " " + judged.error().message;
}

std::string long_way(const event_draft& draft, const custom_types& types) {
  const event_stamp stamp{std::string(26, '0'), 1, std::string(12, '0')};
  const auto event = parse_json(render_head(stamp, draft.team_slug) + render_tail(draft));
  if (!event)
    return words_of(event.error());
  const auto found = validate_event(*event, types);
  return found ? "invalid_event " + found->message() : "good";
}

using change = std::function<void(event_draft&)>;

change set(std::string event_draft::*part, std::string value) {
  return [part, value = std::move(value)](event_draft& draft) { draft.*part = value; };
}

change set(std::optional<std::string> event_draft::*part, std::optional<std::string> value) {
  return [part, value = std::move(value)](event_draft& draft) { draft.*part = value; };
}

std::string nested(std::size_t levels) {
  return R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing","points":1,)"
         R"("feature_slug":"028-x","total_wps":3,"more":)" +
         std::string(levels, '[') + std::string(levels, ']') + "}";
}

/// Texts that are right for some field and wrong for others.
std::vector<std::string> odd_texts() {
  return {"",
          " ",
          "WP01",
          "WP1",
          "WP011",
          "wp01",
          std::string("WP01\0", 5),
          std::string("a\0b", 3),
          "Feature",
          "feature",
          "WorkPackage",
          "WPStatusChanged",
          "WPDeleted",
          "SprintClosed",
          "SprintOpened",
          "null",
          "\xff",
          "a\xc0\x80",
          "\xed\xa0\x80",
          "é\"\\\n\x7f\x01",
          std::string(255, 't'),
          std::string(256, 't'),
          std::string(128, '\xc3') + "x",
          "01ARZ3NDEKTSV4RRFFQ69G5FAV",
          "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
          "80000000000000000000000000",
          "01ARZ3NDEKTSV4RRFFQ69G5FA",
          "01ARZ3NDEKTSV4RRFFQ69G5FAI",
          "01arz3ndektsv4rrffq69g5fav",
          "2026-02-03T04:05:06.000007Z",
          "2026-02-03T04:05:06.000007+00:00",
          "2026-02-03T04:05:06.000007+01:00",
          "2026-02-03T04:05:06.00000Z",
          "2026-02-30T04:05:06.000007Z",
          "2026-02-03 04:05:06.000007Z",
          "2026-02-03T04:05:06.000007Zx",
          "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
          "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
          "6ba7b8109dad11d180b400c04fd430c8",
          "6ba7b810-9dad-11d1-80b4-00c04fd430cg"};
}

std::vector<std::string> odd_payloads() {
  return {"{}",
          "[]",
          "null",
          "7",
          R"("text")",
          R"({"wp_id":"WP1","previous_status":"planned","new_status":"doing"})",
          R"({"wp_id":"WP01","previous_status":"planned","new_status":"flying"})",
          R"({"wp_id":"WP01","wp_id":"WP1","previous_status":"planned","new_status":"doing"})",
          R"({"feature_slug":"028-x","total_wps":3.0})",
          R"({"feature_slug":"028-x","total_wps":-1})",
          R"({"feature_slug":"028-x","total_wps":1e300})",
          R"({"feature_slug":"028-x","total_wps":3,"completed_at":"yesterday"})",
          R"({"points":-1})",
          R"({"points":"3"})",
          R"({"points":0,"event_type":"x","team_slug":""})",
          nested(1),
          nested(61),
          nested(62),
          nested(63)};
}

std::vector<change> changes() {
  std::vector<change> all = {[](event_draft&) {}};
  for (const auto& text : odd_texts()) {
    for (const auto part :
         {&event_draft::event_type, &event_draft::aggregate_id, &event_draft::aggregate_type,
          &event_draft::timestamp, &event_draft::team_slug})
      all.push_back(set(part, text));
    for (const auto part : {&event_draft::causation_id, &event_draft::feature_slug,
                            &event_draft::project_uuid, &event_draft::project_slug})
      all.push_back(set(part, text));
  }
  for (const auto part : {&event_draft::causation_id, &event_draft::feature_slug,
                          &event_draft::project_uuid, &event_draft::project_slug})
    all.push_back(set(part, std::nullopt));
  for (const auto& payload : odd_payloads())
    all.push_back(set(&event_draft::payload, payload));
  return all;
}

TEST(DraftByBothWays, EveryDraftGetsTheSameAnswer) {
  const custom_types types = sprint_types();
  const std::vector<change> all = changes();
  std::size_t good = 0;
  std::size_t bad = 0;
  for (const auto& base : {work_package_draft(), feature_draft(), custom_draft()})
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t step : {0U, 7U, 101U}) { // two at once: the same one must be named
        event_draft draft = base;
        all[i](draft);
        if (step > 0)
          all[(i + step) % all.size()](draft);
        const auto payload = parse_json(draft.payload);
        ASSERT_TRUE(payload) << draft.payload;
        const std::string expected = long_way(draft, types);
        ASSERT_EQ(words_of(validate_draft(draft, *payload, &types)), expected)
            << render_tail(draft) << " of team " << draft.team_slug;
        ++(expected == "good" ? good : bad);
      }
  EXPECT_GT(good, 100U);
  EXPECT_GT(bad, 100U);
}

TEST(DraftByBothWays, WithoutACustomTypeItIsTheContractAlone) {
  const custom_types none;
  for (const auto& base : {work_package_draft(), feature_draft(), custom_draft()})
    for (const auto& change : changes()) {
      event_draft draft = base;
      change(draft);
      const auto payload = parse_json(draft.payload);
      ASSERT_TRUE(payload);
      const std::string expected = long_way(draft, none);
      EXPECT_EQ(words_of(validate_draft(draft, *payload, nullptr)), expected);
      EXPECT_EQ(words_of(validate_draft(draft, *payload, &none)), expected);
      EXPECT_EQ(words_of(validate_draft(draft)), expected);
    }
}

TEST(DraftByBothWays, TheHintNamesWhereTheFieldsAre) {
  const custom_types types = sprint_types();
  event_draft draft = custom_draft();
  draft.payload = "{}";
  for (const char* team : {"team-a", ""}) { // by the short way, and by the long one
    draft.team_slug = team;
    const auto refused = validate_draft(draft, *parse_json("{}"), &types);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().hint, "see the schema that was registered for SprintClosed");
  }
  event_draft contract = feature_draft();
  EXPECT_EQ(validate_draft(contract, *parse_json("{}"), &types).error().hint,
            "see its fields: spec-kitty events types FeatureCompleted");
}

TEST(Rendered, EveryCharacterComesBackFromTheTextItWasWrittenInto) {
  event_draft draft;
  draft.event_type = "HistoryAdded";
  draft.aggregate_type = "Feature";
  draft.payload = "{}";
  for (int c = 0; c < 0x80; ++c) {
    draft.aggregate_id = std::string("a") + static_cast<char>(c) + "猫";
    draft.project_slug = draft.aggregate_id;
    const std::string team = draft.aggregate_id + "t";
    const auto event = parse_json(render_head({"id", 7, "node"}, team) + render_tail(draft));
    ASSERT_TRUE(event) << c;
    EXPECT_EQ(text_of(*event, "aggregate_id"), draft.aggregate_id) << c;
    EXPECT_EQ(text_of(*event, "project_slug"), draft.project_slug) << c;
    EXPECT_EQ(text_of(*event, "team_slug"), team) << c;
    EXPECT_EQ(to_text(*event), render_head({"id", 7, "node"}, team) + render_tail(draft)) << c;
  }
}

} // namespace
} // namespace spec_kitty
