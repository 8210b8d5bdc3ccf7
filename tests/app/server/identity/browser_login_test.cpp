// `auth login` on a terminal, and the person who approves it in a browser.
#include "tests/app/server/program/page_client.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

struct BrowserLogin : server_program {
  void SetUp() override {
    init();
    start();
    ASSERT_EQ(client({"sync", "server", url}).status, 0);
  }
  launch client_launch(words arguments) const {
    words argv = {program_folder() + "/spec-kitty", "--home", (root.path() / "home").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return {argv, env, root.path(), {}};
  }
  finished client(words arguments) const { return support::run(client_launch(arguments)); }
  /// The same on a terminal.
  launch on_terminal(words arguments) const {
    auto inner = client_launch(std::move(arguments));
    words argv = {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/on_terminal.py"};
    argv.insert(argv.end(), inner.argv.begin(), inner.argv.end());
    inner.argv = std::move(argv);
    return inner;
  }
  /// The code of the link that the command prints.
  static std::string code_from(child& command) {
    for (int lines = 0; lines < 20; ++lines) {
      const auto line = command.next_line();
      if (!line)
        break;
      if (auto code = between(*line, "user_code=", "\r"); !code.empty())
        return code.substr(0, 9);
    }
    ADD_FAILURE() << "no link was printed";
    return {};
  }
};

TEST_F(BrowserLogin, WaitsForAnApprovalAndLogsIn) {
  child login(on_terminal({"auth", "login"}));
  const auto code = code_from(login);
  page_client browser(port());
  const auto page = browser.sign_in("ann", password, "/device?user_code=" + code);
  EXPECT_NE(page.find("spec-kitty/"), std::string::npos) << page;
  const auto approved =
      browser.post("/device", {{"user_code", code}, {"team", "alpha"}, {"decision", "approve"}});
  EXPECT_NE(approved.find("<h1>Approved</h1>"), std::string::npos) << approved;
  const auto done = login.wait();
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  const auto status = client({"auth", "status"});
  EXPECT_EQ(status.status, 0) << status.out << status.err;
  EXPECT_NE(status.out.find("ann in the team alpha (admin)"), std::string::npos) << status.out;
}

TEST_F(BrowserLogin, ADenialIsARefusedLogin) {
  child login(on_terminal({"auth", "login"}));
  const auto code = code_from(login);
  page_client browser(port());
  (void)browser.sign_in("ann", password);
  (void)browser.post("/device", {{"user_code", code}, {"decision", "deny"}});
  const auto done = login.wait();
  EXPECT_EQ(done.status, 3) << done.out << done.err;
  EXPECT_EQ(client({"auth", "status"}).status, 3);
}

TEST_F(BrowserLogin, CtrlCLeavesEverythingAsItWas) {
  child login(on_terminal({"auth", "login"}));
  (void)code_from(login);
  login.send(SIGTERM); // the terminal is closed
  (void)login.wait();
  EXPECT_EQ(client({"auth", "status"}).status, 3);
  EXPECT_FALSE(std::filesystem::exists(root.path() / "home" / "credentials"));
}

TEST_F(BrowserLogin, IsNotUsedWhereAPasswordIsGiven) {
  auto given = on_terminal({"auth", "login", "--username", "ann"});
  given.env["SPEC_KITTY_PASSWORD"] = password;
  const auto done = support::run(given);
  EXPECT_EQ(done.status, 0) << done.out;
  EXPECT_EQ(done.out.find("/device"), std::string::npos) << done.out;
}

} // namespace
} // namespace spec_kitty::support
