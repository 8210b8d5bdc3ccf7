// One pass over a batch: which are refused whole, the verdict on each event, and what is kept.
#include "batch_fixture.hpp"

#include "app/server/core/careful_event.hpp"
#include "app/server/core/event_leaf.hpp"
#include "messages/event_check.hpp"
#include "messages/validate.hpp"
#include "util/json.hpp"

namespace spec_kitty::server {
namespace {

TEST(Batch, KeepsAnEventAsItCame) {
  const std::string event = event_text({.more = R"(,"future":1.10,"x":{"deep":[1,{}]})"});
  const event_batch batch = taken(batch_text({event}));
  ASSERT_EQ(batch.events().size(), 1U);
  EXPECT_EQ(batch.events()[0].kept, event);
  EXPECT_EQ(batch.events()[0].id, id_of(1));
  EXPECT_EQ(batch.events()[0].lamport_clock, 7U);
  EXPECT_EQ(batch.events()[0].node_id, "0123456789ab");
  EXPECT_TRUE(batch.events()[0].goes_to_store());
}

TEST(Batch, KeepsWhiteSpaceAndFurtherMembersOfTheBody) {
  const std::string event = R"({ "event_id" : ")" + id_of(3) +
                            R"(", "event_type": "WPStatusChanged", "aggregate_id": "WP01",
    "aggregate_type": "WorkPackage", "payload": {"wp_id": "WP01", "previous_status": "planned",
    "new_status": "doing"}, "node_id": "0123456789ab", "lamport_clock": 7,
    "timestamp": "2026-02-03T04:05:06+00:00", "team_slug": "acme" })";
  const event_batch batch =
      taken("\n{ \"client\": {\"a\":[1,\"]\"]}, \"events\" : [ " + event + " ] , \"b\":null } ");
  ASSERT_EQ(batch.events().size(), 1U);
  EXPECT_FALSE(batch.events()[0].refused) << batch.events()[0].refused->message;
  EXPECT_EQ(batch.events()[0].kept, event);
}

TEST(Batch, ReplacesTheTeamLocalAndAddsAMissingOneAtTheEnd) {
  const event_batch batch = taken(
      batch_text({event_text({.team = R"("local")"}), event_text({.id = id_of(2), .team = ""})}));
  ASSERT_EQ(batch.events().size(), 2U);
  EXPECT_EQ(batch.events()[0].kept, event_text());
  std::string with_team_at_end = event_text({.id = id_of(2), .team = ""});
  with_team_at_end.insert(with_team_at_end.size() - 1, R"(,"team_slug":"acme")");
  EXPECT_EQ(batch.events()[1].kept, with_team_at_end);
  EXPECT_FALSE(batch.events()[1].refused);
}

TEST(Batch, RefusesTheWholeBatchForAnEventOfAnotherTeam) {
  for (const char* other : {R"("globex")", R"("acm\u0065x")", R"("Acme")"}) {
    const auto found =
        refused(batch_text({event_text(), event_text({.id = id_of(2), .team = other})}));
    EXPECT_EQ(found.status, 403) << other;
    EXPECT_EQ(found.message.find("globex"), std::string::npos);
  }
  EXPECT_EQ(verdict_of(event_text({.team = R"("acm\u0065")"})), "ok") << "it is the same text";
}

TEST(Batch, TakesTimesOf0To9DigitsInUtc) {
  for (const char* time :
       {"2026-02-03T04:05:06Z", "2026-02-03T04:05:06.1Z", "2026-02-03T04:05:06.123456789Z",
        "2026-02-03T04:05:06+00:00", "2026-02-03T04:05:06.000007-00:00"})
    EXPECT_EQ(verdict_of(event_text({.time = time})), "ok") << time;
  for (const char* time :
       {"2026-02-03T04:05:06", "2026-02-03T04:05:06+01:00", "2026-02-30T04:05:06Z",
        "2026-02-03T04:05:06.1234567890Z", "2026-02-03", "", "yesterday"})
    EXPECT_EQ(verdict_of(event_text({.time = time})), "invalid /timestamp") << time;
}

