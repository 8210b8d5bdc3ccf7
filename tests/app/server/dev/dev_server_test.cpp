// spec-kitty dev-server as a process: its greeting, its state, its strictness from outside.
#include "tests/support/cli_test.hpp"
#include "tests/support/hostile.hpp"
#include "tests/support/own_mounts.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace spec_kitty::support {
namespace {

struct DevServer : cli_test {};

TEST_F(DevServer, GreetsInOneJsonLineWithUrlAndLogin) {
  child process(command({"dev-server", "--json"}));
  const auto line = process.next_line();
  ASSERT_TRUE(line);
  const auto greeting = parsed(*line);
  std::set<std::string> names;
  for (const auto& entry : greeting.GetObject())
    names.insert(entry.name.GetString());
  EXPECT_EQ(names, (std::set<std::string>{"url", "username", "password", "team_slug", "version"}));
  EXPECT_TRUE(text_of(greeting, "url").value_or("").starts_with("http://127.0.0.1:"));
  process.send(SIGTERM);
  EXPECT_EQ(process.wait().status, 0);
}

TEST_F(DevServer, JsonMayStandBeforeTheCommand) {
  child process(command({"--json", "dev-server"}));
  EXPECT_TRUE(parsed(process.next_line().value_or("null")).IsObject());
}

TEST_F(DevServer, TheGreetingSaysThatItIsForTryingOutAndHowToUseIt) {
  child process(command({"dev-server"}));
  ASSERT_TRUE(process.next_line());
  process.send(SIGINT);
  const auto done = process.wait();
  EXPECT_EQ(done.status, 0);
  for (const char* words : {"for trying out", "spec-kitty sync server http://127.0.0.1:",
                            "spec-kitty auth login --username dev", "password: "})
    EXPECT_NE(done.out.find(words), std::string::npos) << words;
}

TEST_F(DevServer, KeepsEventsAndSessionsOverAKill) {
  const auto& at = logged_in();
  emit(3);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
  const auto before = at.events();
  const auto url = at.url();
  const auto password = at.password();
  server->kill();
  server->restart();
  EXPECT_EQ(server->url(), url);
  EXPECT_EQ(server->password(), password);
  emit(2);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2) << "the session outlived the kill";
  EXPECT_EQ(server->events().size(), 5U);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), server->events().begin()));
}

