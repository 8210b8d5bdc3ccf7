// What makes two texts the same event.
#include "batch_fixture.hpp"

#include "app/server/core/event_leaf.hpp"
#include "app/server/core/member_scanner.hpp"
#include "messages/event_check.hpp"

namespace spec_kitty::server {
namespace {

std::string hex_of(const sha256_digest& digest) {
  std::string text;
  for (const auto byte : digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

TEST(EventLeaf, IsTheHashOfTheMembersButStampAndTeam) {
  EXPECT_EQ(
      leaf_hasher().of(std::string_view(R"({"a":1,"lamport_clock":7,"b":"x","team_slug":"t"})")),
      sha256(R"("a":1,"b":"x")"));
  EXPECT_EQ(leaf_hasher().of(std::string_view(R"({"team_slug":"t","lamport_clock":7})")),
            sha256(""));
  EXPECT_EQ(leaf_hasher().of(std::string_view(R"({ "a" : [1, 2] , "b":{"lamport_clock": 1} })")),
            sha256(R"("a":[1, 2],"b":{"lamport_clock": 1})"));
  EXPECT_EQ(hex_of(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(EventLeaf, IsTheSameByTheCheckingPassWhereverTheTwoMembersStand) {
  const std::string rest =
      R"("event_type":"WPStatusChanged","aggregate_id":"WP01","aggregate_type":"WorkPackage",)"
      R"("payload":{"wp_id":"WP01","previous_status":"planned","new_status":"doing"},)"
      R"("timestamp":"2026-02-03T04:05:06Z","node_id":"0123456789ab","event_id":")" +
      id_of(1) + '"';
  const std::string clock = R"("lamport_clock":7)";
  const std::string team = R"("team_slug":"acme")";
  std::string half = rest;
  half.insert(rest.find(",\"payload\""), "," + team);
  for (const std::string& text :
       {"{" + clock + "," + team + "," + rest + "}", "{" + rest + "," + team + "," + clock + "}",
        "{" + clock + "," + rest + "," + team + "}", "{" + half + "," + clock + "}"}) {
    plain_event found;
    ASSERT_TRUE(check_plain_event(text, found)) << text;
    EXPECT_EQ(leaf_hasher().of(found), leaf_hasher().of(std::string_view(text))) << text;
    EXPECT_EQ(leaf_hasher().of(found), sha256(rest)) << text;
  }
}

TEST(EventLeaf, CutsMembersOfAnyWriting) {
  member_scanner members("{ \"a\\\"b\" : [ \"]\" , {} ] ,\"c\":-1.5e3 , \"d\":\"x,y\" }");
  ASSERT_TRUE(members.open());
  std::string all;
  while (const auto member = members.next())
    all.append(member->key).append("=").append(member->value).append(";");
  EXPECT_FALSE(members.failed());
  EXPECT_EQ(all, "\"a\\\"b\"=[ \"]\" , {} ];\"c\"=-1.5e3;\"d\"=\"x,y\";");
}

} // namespace
} // namespace spec_kitty::server