TEST(Batch, NamesTheMemberThatIsInvalid) {
  const struct {
    std::string event;
    std::string verdict;
  } cases[] = {
      {event_text({.id = "short"}), "invalid /event_id"},
      {event_text({.id = "8" + std::string(25, '0')}), "invalid /event_id"},
      {event_text({.clock = "0"}), "invalid /lamport_clock"},
      {event_text({.clock = "9007199254740992"}), "invalid /lamport_clock"},
      {event_text({.clock = "1.5"}), "invalid /lamport_clock"},
      {event_text({.clock = "\"7\""}), "invalid /lamport_clock"},
      {event_text({.team = "7"}), "invalid /team_slug"},
      {event_text({.team = "null"}), "invalid /team_slug"},
      {event_text({.team = R"("")"}), "invalid /team_slug"},
      {event_text(
           {.payload = R"({"wp_id":"WP1","previous_status":"planned","new_status":"doing"})"}),
       "invalid /payload/wp_id"},
      {event_text({.payload = R"({"wp_id":"WP01"})"}), "invalid /payload/previous_status"},
      {event_text({.payload = "[]"}), "invalid /payload"},
      {event_text({.more = R"(,"project_uuid":"x")"}), "invalid /project_uuid"},
      {event_text({.more = R"(,"node_id":"0123456789ab")"}), "invalid "},
      {"{}", "invalid /event_id"},
      {"7", "invalid "},
      {"null", "invalid "},
      {R"(["events"])", "invalid "},
      {event_text({.type = "PhaseReached"}), "unknown_type "},
  };
  for (const auto& test_case : cases)
    EXPECT_EQ(verdict_of(test_case.event), test_case.verdict) << test_case.event;
}

TEST(Batch, TakesTypesOfTheTeamsOwnHosts) {
  custom_types types;
  ASSERT_TRUE(types.add("PhaseReached", R"({"type":"object","required":["phase"],
    "properties":{"phase":{"type":"string"}}})"));
  batch_rules rules = acme_rules();
  rules.more_types = &types;
  EXPECT_EQ(
      verdict_of(event_text({.type = "PhaseReached", .payload = R"({"phase":"two"})"}), rules),
      "ok");
  EXPECT_EQ(verdict_of(event_text({.type = "PhaseReached", .payload = R"({"phase":2})"}), rules),
            "invalid /payload/phase");
  EXPECT_EQ(verdict_of(event_text({.type = "Other"}), rules), "unknown_type ");
}

TEST(Batch, RefusesWhatIsNotABatch) {
  for (const char* body :
       {"", "{", "[]", "7", "null", "{}", R"({"events":[]})", R"({"events":{}})", R"({"events":7})",
        R"({"events":[{]})", R"({"events":[{}})", R"({"events":[{},]})", R"({"events":[}]})",
        R"({"events":[{"a":1}]}x)", R"({"events":[{"a":1]]})", R"({"events":["x})",
        R"({events:[{}]})", R"({"events":[{}] "a":1})", R"({"events":[nul]})"})
    EXPECT_EQ(refused(body).status, 400) << body;
  EXPECT_EQ(refused("{\"events\":[\"\xC3\x28\"]}").status, 400) << "not UTF-8";
  EXPECT_EQ(refused(R"({"events":["\uD800"]})").status, 400) << "a lone surrogate";
}

