// Idempotent refresh: a lost reply costs no session, and a stolen token ends one.
#include "service_fixture.hpp"

#include "app/server/core/session_tokens.hpp"

#include <algorithm>
#include <future>

namespace spec_kitty::server {
namespace {

using namespace std::chrono_literals;

const std::string key_a = "01ARZ3NDEKTSV4RRFFQ69G5FAA";
const std::string key_b = "01ARZ3NDEKTSV4RRFFQ69G5FAB";
const std::string key_c = "01ARZ3NDEKTSV4RRFFQ69G5FAC";

class Refresh : public service_test {
protected:
  Refresh() {
    add_member("acme", "ann", role::member);
    start();
  }
  int clock_status(const std::string& bearer) {
    return ask("GET", "/api/v1/clock/", {{"authorization", "Bearer " + bearer}}).status;
  }
  std::size_t reuses() {
    const auto lines = accounts().read_audit(0, 1000, 0);
    return static_cast<std::size_t>(
        std::count_if(lines->begin(), lines->end(),
                      [](const auto& line) { return line.action == "session.reused"; }));
  }
  /// The owner's next refresh, which is refused because of a thief.
  void expect_noticed(const std::string& token, const std::string& key) {
    const auto refused = refresh(token, key);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(text_in(refused, "error_code"), "session_reused") << refused.body;
    EXPECT_EQ(reuses(), 1U);
  }
};

TEST_F(Refresh, TheServerOffersIt) {
  EXPECT_NE(ask("GET", "/api/v1/").body.find("\"idempotent_refresh\""), std::string::npos);
}

TEST_F(Refresh, TheSameKeyGetsTheSameSessionUntilItsTokenIsUsed) {
  const auto first = log_in("ann");
  const auto lost = refresh(first.refresh, key_a);
  ASSERT_EQ(lost.status, 200) << lost.body;
  for (int i = 0; i < 3; ++i) {
    move_clocks(8h); // the laptop sleeps
    const auto again = refresh(first.refresh, key_a);
    ASSERT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(text_in(again, "refresh"), text_in(lost, "refresh"));
    EXPECT_EQ(clock_status(text_in(again, "access")), 200);
  }
  const auto next = refresh(text_in(lost, "refresh"), key_b);
  ASSERT_EQ(next.status, 200);
  EXPECT_NE(text_in(next, "refresh"), text_in(lost, "refresh"));
  EXPECT_EQ(reuses(), 0U);
}

TEST_F(Refresh, WithinTheSecondOfTheLoginGivesAnotherAccessToken) {
  const auto first = log_in("ann");
  const auto next = refresh(first.refresh, key_a);
  ASSERT_EQ(next.status, 200);
  EXPECT_NE(text_in(next, "access"), first.access);
  EXPECT_NE(text_in(refresh(first.refresh, key_a), "access"), text_in(next, "access"));
}

TEST_F(Refresh, ARepeatWorksAfterARestart) {
  const auto first = log_in("ann");
  const auto lost = refresh(first.refresh, key_a);
  stop();
  start();
  EXPECT_EQ(text_in(refresh(first.refresh, key_a), "refresh"), text_in(lost, "refresh"));
}

TEST_F(Refresh, TwoAtOnceUnderOneKeyGetTheSameToken) {
  const auto first = log_in("ann");
  std::vector<std::future<std::string>> replies;
  for (int i = 0; i < 8; ++i)
    replies.push_back(std::async(
        std::launch::async, [&] { return text_in(refresh(first.refresh, key_a), "refresh"); }));
  std::map<std::string, int> tokens;
  for (auto& reply : replies)
    ++tokens[reply.get()];
  EXPECT_EQ(tokens.size(), 1U);
  EXPECT_TRUE(family_of(tokens.begin()->first)) << tokens.begin()->first;
}

TEST_F(Refresh, ARepeatEndsWithTheTokenItGives) {
  const auto first = log_in("ann");
  (void)refresh(first.refresh, key_a);
  move_clocks(std::chrono::hours(7 * 24));
  const auto late = refresh(first.refresh, key_a);
  EXPECT_EQ(late.status, 401);
  EXPECT_EQ(text_in(late, "error_code"), "session_over");
}

TEST_F(Refresh, AThiefWithATokenAloneIsNoticedAtTheOwnersNextRefresh) {
  const auto owner = log_in("ann");
  const auto stolen = refresh(owner.refresh, key_b); // under a key of his own
  ASSERT_EQ(stolen.status, 200);
  expect_noticed(owner.refresh, key_a);
  EXPECT_EQ(refresh(text_in(stolen, "refresh"), key_b).status, 401);
  EXPECT_EQ(clock_status(text_in(stolen, "access")), 401);
}

TEST_F(Refresh, AThiefWithoutAKeyIsNoticedToo) {
  const auto owner = log_in("ann");
  ASSERT_EQ(refresh(owner.refresh).status, 200);
  expect_noticed(owner.refresh, key_a);
}

TEST_F(Refresh, AThiefWithAUsedTokenAloneGetsNothingAndEndsTheFamily) {
  const auto owner = log_in("ann");
  const auto renewed = refresh(owner.refresh, key_a);
  const auto stolen = refresh(owner.refresh, key_b);
  EXPECT_EQ(stolen.status, 401);
  EXPECT_EQ(text_in(stolen, "error_code"), "session_reused");
  EXPECT_EQ(refresh(text_in(renewed, "refresh"), key_c).status, 401) << "the owner notices";
}

TEST_F(Refresh, AThiefWithTheFileIsTheOwnerUntilBothRefresh) {
  const auto owner = log_in("ann");
  // Both hold the token and the key beside it: either gets the same successor.
  const auto by_owner = refresh(owner.refresh, key_a);
  const auto by_thief = refresh(owner.refresh, key_a);
  ASSERT_EQ(text_in(by_owner, "refresh"), text_in(by_thief, "refresh"));
  // Then each draws a key of its own.
  ASSERT_EQ(refresh(text_in(by_thief, "refresh"), key_b).status, 200);
  expect_noticed(text_in(by_owner, "refresh"), key_c);
}

TEST_F(Refresh, ACopyOfTheStoreHoldsNoToken) {
  const auto first = log_in("ann");
  const auto renewed = refresh(first.refresh, key_a);
  const std::string token = text_in(renewed, "refresh");
  const auto family = accounts().session(*parse_ulid(*family_of(token)));
  ASSERT_TRUE(family && *family);
  EXPECT_FALSE((*family)->sealed.empty());
  EXPECT_EQ((*family)->sealed.find(token), std::string::npos);
  EXPECT_EQ((*family)->sealed.find(token.substr(token.find('.') + 1)), std::string::npos);
}

TEST_F(Refresh, AKeyThatIsNoneIsRefusedAndUsesNothingUp) {
  const auto first = log_in("ann");
  for (const std::string& key :
       {std::string("short"), std::string(65, 'a'), std::string("with a blank in it ...")})
    EXPECT_EQ(refresh(first.refresh, key).status, 400) << key;
  EXPECT_EQ(refresh(first.refresh, key_a).status, 200);
}

} // namespace
} // namespace spec_kitty::server
