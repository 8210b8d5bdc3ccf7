// The leaf of an event, against SHA-256 of what the rule says.
#include "app/server/store/leaf.hpp"
#include "util/sha256.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server::store::testing {
namespace {

std::string hex_leaf(std::string_view text) {
  leaf_hasher hasher;
  std::string out;
  for (const auto byte : hasher.of(text)) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

TEST(Leaf, IsOfTheMembersInTheirOrderJoinedByCommas) {
  EXPECT_EQ(hex_leaf(R"({"a":1,"b":{"c":[1,"}"]},"d":null})"),
            sha256_hex(R"("a":1,"b":{"c":[1,"}"]},"d":null)"));
  EXPECT_NE(hex_leaf(R"({"a":1,"b":2})"), hex_leaf(R"({"b":2,"a":1})"));
}

TEST(Leaf, LeavesOutStampAndTeam) {
  const auto leaf = sha256_hex(R"("event_id":"x","payload":{"team_slug":"in"})");
  for (const char* text :
       {R"({"event_id":"x","payload":{"team_slug":"in"}})",
        R"({"lamport_clock":7,"event_id":"x","payload":{"team_slug":"in"}})",
        R"({"event_id":"x","lamport_clock":70000,"payload":{"team_slug":"in"},"team_slug":"t"})",
        R"({"team_slug":"local","lamport_clock":1,"event_id":"x","payload":{"team_slug":"in"}})"})
    EXPECT_EQ(hex_leaf(text), leaf) << text;
}

TEST(Leaf, KnowsNoWhiteSpaceBetweenMembers) {
  EXPECT_EQ(hex_leaf(" { \"a\" : 1 ,\n\t\"lamport_clock\": 2, \"b\" : [1, 2] } "),
            sha256_hex("\"a\":1,\"b\":[1, 2]"));
}

TEST(Leaf, IsNotConfusedByQuotesAndEscapes) {
  EXPECT_EQ(hex_leaf(R"({"a":"\"lamport_clock\":1,","b\"":"\\"})"),
            sha256_hex(R"("a":"\"lamport_clock\":1,","b\"":"\\")"));
}

TEST(Leaf, OfBytesThatAreNotAnObjectIsThatOfAllOfThem) {
  for (const char* text : {"", "x", "[1]", R"({"a":1)", R"({"a":1}})", R"({"a")", R"({"a":"\)",
                           R"({"a":]})", R"({,})", R"({"a":1,,"b":2})", R"({"a":})"})
    EXPECT_EQ(hex_leaf(text), sha256_hex(text)) << text;
}

} // namespace
} // namespace spec_kitty::server::store::testing