TEST(Batch, BoundsNestingAndNumberOfEvents) {
  const std::string deep = std::string(100'000, '[');
  EXPECT_EQ(refused(R"({"events":[)" + deep).status, 400);
  EXPECT_EQ(refused(R"({"events":[)" + deep + std::string(100'000, ']') + "]}").status, 400);
  EXPECT_EQ(refused(R"({"a":)" + deep + std::string(100'000, ']') + R"(,"events":[{}]})").status,
            400);
  const auto found =
      refused(batch_text({event_text(), event_text({.id = id_of(2)})}), acme_rules(1));
  EXPECT_EQ(found.status, 413);
  EXPECT_EQ(found.limit, "max_batch_events");
  EXPECT_EQ(found.limit_value, 1U);
}

TEST(Batch, KnowsDoublesByWhatTheySay) {
  const std::string restamped = event_text({.clock = "9", .team = R"("local")"});
  const std::string reordered = R"({"lamport_clock":7,)" + event_text().substr(1);
  const event_batch batch = taken(
      batch_text({event_text(), event_text(), restamped,
                  event_text({.time = "2027-02-03T04:05:06Z"}), event_text({.id = id_of(2)})}));
  const auto& events = batch.events();
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[1].same_as, 0U);
  EXPECT_EQ(events[2].same_as, 0U);
  ASSERT_TRUE(events[3].refused);
  EXPECT_EQ(events[3].refused->why, refusal::id_conflict);
  EXPECT_NE(events[3].refused->message.find("timestamp"), std::string::npos);
  EXPECT_TRUE(events[4].goes_to_store());
}

TEST(Batch, ComparesDoublesInOtherWritingsAsJson) {
  std::string spaced = event_text();
  spaced.insert(spaced.find("\"payload\":") + 11, " ");
  const event_batch batch = taken(batch_text({event_text(), spaced}));
  ASSERT_EQ(batch.events().size(), 2U);
  EXPECT_NE(batch.events()[0].leaf, batch.events()[1].leaf);
  EXPECT_EQ(batch.events()[1].same_as, 0U);
}

TEST(Batch, ReadsASingleEventOfAMessage) {
  auto read = read_single_event(event_text({.team = R"("local")"}), acme_rules());
  ASSERT_TRUE(std::holds_alternative<event_batch>(read));
  EXPECT_EQ(std::get<event_batch>(read).events()[0].kept, event_text());
  read = read_single_event(event_text() + "x", acme_rules());
  EXPECT_TRUE(std::holds_alternative<batch_refusal>(read));
}

TEST(Batch, MayBeMoved) {
  event_batch batch = taken(batch_text({event_text(), event_text({.id = id_of(2), .team = ""})}));
  const event_batch moved = std::move(batch);
  EXPECT_EQ(moved.events()[0].kept, event_text());
  EXPECT_TRUE(moved.events()[1].kept.ends_with(R"("team_slug":"acme"})"));
  EXPECT_GT(moved.bytes(), event_text().size());
}

/// The checking pass and the careful path agree on every small change of a good event.
TEST(Batch, TheCheckingPassTakesNothingThatTheCarefulPathRefuses) {
  const std::string good = event_text({.more = R"(,"project_slug":"demo","extra":1)"});
  int taken_events = 0;
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char c : std::string("\"\\{}[],:0 z\n.-")) {
      std::string changed = good;
      changed[at] = c;
      plain_event found;
      if (!check_plain_event(changed, found) || found.text.size() != changed.size())
        continue;
      ++taken_events;
      const auto document = parse_json(changed, json_keys::unique);
      ASSERT_TRUE(document.ok()) << changed;
      const auto broken = validate_event(*document, custom_types{}, time_form::any_utc);
      EXPECT_FALSE(broken) << changed << "\n" << broken->message();
      EXPECT_EQ(leaf_hasher().of(found), leaf_hasher().of(std::string_view(changed))) << changed;
    }
  EXPECT_GT(taken_events, 500);
}

/// What is judged without its white space is judged as the careful path does, at every small
/// change.
TEST(Batch, WhiteSpaceBetweenTokensChangesNoVerdict) {
  const std::string spaced = R"({"event_id": ")" + id_of(3) +
                             R"(", "event_type": "WPStatusChanged", "aggregate_id": "WP01", )"
                             R"("aggregate_type": "WorkPackage", "payload": {"wp_id": "WP01", )"
                             R"("previous_status": "planned", "new_status": "doing"}, )"
                             R"("node_id": "0123456789ab", "lamport_clock": 7, )"
                             R"("timestamp": "2026-02-03T04:05:06+00:00", "team_slug": "acme"})";
  int taken_events = 0;
  for (std::size_t at = 0; at < spaced.size(); ++at)
    for (const char c : std::string("\"\\{}[],:0 z\n.-")) {
      std::string changed = spaced;
      changed[at] = c;
      event_batch memory;
      leaf_hasher leaves;
      const auto wanted = judge_carefully(changed, acme_rules(), memory, leaves);
      const auto found = read_single_event(changed, acme_rules());
      ASSERT_EQ(wanted.index() == 0, found.index() == 0) << changed;
      if (wanted.index() != 0)
        continue;
      const auto& careful = std::get<batch_event>(wanted);
      const auto& event = std::get<event_batch>(found).events().at(0);
      ASSERT_EQ(event.refused.has_value(), careful.refused.has_value()) << changed;
      EXPECT_EQ(event.id, careful.id);
      if (careful.refused)
        continue;
      ++taken_events;
      EXPECT_EQ(event.kept, careful.kept);
      EXPECT_EQ(event.node_id, careful.node_id);
      EXPECT_EQ(event.lamport_clock, careful.lamport_clock);
      EXPECT_EQ(event.leaf, careful.leaf);
    }
  EXPECT_GT(taken_events, 200);
}

TEST(Batch, OfALocalTeamKeepsItsWhiteSpace) {
  std::string spaced = event_text({.team = R"("local")"});
  spaced.insert(1, " ");
  const event_batch batch = taken(batch_text({spaced}));
  ASSERT_EQ(batch.events().size(), 1U);
  EXPECT_EQ(batch.events()[0].kept, "{ " + event_text().substr(1));
}

} // namespace
} // namespace spec_kitty::server
