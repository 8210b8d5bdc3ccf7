// What the pages make of bytes from outside.
#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"
#include "app/server/pages/pages.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server {
namespace {

TEST(FormField, IsDecodedAndFoundOnce) {
  EXPECT_EQ(form_field("a=1&password=p%40ss+w%C3%B6rd&b=2", "password"), "p@ss w\xC3\xB6rd");
  EXPECT_EQ(form_field("password=", "password"), "");
  EXPECT_EQ(form_field("", "password"), std::nullopt);
  EXPECT_EQ(form_field("password", "password"), std::nullopt);
  EXPECT_EQ(form_field("xpassword=1&passwordx=2", "password"), std::nullopt);
  EXPECT_EQ(form_field("password=1&password=2", "password"), std::nullopt) << "which one counts?";
}

TEST(FormField, ABadEncodingIsRefused) {
  for (const char* bad : {"p=%", "p=%4", "p=%zz", "p=a%2"})
    EXPECT_EQ(form_field(bad, "p"), std::nullopt) << bad;
}

TEST(LinkSecrets, AreNotInALineOfTheLog) {
  EXPECT_EQ(without_link_secrets("at GET /link/abc-_9 200 1ms from=::1"),
            "at GET /link/… 200 1ms from=::1");
  EXPECT_EQ(without_link_secrets(R"({"path":"/link/abc","status":404})"),
            R"({"path":"/link/…","status":404})");
  EXPECT_EQ(without_link_secrets("GET /link/abc/link/def"), "GET /link/…");
  EXPECT_EQ(without_link_secrets("GET /api/v1/ 200"), "GET /api/v1/ 200");
}

TEST(HtmlText, HasNoCharacterOfATag) {
  EXPECT_EQ(html_text("<b a=\"1\">'&'</b>"), "&lt;b a=&quot;1&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;");
}

TEST(QueryText, IsReadBackAsItWas) {
  const std::string odd = "/device?user_code=BCDF-GHJK&x=\xC3\xB6 +%";
  EXPECT_EQ(form_field("next=" + query_text(odd), "next"), odd);
}

TEST(SafePath, StaysOnThisServer) {
  EXPECT_EQ(safe_path("/device?user_code=BCDF-GHJK"), "/device?user_code=BCDF-GHJK");
  for (const char* elsewhere : {"", "//evil.example", "/\\evil.example", "https://evil.example",
                                "javascript:alert(1)", "/a b", "/a\r\nSet-Cookie: x=y", "device"})
    EXPECT_EQ(safe_path(elsewhere), account_path) << elsewhere;
}

listener::inbound_request request_with(std::vector<listener::header_field> headers) {
  listener::inbound_request request;
  request.headers = std::move(headers);
  return request;
}

TEST(OwnHost, IsThatOfThePublicUrl) {
  const struct {
    const char* host;
    const char* url;
    bool own;
  } cases[] = {
      {"kitty.example", "https://kitty.example", true},
      {"KITTY.example:443", "https://kitty.example", true},
      {"kitty.example:8443", "https://kitty.example", false},
      {"evil.example", "https://kitty.example", false},
      {"kitty.example@evil.example", "https://kitty.example", false},
      {"127.0.0.1:8443", "http://127.0.0.1:8443", true},
      {"localhost:8443", "http://127.0.0.1:8443", true},
      {"[::1]:8443", "http://127.0.0.1:8443", true},
      {"rebound.example:8443", "http://127.0.0.1:8443", false},
      {"127.0.0.1", "http://127.0.0.1:8443", false},
      {"", "https://kitty.example", false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(has_own_host(request_with({{"host", c.host}}), c.url), c.own) << c.host;
  EXPECT_FALSE(has_own_host(request_with({}), "https://kitty.example"));
  EXPECT_FALSE(has_own_host(request_with({{"host", "kitty.example"}, {"host", "kitty.example"}}),
                            "https://kitty.example"));
}

TEST(OwnSite, IsSaidByTheBrowser) {
  const std::string url = "https://kitty.example";
  const listener::header_field host{"host", "kitty.example"};
  EXPECT_TRUE(is_from_this_site(request_with({host}), url));
  EXPECT_TRUE(is_from_this_site(
      request_with({host, {"origin", url}, {"sec-fetch-site", "same-origin"}}), url));
  for (const char* origin : {"https://evil.example", "null", "http://kitty.example",
                             "https://kitty.example.evil.example", "https://kitty.example/x"})
    EXPECT_FALSE(is_from_this_site(request_with({host, {"origin", origin}}), url)) << origin;
  for (const char* site : {"cross-site", "same-site"})
    EXPECT_FALSE(is_from_this_site(request_with({host, {"sec-fetch-site", site}}), url)) << site;
  EXPECT_TRUE(may_open_by_cookie(request_with({host, {"origin", url}}), url));
  EXPECT_FALSE(may_open_by_cookie(request_with({host}), url))
      << "without an origin it is not a browser's";
  EXPECT_FALSE(may_open_by_cookie(request_with({host, {"origin", "null"}}), url));
}

} // namespace
} // namespace spec_kitty::server
