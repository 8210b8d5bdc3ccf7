// Server URLs: which are taken, what a token is bound to, and what never goes in clear text.
#include "util/url.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty {
namespace {

std::string origin_of(std::string_view text) {
  const auto url = parse_server_url(text);
  return url ? url->origin() : "refused";
}

TEST(ServerUrl, IsTakenApart) {
  const auto url = parse_server_url("HTTPS://Sync.Example.COM:8443/Team/A/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "sync.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/Team/A");
  EXPECT_EQ(url->at("/api/v1/token/"), "https://sync.example.com:8443/Team/A/api/v1/token/");
}

TEST(ServerUrl, OriginAlwaysNamesThePort) {
  EXPECT_EQ(origin_of("https://example.com"), "https://example.com:443");
  EXPECT_EQ(origin_of("https://example.com:443/"), "https://example.com:443");
  EXPECT_EQ(origin_of("http://localhost"), "http://localhost:80");
  EXPECT_EQ(origin_of("http://[::1]:8080/x"), "http://[::1]:8080");
}

TEST(ServerUrl, OriginIsTheSameHoweverTheUrlIsWritten) {
  for (const char* text : {"https://Example.com", "https://example.com/", "HTTPS://EXAMPLE.COM:443",
                           "https://example.com/base", "https://example.com///"})
    EXPECT_EQ(origin_of(text), "https://example.com:443") << text;
}

TEST(ServerUrl, IsPlainHttpOnlyForThisMachine) {
  for (const char* text : {"http://127.0.0.1:1", "http://127.255.0.9", "http://localhost:80",
                           "http://LOCALHOST", "http://[::1]"})
    EXPECT_TRUE(parse_server_url(text)) << text;
  for (const char* text :
       {"http://example.com", "http://128.0.0.1", "http://127.0.0.1.example.com",
        "http://localhost.example.com", "http://[::2]", "http://[::1]example.com",
        "http://10.0.0.1", "http://127.0.0", "http://127.0.0.1.1", "http://127.0.0.",
        "http://127.0.0.256", "http://127..0.1", "http://[::ffff:127.0.0.1]", "http://0.0.0.0"}) {
    const auto url = parse_server_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ec::bad_url);
  }
}

TEST(ServerUrl, OctalOctetsAreAnotherMachine) {
  // Resolvers read a leading zero as octal: 0127.0.0.1 is 87.0.0.1.
  for (const char* text : {"http://0127.0.0.1", "http://127.0.0.010", "http://127.-0.0.1",
                           "http://127.+1.0.1", "http://0x7f.0.0.1"})
    EXPECT_FALSE(parse_server_url(text)) << text;
}

TEST(ServerUrl, RefusesWhatIsNoServer) {
  for (const char* text :
       {"", "example.com", "ftp://example.com", "https://", "https:///path", "https://:443",
        "https://example.com:0", "https://example.com:65536", "https://example.com:",
        "https://example.com:80x", "https://example.com:-1", "https://example.com?x=1",
        "https://example.com/#a", "https://exa mple.com", "https://example.com\r\nX: y",
        "https://example.com\\@other", "https://ex\"ample.com", "https://ex\xc3\xa4mple.com"}) {
    const auto url = parse_server_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ec::bad_url) << text;
    EXPECT_FALSE(url.error().hint.empty());
  }
}

TEST(ServerUrl, PasswordInAUrlIsRefusedWithoutShowingIt) {
  const auto url = parse_server_url("https://ann:s3cret@example.com");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().message.find("s3cret"), std::string::npos);
  EXPECT_EQ(url.error().message.find("ann"), std::string::npos);
}

TEST(LoopbackHost, IsKnownByNameAndNumber) {
  for (const char* host : {"localhost", "[::1]", "127.0.0.1", "127.1.2.3"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (const char* host : {"", "localhost.", "::1", "126.0.0.1", "127.1", "127", "1.127.0.0"})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

} // namespace
} // namespace spec_kitty
