// Which proxy is on the way to a server, and what may be shown of it.
#include "config/proxy.hpp"

#include <gtest/gtest.h>

#include <map>

namespace spec_kitty {
namespace {

const server_url outside = *parse_server_url("https://sync.example.com");

std::string chosen(const std::string& setting, const std::map<std::string, std::string>& variables,
                   const server_url& server = outside) {
  return proxy_for(server, setting, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

TEST(Proxy, TheSettingCountsMoreThanTheEnvironmentAndNoneMeansNone) {
  EXPECT_EQ(chosen("", {}), "");
  EXPECT_EQ(chosen("", {{"https_proxy", "http://p:1"}}), "http://p:1");
  EXPECT_EQ(chosen("", {{"HTTPS_PROXY", "http://q:1"}, {"ALL_PROXY", "http://r:1"}}), "http://q:1");
  EXPECT_EQ(chosen("", {{"http_proxy", "http://p:1"}}), "") << "that one is for http";
  EXPECT_EQ(chosen("http://s:1", {{"https_proxy", "http://p:1"}, {"no_proxy", "*"}}), "http://s:1");
  EXPECT_EQ(chosen("none", {{"https_proxy", "http://p:1"}}), "");
}

TEST(Proxy, ThisMachineItselfIsNeverAskedThroughOne) {
  EXPECT_EQ(chosen("http://s:1", {{"all_proxy", "http://p:1"}},
                   *parse_server_url("http://127.0.0.1:8080")),
            "");
}

TEST(Proxy, NoProxyExemptsNamesTheirSubdomainsAndNetworks) {
  for (const char* list :
       {"example.com", ".example.com", "a.b, sync.example.com", "x,EXAMPLE.com", "*", " * "})
    EXPECT_TRUE(is_exempt_from_proxy(list, "sync.example.com")) << list;
  for (const char* list :
       {"", ",", "ample.com", "sync.example.com.evil", "10.0.0.0/8", ".", "com."})
    EXPECT_FALSE(is_exempt_from_proxy(list, "sync.example.com")) << list;
  EXPECT_TRUE(is_exempt_from_proxy("10.0.0.0/8", "10.9.8.7"));
  EXPECT_TRUE(is_exempt_from_proxy("192.168.1.0/25", "192.168.1.127"));
  EXPECT_FALSE(is_exempt_from_proxy("192.168.1.0/25", "192.168.1.128"));
  EXPECT_FALSE(is_exempt_from_proxy("192.168.1.0/99", "192.168.1.1"));
  EXPECT_TRUE(is_exempt_from_proxy("fd00::/8", "[fd12::1]"));
  EXPECT_TRUE(is_exempt_from_proxy("[::1]", "[::1]"));
  EXPECT_FALSE(is_exempt_from_proxy("0.1", "10.0.0.1")) << "no suffix of an address";
}

TEST(Proxy, IsTakenApartAndShownWithoutItsSecret) {
  const auto proxy = parse_proxy("http://ann:p%40ss%3a@Proxy.example.com:3128/");
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->shown(), "http://proxy.example.com:3128");
  EXPECT_EQ(percent_decoded(proxy->user), "ann");
  EXPECT_EQ(percent_decoded(proxy->password), "p@ss:");
  EXPECT_EQ(shown_proxy("http://ann:secret@p.example:3128"), "http://***@p.example:3128");
  EXPECT_EQ(shown_proxy("p.example:3128"), "http://p.example:3128");
  EXPECT_EQ(shown_proxy("http://ann:sec ret@p"), "(unreadable)");
  EXPECT_EQ(shown_proxy("none"), "none");
  EXPECT_EQ(parse_proxy("socks5://p")->port, 1080);
  EXPECT_EQ(parse_proxy("http://[::1]:8")->host, "[::1]");
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%zz%4"), "%zz%4");
}

TEST(Proxy, AValueOfTheSettingNamesHostAndPort) {
  for (const char* good : {"", "none", "http://p:3128", "http://a:b@p:3128", "http://[::1]:3128"})
    EXPECT_TRUE(check_proxy_setting(good)) << good;
  for (const char* bad : {"p:3128", "http://p", "http://a:b@p", "https://p:1", "socks5://p:1",
                          "http://:3128", "http://p:0", "http://p:99999", "http://p q:1"}) {
    const auto checked = check_proxy_setting(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().message.find("a:b"), std::string::npos);
  }
}

} // namespace
} // namespace spec_kitty