TEST_F(DevServer, OfRootKeepsItsFolderWhereTheServiceHasAUser) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root";
  const auto users = root() / "users";
  std::ofstream(users) << std::ifstream("/etc/passwd").rdbuf()
                       << "spec-kitty-server:x:4242:4242::/nonexistent:/usr/sbin/nologin\n";
  if (!own_mounts() || ::mount(users.c_str(), "/etc/passwd", nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "needs a mount namespace";
  const auto state = root() / "state";
  child process(command({"dev-server", "--json", "--state", state.string()}));
  EXPECT_TRUE(process.next_line()) << "it greets";
  struct stat found {};
  ASSERT_EQ(::stat(state.c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 0U);
}

TEST_F(DevServer, ARelativeStateFolderBeginsWhereItIsTyped) {
  child process(command({"dev-server", "--json", "--state", "here"}));
  EXPECT_TRUE(process.next_line());
  EXPECT_TRUE(std::filesystem::is_directory(work() / "here"));
}

TEST_F(DevServer, OneStateFolderBelongsToOneServer) {
  server_set();
  const auto second = cli({"dev-server", "--state", (root() / "server").string()});
  EXPECT_EQ(second.status, 1);
  EXPECT_NE(second.err.find((root() / "server").string()), std::string::npos) << second.err;
}

TEST_F(DevServer, ATakenPortIsNamed) {
  server_set();
  const auto second = cli({"dev-server", "--port", std::to_string(server->port()), "--json"});
  EXPECT_EQ(second.status, 1);
  EXPECT_EQ(error_part(only_object(second), "code"), "already_running");
  EXPECT_NE(error_part(only_object(second), "message").find(std::to_string(server->port())),
            std::string::npos)
      << second.out;
}

TEST_F(DevServer, WrongOptionsAreStatusTwo) {
  for (const words& wrong :
       {words{"--port", "70000"}, words{"--team", "local"}, words{"--reject-type", "Nothing"},
        words{"--access-lifetime", "0"}, words{"--colour"}}) {
    words all = {"dev-server"};
    all.insert(all.end(), wrong.begin(), wrong.end());
    const auto done = cli(all);
    EXPECT_EQ(done.status, 2) << wrong.front();
    EXPECT_NE(done.err, "");
  }
}

TEST_F(DevServer, ATypeThatCannotBeAcceptedIsNamedWithTheFix) {
  write_text(work() / "good.json", R"({"required":["points"]})");
  write_text(work() / "bad.json", R"({"properties":{"points":{"const":3}}})");
  struct wrong_type {
    words options;
    const char* says;
  };
  for (const auto& [options, says] : std::vector<wrong_type>{
           {{"--accept-type", "SprintClosed=bad.json"}, "/properties/points/const"},
           {{"--accept-type", "SprintClosed=none.json"}, "cannot read none.json"},
           {{"--accept-type", "SprintClosed=."}, "cannot read ."},
           {{"--accept-type", "SprintClosed"}, "NAME=FILE"},
           {{"--accept-type", "WPCreated=good.json"},
            "the protocol already has a type of this name"},
           {{"--accept-type", "A=good.json", "--accept-type", "A=good.json"}, "already"},
           {{"--reject-type", "SprintClosed"}, "SprintClosed is not an event type"}}) {
    words all = {"dev-server"};
    all.insert(all.end(), options.begin(), options.end());
    const auto done = cli(all);
    EXPECT_EQ(done.status, 2) << options.back();
    EXPECT_NE(done.err.find(says), std::string::npos) << done.err;
  }
  child process(command({"dev-server", "--json", "--reject-type", "SprintClosed", "--accept-type",
                         "SprintClosed=good.json", "--accept-type", "B=good.json"}));
  EXPECT_TRUE(parsed(process.next_line().value_or("null")).IsObject()) << "whatever the order";
}

TEST_F(DevServer, ThePasswordOfTheEnvironmentIsUsedAndNotShownOnTheCommandLine) {
  auto what = command({"dev-server", "--json"});
  what.env["SPEC_KITTY_DEV_PASSWORD"] = "from-the-environment";
  child process(what);
  const auto greeting = parsed(process.next_line().value_or("null"));
  EXPECT_EQ(text_of(greeting, "password"), "from-the-environment");
  const std::string argv = read_text("/proc/" + std::to_string(process.pid()) + "/cmdline");
  EXPECT_NE(argv.find("spec-kitty-server"), std::string::npos);
  EXPECT_EQ(argv.find("from-the-environment"), std::string::npos);
}

TEST_F(DevServer, APasswordThatIsTooShortForAServerIsRefused) {
  auto what = command({"dev-server", "--json"});
  what.env["SPEC_KITTY_DEV_PASSWORD"] = "short";
  const auto done = run(what);
  EXPECT_EQ(done.status, 2);
  EXPECT_NE(done.out.find("SPEC_KITTY_DEV_PASSWORD"), std::string::npos) << done.out;
}

TEST_F(DevServer, AServerInEarnestTakesNoneOfItsOptions) {
  for (const words& option :
       {words{"--port", "0"}, words{"--ws-stall"}, words{"--pending-first", "1"},
        words{"--access-lifetime", "1"}, words{"--note-kept", "file"}}) {
    launch what;
    what.argv = {program_folder() + "/spec-kitty-server", "run"};
    what.argv.insert(what.argv.end(), option.begin(), option.end());
    const auto done = run(what);
    EXPECT_EQ(done.status, 2) << option.front();
    EXPECT_NE(done.err.find("--dev"), std::string::npos) << done.err;
  }
}

TEST_F(DevServer, KeepsNothingInTheTemporaryFolder) {
  {
    child process(command({"dev-server", "--json"}));
    ASSERT_TRUE(process.next_line());
    process.send(SIGTERM);
    EXPECT_EQ(process.wait().status, 0);
  }
  for (const auto& entry : std::filesystem::directory_iterator(root()))
    EXPECT_EQ(entry.path().filename().string().find("spec-kitty-dev-server-"), std::string::npos)
        << entry.path();
}

TEST_F(DevServer, OnlyNamesOfThisMachineAreServed) {
  server_set();
  const auto asked_as = [this](const std::string& host, const std::string& more = {}) {
    return support::exchange(server->port(), "GET /api/v1/ HTTP/1.1\r\nHost: " + host + "\r\n" +
                                                 more + "Connection: close\r\n\r\n")
        .substr(0, 12);
  };
  EXPECT_EQ(asked_as("localhost:1"), "HTTP/1.1 200");
  EXPECT_EQ(asked_as("evil.example"), "HTTP/1.1 421");
}

TEST_F(DevServer, PrintsEachRequestAsOneJsonLine) {
  logged_in();
  emit(2);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  const auto lines = server->stop();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(text_of(parsed(lines[0]), "path"), "/api/v1/token/");
  EXPECT_EQ(text_of(parsed(lines[1]), "path"), "/api/v1/");
  EXPECT_EQ(text_of(parsed(lines[2]), "path"), "/api/v1/events/batch/");
  EXPECT_EQ(number_in(parsed(lines[2]), {"events"}), 2);
  EXPECT_EQ(number_in(parsed(lines[2]), {"new"}), 2);
}

TEST_F(DevServer, RunsAlthoughTheConfigurationIsDamaged) {
  std::filesystem::create_directory(home());
  write_text(home() / "config.toml", "[sync");
  child process(command({"dev-server", "--json"}));
  EXPECT_TRUE(process.next_line());
}

} // namespace
} // namespace spec_kitty::support
