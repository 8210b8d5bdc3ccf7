// The pages for people, as a browser asks for them.
#include "tests/app/server/program/page_client.hpp"

#include <thread>

namespace spec_kitty::support {
namespace {

using namespace std::chrono_literals;

bool is_status(const std::string& reply, int status) {
  return reply.starts_with("HTTP/1.1 " + std::to_string(status));
}

struct Pages : server_program {
  void SetUp() override {
    init();
    start();
  }
  /// A call of the API, and its JSON body.
  json_document call(const std::string& path, const std::string& body) const {
    const auto reply =
        exchange(port(), "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                             "Content-Type: application/json\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body);
    return parsed(reply.substr(reply.find("\r\n\r\n") + 4));
  }
  json_document begin_device_login(const std::string& more = "") const {
    return call("/api/v1/device/code", R"({"client":"test <b>1</b>","host":"laptop")" + more + "}");
  }
  json_document ask_device_login(const json_document& code) const {
    return call("/api/v1/device/token",
                R"({"device_code":")" + text_of(code, "device_code").value_or("") + "\"}");
  }
};

TEST_F(Pages, ASignInLeadsWhereThePersonWantedToGo) {
  page_client browser(port());
  const auto form = browser.get("/device?user_code=BCDF-GHJK");
  EXPECT_NE(form.find("<h1>Sign in</h1>"), std::string::npos) << form;
  EXPECT_EQ(form.find("<script"), std::string::npos);
  const auto wrong = browser.post("/login", {{"username", "ann"}, {"password", "not this one"}});
  EXPECT_TRUE(is_status(wrong, 401)) << wrong;
  EXPECT_NE(wrong.find("role=\"alert\""), std::string::npos);
  const auto page = browser.sign_in("ann", password, "/device");
  EXPECT_NE(page.find("Log in a device"), std::string::npos) << page;
  EXPECT_NE(browser.get("/account").find("Signed in as ann"), std::string::npos);
}

TEST_F(Pages, TheCookieIsOutOfReachOfScriptsAndOtherSites) {
  const auto reply =
      exchange(port(), "GET /login HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port()) +
                           "\r\nConnection: close\r\n\r\n");
  const auto cookie = between(reply, "Set-Cookie: ", "\r\n");
  EXPECT_TRUE(cookie.starts_with("__Host-spec-kitty=")) << reply;
  for (const char* part : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"})
    EXPECT_NE(cookie.find(part), std::string::npos) << part;
  EXPECT_NE(reply.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(reply.find("frame-ancestors 'none'"), std::string::npos);
}

TEST_F(Pages, AnotherHostSiteOrFormIsRefused) {
  const auto foreign =
      exchange(port(), "GET /login HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(is_status(foreign, 421)) << foreign;
  page_client browser(port());
  (void)browser.sign_in("ann", password);
  browser.origin = "https://evil.example";
  EXPECT_TRUE(is_status(browser.post("/account", {{"action", "end_others"}}), 403));
  browser.origin.clear();
  EXPECT_TRUE(
      is_status(browser.post("/account", {{"action", "end_others"}, {"form_token", "x"}}), 403));
  EXPECT_TRUE(is_status(browser.post("/account", {{"action", "end_others"}}), 200));
  page_client other(port());
  (void)other.get("/login");
  EXPECT_TRUE(is_status(
      other.post("/login",
                 {{"username", "ann"}, {"password", password}, {"form_token", browser.form_token}}),
      403))
      << "a token of another browser";
}

TEST_F(Pages, ADeviceIsApprovedOnce) {
  const auto code = begin_device_login();
  const auto shown = text_of(code, "user_code").value_or("");
  EXPECT_EQ(text_of(code, "verification_uri").value_or(""), url + "/device");
  EXPECT_EQ(text_of(ask_device_login(code), "error").value_or(""), "authorization_pending");
  EXPECT_EQ(text_of(ask_device_login(code), "error").value_or(""), "slow_down");
  page_client browser(port());
  const auto page = browser.sign_in("ann", password, "/device?user_code=" + shown);
  for (const char* words : {"laptop", "test &lt;b&gt;1&lt;/b&gt;", "127.0.0.1", "alpha", "admin",
                            "only if you started this just now"})
    EXPECT_NE(page.find(words), std::string::npos) << words << "\n" << page;
  const std::map<std::string, std::string> approval = {
      {"user_code", shown}, {"team", "alpha"}, {"decision", "approve"}};
  EXPECT_NE(browser.post("/device", approval).find("<h1>Approved</h1>"), std::string::npos);
  EXPECT_TRUE(is_status(browser.post("/device", approval), 404)) << "a code is good for one";
  const auto session = ask_device_login(code);
  EXPECT_EQ(text_of(session, "team_slug").value_or(""), "alpha");
  const auto again = ask_device_login(code);
  EXPECT_EQ(text_of(again, "refresh").value_or("?"), text_of(session, "refresh").value_or("-"))
      << "the reply was lost";
  EXPECT_TRUE(text_of(call("/api/v1/token/refresh/",
                           R"({"refresh":")" + text_of(session, "refresh").value_or("") + "\"}"),
                      "access"));
  EXPECT_EQ(text_of(ask_device_login(code), "error").value_or(""), "expired_token")
      << "its token was used";
}

TEST_F(Pages, ADeviceIsDeniedOrIsNotForThisTeam) {
  page_client browser(port());
  (void)browser.sign_in("ann", password);
  const auto denied = begin_device_login();
  (void)browser.post(
      "/device", {{"user_code", text_of(denied, "user_code").value_or("")}, {"decision", "deny"}});
  EXPECT_EQ(text_of(ask_device_login(denied), "error").value_or(""), "access_denied");
  const auto foreign = begin_device_login(R"(,"team_slug":"beta")");
  const auto shown = text_of(foreign, "user_code").value_or("");
  const auto page = browser.get("/device?user_code=" + shown);
  EXPECT_NE(page.find("You are not in the team beta"), std::string::npos) << page;
  (void)browser.post("/device", {{"user_code", shown}, {"team", "alpha"}, {"decision", "approve"}});
  EXPECT_EQ(text_of(ask_device_login(foreign), "error").value_or(""), "authorization_pending");
}

TEST_F(Pages, GuessedCodesAreCounted) {
  page_client browser(port());
  (void)browser.sign_in("ann", password);
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(is_status(browser.get("/device?user_code=BCDF-GHJK"), 404)) << i;
  EXPECT_TRUE(is_status(browser.get("/device?user_code=BCDF-GHJK"), 429));
}

TEST_F(Pages, OpenCodesAreBoundedForAnAddress) {
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(text_of(begin_device_login(), "device_code")) << i;
  EXPECT_EQ(text_of(begin_device_login(), "error_code").value_or(""), "too_many_codes");
}

TEST_F(Pages, TheAccountEndsItsOwnSessionsAndTokens) {
  const auto token =
      json_of({"token", "create", "--user", "ann", "--team", "alpha", "--name", "build <machine>"});
  const auto login =
      call("/api/v1/token/", R"({"username":"ann","password":")" + std::string(password) + "\"}");
  page_client browser(port());
  const auto page = browser.sign_in("ann", password);
  EXPECT_NE(page.find("build &lt;machine&gt;"), std::string::npos) << page;
  const auto id = text_of(token, "id").value_or("");
  EXPECT_NE(browser.post("/account", {{"action", "revoke_token"}, {"id", id}})
                .find("The token is revoked"),
            std::string::npos);
  (void)browser.post("/account", {{"action", "end_others"}});
  EXPECT_EQ(text_of(call("/api/v1/token/refresh/",
                         R"({"refresh":")" + text_of(login, "refresh").value_or("") + "\"}"),
                    "error_code")
                .value_or(""),
            "session_over");
  EXPECT_NE(browser.get("/account").find("this browser"), std::string::npos);
  const auto own = between(browser.get("/account"), "name=\"id\" value=\"", "\"");
  const auto out = browser.post("/account", {{"action", "end_session"}, {"id", own}});
  EXPECT_NE(out.find("<h1>Sign in</h1>"), std::string::npos) << out;
}

TEST_F(Pages, AnInviteMakesAMemberOnce) {
  const auto invite = json_of({"invite", "create", "--team", "alpha", "--role", "reader"});
  const auto link = text_of(invite, "link").value_or("");
  const auto path = link.substr(link.find("/link/"));
  page_client browser(port());
  const auto page = browser.get(path);
  EXPECT_NE(page.find("invited to the team alpha, as reader"), std::string::npos) << page;
  const auto join = [&](const std::string& name) {
    return browser.post(
        path, {{"username", name}, {"password", "a long password"}, {"again", "a long password"}});
  };
  EXPECT_TRUE(is_status(join("ann"), 400)) << "the name is taken, and the link stays good";
  EXPECT_TRUE(is_status(join("two words"), 400));
  EXPECT_TRUE(is_status(join("bob"), 200));
  EXPECT_TRUE(is_status(join("carl"), 404)) << "it was used";
  const auto login = call("/api/v1/token/", R"({"username":"bob","password":"a long password"})");
  EXPECT_EQ(text_of(login, "role").value_or(""), "reader");
  const auto audit = command_done({"audit", "list"});
  EXPECT_NE(audit.out.find("invite.use"), std::string::npos) << audit.out;
  EXPECT_EQ(json_of({"invite", "create", "--team", "alpha", "--role", "reader", "--expires", "31d"},
                    1)["ok"]
                .GetBool(),
            false);
}

} // namespace
} // namespace spec_kitty::support
