#include "app/listener/bounds.hpp"
#include "app/listener/proxies.hpp"
#include "app/listener/request_rules.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::listener {
namespace {

address_bytes address(std::string_view text) {
  const auto parsed = parse_address(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(address_bytes{});
}

trusted_proxies trusting(const std::vector<std::string>& entries) {
  auto proxies = trusted_proxies::parse(entries);
  EXPECT_TRUE(proxies.ok());
  return *proxies;
}

TEST(Addresses, AreReadAndWrittenAlike) {
  for (const char* text : {"127.0.0.1", "::1", "2001:db8::1", "fe80::1"})
    EXPECT_EQ(format_address(address(text)), text);
  EXPECT_EQ(format_address(address("::ffff:10.0.0.1")), "10.0.0.1");
  EXPECT_EQ(format_address(address("[::1]")), "::1");
  EXPECT_EQ(format_address(address("fe80::1%eth0")), "fe80::1");
}

TEST(Addresses, AreNotNames) {
  using std::string_view_literals::operator""sv;
  for (const auto text : {""sv, "localhost"sv, "1.2.3"sv, "1.2.3.4.5"sv, "256.0.0.1"sv, "[::1"sv,
                          "unknown"sv, "10.0.0.1\0x"sv})
    EXPECT_FALSE(parse_address(text)) << text;
}

TEST(TrustedProxies, AreAddressesAndNetworks) {
  const auto proxies = trusting({"10.0.0.7", "192.168.0.0/16", "fd00::/8", " ::1 "});
  for (const char* inside : {"10.0.0.7", "192.168.255.1", "fd12::1", "::1", "::ffff:10.0.0.7"})
    EXPECT_TRUE(proxies.contains(address(inside))) << inside;
  for (const char* outside : {"10.0.0.8", "192.169.0.1", "fe00::1", "127.0.0.1"})
    EXPECT_FALSE(proxies.contains(address(outside))) << outside;
  EXPECT_TRUE(trusting({"0.0.0.0/0"}).contains(address("8.8.8.8")));
  EXPECT_FALSE(trusting({"0.0.0.0/0"}).contains(address("2001:db8::1")));
}

TEST(TrustedProxies, NameTheEntryThatIsWrong) {
  for (const char* entry :
       {"proxy.example", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", ""}) {
    const auto parsed = trusted_proxies::parse({"10.0.0.1", entry});
    ASSERT_FALSE(parsed.ok()) << entry;
    EXPECT_EQ(parsed.error().code, ec::bad_config);
    EXPECT_NE(parsed.error().message.find("`" + std::string(entry) + "`"), std::string::npos);
  }
}

std::string client(const std::vector<std::string>& trusted, std::string_view peer,
                   const std::vector<std::string_view>& forwarded) {
  return format_address(trusting(trusted).client_of(address(peer), forwarded));
}

TEST(ForwardedFor, IsReadFromTheRightAsFarAsAddressesAreTrusted) {
  const std::vector<std::string> trusted = {"10.0.0.0/8"};
  EXPECT_EQ(client(trusted, "10.0.0.1", {"6.6.6.6, 1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(client(trusted, "10.0.0.1", {"6.6.6.6, 1.2.3.4, 10.0.0.2"}), "1.2.3.4");
  EXPECT_EQ(client(trusted, "10.0.0.1", {"6.6.6.6", "1.2.3.4", "10.0.0.2"}), "1.2.3.4");
  EXPECT_EQ(client(trusted, "10.0.0.1", {"10.0.0.3, 10.0.0.2"}), "10.0.0.3");
  EXPECT_EQ(client(trusted, "10.0.0.1", {"[2001:db8::1]:443"}), "2001:db8::1");
  EXPECT_EQ(client(trusted, "10.0.0.1", {"1.2.3.4:5000"}), "1.2.3.4");
}

TEST(ForwardedFor, OfOthersIsNotRead) {
  EXPECT_EQ(client({}, "1.2.3.4", {"5.6.7.8"}), "1.2.3.4");
  EXPECT_EQ(client({"10.0.0.0/8"}, "1.2.3.4", {"5.6.7.8"}), "1.2.3.4");
}

TEST(ForwardedFor, EndsAtWhatIsNotAnAddress) {
  EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", {"5.6.7.8, unknown"}), "10.0.0.1");
  EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", {"5.6.7.8, unknown, 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(client({"10.0.0.0/8"}, "10.0.0.1", {"5.6.7.8,,"}), "10.0.0.1");
}

TEST(Peer, IsSecureBehindAProxyThatSaysSo) {
  inbound_request request;
  request.headers = {{"x-forwarded-proto", "https"}, {"x-forwarded-for", "1.2.3.4"}};
  note_peer(request, address("10.0.0.1"), trusting({"10.0.0.1"}), false);
  EXPECT_TRUE(request.secure);
  EXPECT_EQ(request.peer, "1.2.3.4");
  EXPECT_EQ(request.connected_from, "10.0.0.1");
  note_peer(request, address("10.0.0.2"), trusting({"10.0.0.1"}), false);
  EXPECT_FALSE(request.secure);
  EXPECT_EQ(request.peer, "10.0.0.2");
}

TEST(ByteBudget, IsNeverExceededAndGivenBack) {
  const auto budget = std::make_shared<byte_budget>(100);
  {
    budget_share first(budget);
    budget_share second(budget);
    EXPECT_TRUE(first.grow_to(60));
    EXPECT_TRUE(first.grow_to(50));
    EXPECT_FALSE(second.grow_to(41));
    EXPECT_TRUE(second.grow_to(40));
    EXPECT_EQ(budget->taken(), 100U);
    EXPECT_FALSE(first.grow_to(static_cast<std::size_t>(-1)));
  }
  EXPECT_EQ(budget->taken(), 0U);
}

TEST(AddressCounts, BoundTheConnectionsOfEachAddress) {
  address_counts counts;
  EXPECT_TRUE(counts.add(address("1.2.3.4"), 2));
  EXPECT_TRUE(counts.add(address("1.2.3.4"), 2));
  EXPECT_FALSE(counts.add(address("1.2.3.4"), 2));
  EXPECT_TRUE(counts.add(address("1.2.3.5"), 2));
  counts.remove(address("1.2.3.4"));
  EXPECT_TRUE(counts.add(address("1.2.3.4"), 2));
}

TEST(BodyDeadline, FollowsTheLeastRateBetweenGraceAndTheWholeTime) {
  listener_limits limits;
  using std::chrono::milliseconds;
  EXPECT_EQ(body_deadline(0, limits), milliseconds(5'000));
  EXPECT_EQ(body_deadline(4 * 1024, limits), milliseconds(5'000));
  EXPECT_EQ(body_deadline(10 * 1024, limits), milliseconds(10'000));
  EXPECT_EQ(body_deadline(8 << 20, limits), milliseconds(30'000));
}

} // namespace
} // namespace spec_kitty::listener
