// Node ids: docs/protocol.md's SHA-256, checked against sha256sum.
#include "config/node_id.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

TEST(NodeId, OfTheDefaultHomeComesFromHostnameAndUserAlone) {
  // printf laptop:ana | sha256sum
  EXPECT_EQ(make_node_id({"laptop", "ana", true}, "anything"), "f2f98463f3e9");
  EXPECT_EQ(make_node_id({"laptop", "ana", true}, "else"), "f2f98463f3e9");
}

TEST(NodeId, OfAnotherHomeCountsItsRandomId) {
  // printf laptop:ana:HOME1 | sha256sum
  EXPECT_EQ(make_node_id({"laptop", "ana", false}, "HOME1"), "b848172e9e5c");
  EXPECT_NE(make_node_id({"laptop", "ana", false}, "HOME2"), "b848172e9e5c");
}

TEST(NodeId, EmptyNamesStillGiveTwelveHexDigits) {
  const auto id = make_node_id({"", "", true}, "");
  EXPECT_EQ(id.size(), 12U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
}

} // namespace
} // namespace spec_kitty
