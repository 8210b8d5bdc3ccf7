// What a person's terminal is sent: nothing of it obeys a file, a name or a peer.
#include "tests/support/cli_test.hpp"

#include <fstream>

namespace spec_kitty::support {
namespace {

constexpr const char* escape = "\x1b[2J";
constexpr const char* right_to_left = "\u202E";

struct Printing : cli_test {
  void configure(const std::string& text) const {
    std::filesystem::create_directory(home());
    std::filesystem::permissions(home(), std::filesystem::perms::owner_all);
    std::ofstream(home() / "config.toml") << text;
  }

  static void expect_harmless(const std::string& text) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find(right_to_left), std::string::npos) << text;
  }
};

TEST_F(Printing, NoNameReachesTheTerminalAsItIs) {
  const std::string place = (root() / (std::string("a") + escape + right_to_left + "\nb")).string();
  for (const words& command :
       {words{"sync", "status"}, words{"sync", "doctor"}, words{"events", "list"},
        words{"config", "get", escape}, words{"events", "show", right_to_left}, words{escape}}) {
    auto what = command;
    what.insert(what.end(), {"--home", place});
    const auto done = cli(what);
    expect_harmless(done.out + done.err);
    EXPECT_EQ(done.out.find("\nb"), std::string::npos) << "a line break in a name: " << done.out;
  }
}

TEST_F(Printing, WarningsWithoutEndAreCounted) {
  std::string text;
  for (int number = 0; number < 20000; ++number)
    text += "a" + std::to_string(number) + "=1\n";
  configure(text + "\"" + "\\u001b[2J\" = 1\n");
  const auto done = cli({"config", "get", "sync.interval_s"});
  EXPECT_EQ(done.status, 0);
  EXPECT_LT(lines_of(done.err).size(), 10U);
  EXPECT_NE(done.err.find("and 19996 more remarks on the configuration"), std::string::npos)
      << done.err;
  expect_harmless(done.err);
}

TEST_F(Printing, ACommandThatCannotBeShownSafelyIsLeftOutOfEveryForm) {
  const auto place = root() / (std::string("a") + right_to_left + "b");
  std::filesystem::create_directory(place);
  std::ofstream(place / "config.toml") << "not toml";
  const auto shown = cli({"sync", "doctor", "--home", place.string()});
  EXPECT_NE(shown.out.find("the command is left out"), std::string::npos) << shown.out;
  expect_harmless(shown.out + shown.err);
  const auto report = json_of({"sync", "doctor", "--home", place.string()}, 1);
  bool found = false;
  for (const auto& finding : member(report, "findings")->GetArray())
    if (text_of(finding, "message").value_or("").find("config.toml") != std::string::npos) {
      found = true;
      const auto remedy = text_of(finding, "remedy").value_or("");
      EXPECT_NE(remedy.find("left out"), std::string::npos) << remedy;
    }
  EXPECT_TRUE(found) << to_text(report);
}

TEST_F(Printing, JsonOnATerminalIsEscapedAndTheSameElsewhere) {
  const std::string payload = R"({"wp_id":"WP01","entry_type":"note","entry_content":")" +
                              std::string(right_to_left) + R"("})";
  ASSERT_EQ(cli({"emit", "HistoryAdded", "--payload", payload}).status, 0);
  const auto piped = cli({"events", "export"});
  EXPECT_NE(piped.out.find(right_to_left), std::string::npos);
  auto what = command({"events", "export"});
  what.argv.insert(what.argv.begin(), {"/usr/bin/python3", "-c",
                                       "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))"});
  const auto on_terminal = run(what);
  expect_harmless(on_terminal.out);
  EXPECT_NE(on_terminal.out.find("\\u202e"), std::string::npos) << on_terminal.out;
}

} // namespace
} // namespace spec_kitty::support
