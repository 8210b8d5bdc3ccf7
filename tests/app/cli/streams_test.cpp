// What scripts rely on: one JSON object in one line, words on stderr, the exit statuses.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct Streams : cli_test {};

const std::vector<words> wrong_usage = {
    {},
    {"teleport"},
    {"sync"},
    {"sync", "teleport"},
    {"emit"},
    {"emit", "WPCreated", "--stdin"},
    {"emit", "WPCreated", "another"},
    {"emit", "WPCreated", "--colour", "red"},
    {"events", "list", "--state", "lost"},
    {"events", "list", "--limit", "many"},
    {"events", "list", "--limit", "-1"},
    {"events", "show"},
    {"config", "get"},
    {"config", "set", "sync.timeout_s"},
    {"auth", "login", "--password", "x"},
    {"sync", "now", "--home"},
};

TEST_F(Streams, WrongUsageIsStatusTwoInBothForms) {
  for (const auto& command : wrong_usage) {
    const auto in_words = cli(command);
    EXPECT_EQ(in_words.status, 2) << in_words.err;
    EXPECT_EQ(in_words.out, "");
    EXPECT_TRUE(in_words.err.starts_with("error: ")) << in_words.err;
    EXPECT_NE(in_words.err.find("--help"), std::string::npos) << in_words.err;
    words with_json = command;
    with_json.insert(with_json.begin(), "--json");
    const auto done = cli(with_json);
    EXPECT_EQ(done.status, 2);
    EXPECT_EQ(error_part(only_object(done), "code"), "usage");
    EXPECT_EQ(done.err, "");
  }
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(Streams, AWordThatIsNoCommandIsNamed) {
  EXPECT_NE(cli({"teleport"}).err.find("teleport"), std::string::npos);
  EXPECT_NE(cli({"sync", "teleport"}).err.find("teleport"), std::string::npos);
}

TEST_F(Streams, JsonIsOneLineWhateverTheColumns) {
  emit(3);
  const std::vector<words> commands = {
      {"sync", "status"}, {"events", "list"}, {"events", "stats"},
      {"clock", "show"},  {"auth", "status"}, {"config", "list"},
      {"sync", "server"}, {"sync", "now"},    {"events", "show", "x"}};
  for (auto command : commands) {
    command.emplace_back("--json");
    std::set<std::string> shapes;
    for (const char* columns : {"1", "20", "80", "0", "-5", "wide"}) {
      env["COLUMNS"] = columns;
      const auto done = cli(command);
      (void)only_object(done);
      EXPECT_EQ(done.err, "");
      shapes.insert(std::to_string(done.status) + std::to_string(lines_of(done.out).size()));
    }
    EXPECT_EQ(shapes.size(), 1U);
  }
}

TEST_F(Streams, WordsAreTheSameWhateverTheColumns) {
  emit(3);
  env["COLUMNS"] = "20";
  const auto narrow = cli({"events", "list"});
  const auto help = cli({"emit", "--help"});
  env["COLUMNS"] = "500";
  EXPECT_EQ(cli({"events", "list"}).out, narrow.out);
  EXPECT_EQ(cli({"emit", "--help"}).out, help.out);
}

TEST_F(Streams, GlobalOptionsStandBeforeOrAfterTheCommand) {
  for (const words& command : {words{"--json", "clock", "show"}, words{"clock", "--json", "show"},
                               words{"clock", "show", "--json"},
                               words{"--json", "--quiet", "clock", "show", "--no-color"}})
    (void)only_object(cli(command));
}

TEST_F(Streams, HelpAndVersionAreStatusZeroForEveryCommand) {
  EXPECT_TRUE(cli({"--version"}).out.starts_with("spec-kitty "));
  for (words command : {words{}, words{"emit"}, words{"events"}, words{"events", "list"},
                        words{"events", "show"}, words{"events", "export"},
                        words{"events", "stats"}, words{"clock", "show"}, words{"auth", "login"},
                        words{"auth", "logout"}, words{"auth", "status"}, words{"sync", "now"},
                        words{"sync", "status"}, words{"sync", "server"}, words{"config", "list"},
                        words{"config", "get"}, words{"config", "set"}, words{"dev-server"}}) {
    command.emplace_back("--help");
    const auto done = cli(command);
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_NE(done.out.find("Usage:"), std::string::npos) << done.out;
    EXPECT_EQ(done.err, "");
  }
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(Streams, NoColourCodesWithoutATerminal) {
  logged_in();
  emit(2);
  for (const words& command : {words{"sync", "now"}, words{"sync", "status"}}) {
    const auto done = cli(command);
    EXPECT_EQ((done.out + done.err).find('\033'), std::string::npos);
    EXPECT_EQ(done.out.find('\r'), std::string::npos);
  }
}

TEST_F(Streams, AClosedStdoutIsAFailureAndNoDeath) {
  emit();
  const auto done = run([this] {
    auto what = command({"events", "export"});
    what.argv.insert(what.argv.begin(), {"/bin/sh", "-c", "exec \"$0\" \"$@\" >/dev/full"});
    return what;
  }());
  EXPECT_EQ(done.status, 1);
  EXPECT_EQ(done.signal, 0);
}

TEST_F(Streams, AHomeWithoutANameIsRefused) {
  EXPECT_EQ(error_part(json_of({"sync", "status", "--home", ""}, 1), "code"), "bad_input");
  env["SPEC_KITTY_HOME"] = "";
  EXPECT_EQ(error_part(json_of({"sync", "status"}, 1), "code"), "bad_input");
}

} // namespace
} // namespace spec_kitty::support
