// The server's configuration: every layer with its origin, and what is refused before anything
// listens.
#include "app/server/admin/server_settings.hpp"
#include "util/files.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace spec_kitty::server {
namespace {

struct ServerSettings : ::testing::Test {
  ~ServerSettings() override { ::unsetenv("SPEC_KITTY_SERVER_LIMITS_BATCH_EVENTS"); }

  void write(const std::string& text) { ASSERT_TRUE(replace_file(file(), text)); }
  std::string file() const { return (folder_.path() / "server.toml").string(); }
  result<server_settings> load(std::map<std::string, std::string, std::less<>> flags = {}) const {
    return server_settings::load({file(), std::move(flags)});
  }

  temporary_folder folder_;
};

TEST_F(ServerSettings, EachLayerOverridesTheOneBeforeAndIsNamed) {
  write("listen = \"127.0.0.1:1\"\n[limits]\nbatch_events = 7\nbody_bytes = 8192\n");
  ::setenv("SPEC_KITTY_SERVER_LIMITS_BATCH_EVENTS", "8", 1);
  const auto settings = load({{"limits.body_bytes", "9000"}});
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->text("listen"), "127.0.0.1:1");
  EXPECT_EQ(settings->at("listen").origin, "file");
  EXPECT_EQ(settings->number("limits.batch_events"), 8);
  EXPECT_EQ(settings->at("limits.batch_events").origin, "environment");
  EXPECT_EQ(settings->number("limits.body_bytes"), 9000);
  EXPECT_EQ(settings->at("limits.body_bytes").origin, "flag");
  EXPECT_EQ(settings->at("log.format").origin, "default");
}

// The machine may have a server in earnest, whose folder and file it leaves alone.
TEST_F(ServerSettings, AServerForTryingOutReadsNoFileThatWasNotNamed) {
  const auto unnamed = server_settings::load({{}, {}, true});
  ASSERT_TRUE(unnamed) << unnamed.error().message;
  EXPECT_EQ(unnamed->file(), "");
  write("[limits]\nbatch_events = 7\n");
  auto named = server_settings::load({{}, {{"state", folder_.path().string()}}, true});
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(named->file(), file());
  EXPECT_EQ(named->number("limits.batch_events"), 7);
  ASSERT_TRUE(named->for_trying_out({{"limits.batch_events", "9"}}, {}));
  EXPECT_EQ(named->number("limits.batch_events"), 9) << "its own option is stronger";
  EXPECT_EQ(named->text("listen"), "127.0.0.1:0");
  EXPECT_EQ(named->state(), folder_.path());
}

TEST_F(ServerSettings, AServerForTryingOutListensOnThisMachineAlone) {
  auto settings = server_settings::load({{}, {{"listen", "0.0.0.0:1"}}, true});
  ASSERT_TRUE(settings);
  EXPECT_FALSE(settings->for_trying_out({}, folder_.path().string()));
}

TEST_F(ServerSettings, AListIsWrittenInBothForms) {
  write("[proxy]\ntrusted = [\"10.0.0.1\", \"fd00::/8\"]\n");
  EXPECT_EQ(load()->list("proxy.trusted"), (std::vector<std::string>{"10.0.0.1", "fd00::/8"}));
  EXPECT_EQ(load({{"proxy.trusted", " 10.0.0.1 ,10.0.0.2,"}})->list("proxy.trusted"),
            (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
}

TEST_F(ServerSettings, ABadValueNamesFileLineKeyAndWhatIsAllowed) {
  write("\n[limits]\nbatch_events = 0\n");
  const auto refused = load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::bad_config);
  EXPECT_NE(refused.error().message.find(file() + ", line 3: limits.batch_events"),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(refused.error().hint, "give a whole number from 1 to 100000");
  write("[limits]\nbatch_events = \"7\"\n");
  EXPECT_NE(load().error().message.find("wrong type"), std::string::npos);
}

TEST_F(ServerSettings, AnUnknownKeyIsAWarning) {
  write("lisen = \"127.0.0.1:1\"\n");
  const auto settings = load();
  ASSERT_TRUE(settings);
  ASSERT_EQ(settings->warnings().size(), 1U);
  EXPECT_NE(settings->warnings()[0].find("lisen"), std::string::npos);
}

TEST_F(ServerSettings, AFileThatIsNamedMustExist) {
  EXPECT_NE(load().error().message.find("does not exist"), std::string::npos);
}

TEST_F(ServerSettings, BeyondLoopbackItNeedsTlsOrATrustedProxy) {
  write("");
  for (const char* open : {"0.0.0.0:8443", "[::]:8443", "192.168.1.2:80"})
    EXPECT_FALSE(check_server_settings(*load({{"listen", open}}))) << open;
  for (const char* closed : {"127.0.0.1:8443", "127.8.0.1:0", "[::1]:8443"})
    EXPECT_TRUE(check_server_settings(*load({{"listen", closed}}))) << closed;
  EXPECT_TRUE(
      check_server_settings(*load({{"listen", "0.0.0.0:80"}, {"proxy.trusted", "10.0.0.1"}})));
  EXPECT_TRUE(check_server_settings(
      *load({{"listen", "0.0.0.0:80"}, {"tls.certificate", "/a.pem"}, {"tls.key", "/b.pem"}})));
  const auto half = check_server_settings(*load({{"tls.certificate", "/a.pem"}}));
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().message, "tls.certificate is set, tls.key is not");
}

TEST_F(ServerSettings, AnAddressIsNumericWithAPort) {
  EXPECT_EQ(parse_listen_address("listen", "[::1]:8443")->address, "::1");
  EXPECT_EQ(parse_listen_address("listen", "10.0.0.1:65535")->port, 65535);
  for (const char* bad : {"", ":80", "localhost:80", "10.0.0.1", "10.0.0.1:65536", "::1:80",
                          "10.0.0.1:-1", "[10.0.0.1]:80", "10.0.0.1:80 "})
    EXPECT_FALSE(parse_listen_address("listen", bad)) << bad;
}

TEST_F(ServerSettings, AStoreThatThisVersionDoesNotHaveIsRefused) {
  write("store = \"postgresql://db\"\n");
  const auto refused = check_server_settings(*load());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("LMDB"), std::string::npos);
}

TEST(ServerSettingNames, EachKeyHasAVariableAndAFlag) {
  EXPECT_EQ(server_environment_name("tls.key"), "SPEC_KITTY_SERVER_TLS_KEY");
  EXPECT_EQ(server_flag_name("limits.team.events_per_second"), "--limits-team-events-per-second");
}

} // namespace
} // namespace spec_kitty::server
