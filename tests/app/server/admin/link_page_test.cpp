// What the page behind a link makes of bytes from outside.
#include "app/server/admin/link_page.hpp"

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

} // namespace
} // namespace spec_kitty::server
