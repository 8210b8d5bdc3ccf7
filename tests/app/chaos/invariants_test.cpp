// Every invariant: it is silent about what is sound, and each way to break it is found.
#include "app/chaos/self_test.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::chaos {
namespace {

/// Names of the invariants that a history breaks.
std::set<std::string> broken_by(const history& seen) {
  std::set<std::string> names;
  for (const auto& found : check_all(seen))
    names.insert(found.invariant);
  return names;
}

using names = std::set<std::string>;

TEST(Invariants, NoneIsBrokenByASoundHistory) {
  EXPECT_EQ(broken_by(sound_history()), names{});
}

TEST(Invariants, EachIsBrokenByItsOwnHistoryAlone) {
  for (const auto& invariant : invariants())
    EXPECT_EQ(broken_by(history_that_breaks(invariant.name)), names{std::string(invariant.name)});
}

TEST(Invariants, AnEventInASpillFileIsNotLost) {
  history seen = sound_history();
  auto& promise = seen.attempts[2];
  promise.event_id.clear();
  promise.lamport_clock = 0;
  promise.spilled = true;
  auto& waiting = seen.stores[0].events[0];
  waiting.event_id.clear();
  waiting.lamport_clock = 0;
  waiting.spilled = true;
  EXPECT_EQ(broken_by(seen), names{});
  seen.stores[0].events.erase(seen.stores[0].events.begin());
  EXPECT_EQ(broken_by(seen), names{"nothing-lost"});
}

TEST(Invariants, AnEventWithoutAnAnswerMayBeThereOnceOrNot) {
  history seen = sound_history();
  seen.attempts[3].acknowledged = false;
  seen.attempts[3].answered = 0;
  EXPECT_EQ(broken_by(seen), names{});
  seen.stores[0].events.pop_back();
  EXPECT_EQ(broken_by(seen), names{});
}

TEST(Invariants, AnEventThatWasNotRequestedIsInvented) {
  history seen = sound_history();
  seen.attempts.erase(seen.attempts.begin());
  EXPECT_EQ(broken_by(seen), names{"nothing-invented"});
}

TEST(Invariants, AnEventThatWasRefusedIsNotThere) {
  history seen = sound_history();
  seen.attempts[2].acknowledged = false;
  seen.attempts[2].refused = true;
  EXPECT_EQ(broken_by(seen), names{"nothing-invented"});
}

TEST(Invariants, AfterHealingEverythingIsOnAServerOrDeadOfARefusal) {
  history seen = sound_history();
  seen.healed = true;
  EXPECT_EQ(broken_by(seen), names{"once"});
  auto& left = seen.stores[0].events;
  seen.servers[0].events.push_back(left[0]);
  left.erase(left.begin());
  left[0].dead = true; // the guilty one
  EXPECT_EQ(broken_by(seen), names{});
}

TEST(Invariants, AnEventComesOnlyToTheServerItBelongsTo) {
  history seen = sound_history();
  seen.attempts[0].belongs_to = "server";
  EXPECT_EQ(broken_by(seen), names{});
  seen.attempts[0].belongs_to = "other";
  EXPECT_EQ(broken_by(seen), names{"tenancy"});
}

TEST(Invariants, AServerKeepsEventsOfItsTeamOnly) {
  history seen = sound_history();
  seen.servers[0].events[0].team = "team-b";
  EXPECT_EQ(broken_by(seen), names{"tenancy"});
  seen.servers[0].team.clear(); // any
  EXPECT_EQ(broken_by(seen), names{});
}

TEST(Invariants, AnEventIsOnTheServerAsItWasAcknowledged) {
  history seen = sound_history();
  std::swap(seen.servers[0].events[0].marker, seen.servers[0].events[1].marker);
  EXPECT_TRUE(broken_by(seen).contains("once"));
}

TEST(Invariants, IdsRiseAsClocksDo) {
  history seen = sound_history();
  std::swap(seen.attempts[0].event_id, seen.attempts[1].event_id);
  EXPECT_TRUE(broken_by(seen).contains("order"));
}

TEST(Invariants, OfTwoEmissionsAtOnceEitherMayBeFirst) {
  history seen = sound_history();
  auto& first = seen.attempts[0];
  auto& second = seen.attempts[1];
  std::swap(first.lamport_clock, second.lamport_clock);
  std::swap(seen.servers[0].events[0].lamport_clock, seen.servers[0].events[1].lamport_clock);
  first.answered = second.answered;
  EXPECT_EQ(broken_by(seen), names{});
}

TEST(Invariants, AClockIsUsedOnceByItsNode) {
  history seen = sound_history();
  seen.servers[0].events[1].lamport_clock = 10;
  EXPECT_EQ(broken_by(seen), names{"order"});
  seen.servers[0].events[1].node_id = "another";
  EXPECT_EQ(broken_by(seen), names{});
}

TEST(Invariants, TheClockOfAStoreIsNotBehind) {
  history seen = sound_history();
  seen.stores[0].clock = 39;
  EXPECT_EQ(broken_by(seen), names{"order"});
}

TEST(Invariants, ACallerThatKnowsAnEventRecordsLater) {
  history seen = sound_history();
  seen.attempts[1].after_clock = 19;
  EXPECT_EQ(broken_by(seen), names{});
  seen.attempts[1].after_clock = 20;
  EXPECT_EQ(broken_by(seen), names{"causality"});
}

TEST(Invariants, ADeadLetterWasRefused) {
  history seen = sound_history();
  seen.stores[0].events[0].dead = true;
  EXPECT_EQ(broken_by(seen), names{"no-blame"});
}

TEST(Invariants, AnAcknowledgementNeedsAServerThatKeptSomething) {
  history seen = sound_history();
  seen.statuses[0].on_server.clear();
  seen.statuses[0].waiting = 4;
  EXPECT_EQ(broken_by(seen), names{"status"});
}

TEST(Invariants, AnEventWithoutAChangeOnTheBranchIsFound) {
  history seen = sound_history();
  seen.works[0].on_branch.pop_back();
  EXPECT_EQ(broken_by(seen), names{"transitions"});
}

TEST(Invariants, AChangeThatWasRecordedTwiceIsFound) {
  history seen = sound_history();
  seen.works[0].recorded.push_back(seen.works[0].recorded.back());
  EXPECT_TRUE(broken_by(seen).contains("transitions"));
}

TEST(Invariants, ChangesOfAWorkPackageHaveTheOrderOfTheBranch) {
  history seen = sound_history();
  auto& view = seen.works[0];
  std::swap(view.recorded[0].change, view.recorded[1].change);
  EXPECT_EQ(broken_by(seen), names{"transitions"});
}

TEST(Invariants, AnAssignmentIsOnNoBranchAndRecordedOnce) {
  history seen = sound_history();
  work_record assigned{
      {"001-tea WP01 implementation 0", {}, {}}, false, false, {}, {}, 9, "E9", {}};
  seen.works[0].recorded.push_back(assigned);
  EXPECT_EQ(broken_by(seen), names{});
  seen.works[0].recorded.push_back(assigned);
  EXPECT_EQ(broken_by(seen), names{"transitions"});
}

TEST(Invariants, TheCauseIsTheLastEventOfTheWorkPackageInItsHome) {
  history seen = sound_history();
  auto& second = seen.works[0].recorded[1];
  second.cause = "another";
  EXPECT_EQ(broken_by(seen), names{"transitions"});
  second.home = "another node";
  EXPECT_EQ(broken_by(seen), names{});
}

TEST(Invariants, OnlyTheFirstBrokenViewIsReported) {
  history seen = history_that_breaks("transitions");
  const auto findings_of_one = changes_are_recorded(seen).size();
  seen.works.push_back(seen.works.back());
  EXPECT_EQ(changes_are_recorded(seen).size(), findings_of_one);
}

TEST(Invariants, AStoreThatCannotBeReadIsNotSound) {
  history seen = sound_history();
  seen.stores[0].trouble = "damaged";
  EXPECT_EQ(broken_by(seen), names{"store"});
}

} // namespace
} // namespace spec_kitty::chaos
