// The link of one use that init prints, as a browser follows it.
#include "tests/app/server/program/program_fixture.hpp"

namespace spec_kitty::support {
namespace {

struct Link : server_program {
  void SetUp() override {
    const auto made = json_of({"init", "--team", "alpha", "--admin", "ann"});
    const auto link = text_of(made, "password_link").value_or("");
    ASSERT_NE(link.find("/link/"), std::string::npos);
    path = link.substr(link.find("/link/"));
    start();
  }
  std::string post(const std::string& body, const std::string& headers = {}) const {
    return exchange(port(), "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" +
                                std::to_string(port()) + "\r\nConnection: close\r\n" + headers +
                                "Content-Type: application/x-www-form-urlencoded\r\n"
                                "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string form_token() const {
    const auto page = get(path);
    const std::string mark = "name=\"form_token\" value=\"";
    const auto at = page.find(mark);
    return at == std::string::npos
               ? std::string()
               : page.substr(at + mark.size(), page.find('"', at + mark.size()) - at - mark.size());
  }
  bool can_log_in(const std::string& with) const {
    const std::string body = R"({"username":"ann","password":")" + with + R"("})";
    return exchange(port(),
                    "POST /api/v1/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                    "Content-Type: application/json\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body)
        .starts_with("HTTP/1.1 200");
  }

  std::string path;
};

TEST_F(Link, SetsThePasswordOnceAndLookingUsesNothingUp) {
  const auto page = get(path);
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200")) << page;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("no-store"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  const auto done =
      post("form_token=" + form_token() + "&password=a+long+password&again=a+long+password");
  EXPECT_TRUE(done.starts_with("HTTP/1.1 200")) << done;
  EXPECT_TRUE(can_log_in("a long password"));
  EXPECT_TRUE(get(path).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(post("form_token=x&password=another+password&again=another+password")
                  .starts_with("HTTP/1.1 404"));
}

TEST_F(Link, AFormFromElsewhereOrWithoutItsTokenIsRefused) {
  const auto token = form_token();
  const std::string body = "&password=a+long+password&again=a+long+password";
  EXPECT_TRUE(post("form_token=wrong" + body).starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(post(body.substr(1)).starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(post("form_token=" + token + body, "Origin: https://evil.example\r\n")
                  .starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(post("form_token=" + token + body, "Sec-Fetch-Site: cross-site\r\n")
                  .starts_with("HTTP/1.1 403"));
  EXPECT_FALSE(can_log_in("a long password"));
  EXPECT_TRUE(post("form_token=" + token + body, "Sec-Fetch-Site: same-origin\r\n")
                  .starts_with("HTTP/1.1 200"));
}

TEST_F(Link, PasswordsThatDifferOrAreTooShortAreRefusedWithTheForm) {
  const auto token = form_token();
  const auto differ = post("form_token=" + token + "&password=a+long+password&again=another+one");
  EXPECT_TRUE(differ.starts_with("HTTP/1.1 400"));
  EXPECT_NE(differ.find("differ"), std::string::npos);
  EXPECT_TRUE(
      post("form_token=" + token + "&password=short&again=short").starts_with("HTTP/1.1 400"));
}

TEST_F(Link, OneThatNeverWasReadsAsOneThatWasUsed) {
  const auto never = get("/link/" + std::string(43, 'A'));
  EXPECT_TRUE(never.starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(get("/link/short").starts_with("HTTP/1.1 404"));
  (void)post("form_token=" + form_token() + "&password=a+long+password&again=a+long+password");
  const auto used = get(path);
  const auto body_of = [](const std::string& reply) {
    return reply.substr(reply.find("\r\n\r\n"));
  };
  EXPECT_EQ(body_of(used), body_of(never));
}

} // namespace
} // namespace spec_kitty::support
