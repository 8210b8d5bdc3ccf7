// Two homes and one server: who took a work package is said before it is taken again.
#include "app/workflow/other_claim.hpp"
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class WorkflowClaim : public workflow_test {
protected:
  WorkflowClaim() { ok({"agent", "feature", "finalize-tasks"}); }

  /// A clone of the repository as it is now; commands run in it from `other` homes.
  fs::path other_clone() const {
    const auto clone = root() / "clone";
    git({"clone", "--quiet", repo().string(), clone.string()});
    git({"switch", "--quiet", "main"}, clone);
    return clone;
  }
};

TEST_F(WorkflowClaim, AnotherHomesClaimIsNamedAndDoesNotStop) {
  logged_in();
  const auto clone = other_clone();
  ok({"implement", "WP01", "--agent", "ann"});
  ok({"sync", "now"});
  env["SPEC_KITTY_HOME"] = (root() / "second").string();
  ok({"sync", "server", server->url()}, clone);
  EXPECT_EQ(log_in(*server).status, 0);
  const auto done = ok({"implement", "WP01"}, clone);
  EXPECT_NE(done.err.find("warning: dev took WP01 "), std::string::npos)
      << "the account that sent it, not the agent that it names: " << done.err;
  EXPECT_NE(done.err.find("; --force to take it over"), std::string::npos) << done.err;
  EXPECT_EQ(ok({"implement", "WP03", "--force"}, clone).err.find(" took "), std::string::npos);
}

TEST_F(WorkflowClaim, OnesOwnClaimAndAServerThatIsGoneAreSilent) {
  logged_in();
  const auto clone = other_clone();
  ok({"implement", "WP01"});
  ok({"sync", "now"});
  EXPECT_EQ(ok({"implement", "WP01"}, clone).err.find(" took "), std::string::npos)
      << "it was this home";
  server.reset();
  EXPECT_EQ(ok({"implement", "WP02", "--base", "WP01"}, clone).err.find("warning"),
            std::string::npos);
}

} // namespace
} // namespace spec_kitty::support

namespace spec_kitty::workflow {
namespace {

std::string event(const std::string& type, const std::string& node, const std::string& payload) {
  return R"({"event_type":")" + type + R"(","node_id":")" + node +
         R"(","feature_slug":"001-tea","timestamp":"2026-02-03T04:05:06.000000Z","payload":)" +
         payload + "}";
}

std::string words_for(const std::string& events) {
  const auto reply = parse_json("{\"events\":[" + events + "]}");
  EXPECT_TRUE(reply);
  const auto claim = last_other_claim(*reply, "001-tea", "WP01", "0a0a0a0a0a0a");
  const auto now = *parse_date_time("2026-02-03T04:17:06Z");
  return claim ? claim_words(*claim, "WP01", now) : "";
}

const std::string taken = event("WPStatusChanged", "0b0b0b0b0b0b",
                                R"({"wp_id":"WP01","new_status":"doing","changed_by":"ann"})");

TEST(OtherClaim, TheLastMoveCounts) {
  EXPECT_EQ(words_for(taken), "ann took WP01 12 minutes ago on node 0b0b0b0b0b0b");
  EXPECT_EQ(words_for(R"({"seq":3,"by":"ann@tea","event":)" + taken + "}"),
            "ann@tea took WP01 12 minutes ago on node 0b0b0b0b0b0b");
  EXPECT_EQ(words_for(taken + "," +
                      event("WPAssigned", "0c0c0c0c0c0c", R"({"wp_id":"WP01","agent_id":"zed"})")),
            "zed took WP01 12 minutes ago on node 0c0c0c0c0c0c");
  EXPECT_EQ(words_for(taken + "," +
                      event("WPStatusChanged", "0b0b0b0b0b0b",
                            R"({"wp_id":"WP01","new_status":"for_review","changed_by":"ann"})")),
            "ann moved WP01 to for_review 12 minutes ago on node 0b0b0b0b0b0b");
}

TEST(OtherClaim, WhatIsOnesOwnPutBackOrOfAnotherIsNotOne) {
  const auto own = event("WPStatusChanged", "0a0a0a0a0a0a",
                         R"({"wp_id":"WP01","new_status":"doing","changed_by":"me"})");
  EXPECT_EQ(words_for(taken + "," + own), "");
  EXPECT_EQ(words_for(taken + "," +
                      event("WPStatusChanged", "0b0b0b0b0b0b",
                            R"({"wp_id":"WP01","new_status":"planned"})")),
            "");
  EXPECT_EQ(words_for(event("WPStatusChanged", "0b", R"({"wp_id":"WP02","new_status":"doing"})")),
            "");
  EXPECT_EQ(words_for(R"(1,{"event":2},{"payload":3})"), "") << "a server may send anything";
}

} // namespace
} // namespace spec_kitty::workflow
