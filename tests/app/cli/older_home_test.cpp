// The older Python tool's home: clock.json, credentials and config.toml as it wrote them, read in
// place by the real binary. Nothing is deleted, a second run changes nothing, tokens stay at home.
#include "config/credentials.hpp"
#include "tests/support/cli_test.hpp"
#include "util/timestamp.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

constexpr const char* older_config = "[sync]\n"
                                     "server_url = \"https://spec-kitty.example\"\n"
                                     "max_queue_size = 100000\n"
                                     "background_daemon = \"auto\"\n"
                                     "\n"
                                     "[sync.repo_defaults.\"org/shared\"]\n"
                                     "enabled = true\n"
                                     "\n"
                                     "[sync.repo_defaults.\"org/private\"]\n"
                                     "enabled = false\n";

struct OlderHome : cli_test {
  OlderHome() {
    env["SPEC_KITTY_HOME"] = older().string();
    fs::create_directory(older());
    fs::permissions(older(), fs::perms::owner_all);
  }

  /// The older tool knew no other place.
  fs::path older() const { return root() / "user" / ".spec-kitty"; }

  /// Runs Python as the older tool ran: `print(…)` of its own formula.
  std::string older_node_id() const {
    auto what = command({});
    what.argv = {"/usr/bin/python3", "-c",
                 "import getpass, hashlib, socket\n"
                 "raw = f'{socket.gethostname()}:{getpass.getuser()}'\n"
                 "print(hashlib.sha256(raw.encode()).hexdigest()[:12])"};
    return run(what).out.substr(0, 12);
  }

  std::string older_clock(std::uint64_t value, const std::string& node) const {
    std::string text = "{\n  \"value\": " + std::to_string(value) + ",\n  \"node_id\": \"" + node +
                       "\",\n  \"updated_at\": \"2025-11-05T08:15:30.123456+00:00\"\n}";
    write_text(older() / "clock.json", text);
    return text;
  }

  /// `datetime.isoformat()` without a zone.
  static std::string naive(std::int64_t seconds_from_now) {
    auto text = format_timestamp(wall_clock_now() + seconds_from_now * 1000000);
    text.pop_back(); // the Z
    return text;
  }

  void older_credentials(const credentials& session, const std::string& url,
                         const std::string& access_until, const std::string& refresh_until) const {
    write_text(older() / "credentials",
               "[tokens]\naccess = \"" + session.access + "\"\nrefresh = \"" + session.refresh +
                   "\"\naccess_expires_at = \"" + access_until + "\"\nrefresh_expires_at = \"" +
                   refresh_until + "\"\n\n[user]\nusername = \"" + session.username +
                   "\"\nteam_slug = \"" + session.team_slug + "\"\nfull_name = \"Ann Older\"\n" +
                   "\n[server]\nurl = \"" + url + "\"\n");
  }

  /// A session that the server knows, as the older tool would have stored it.
  credentials session_at_server() {
    logged_in();
    const auto session = read_credentials(older());
    EXPECT_TRUE(session && *session);
    return session && *session ? **session : credentials{};
  }

  std::vector<std::string> paths_asked() const {
    std::vector<std::string> paths;
    for (const auto& line : server->stop())
      paths.push_back(text_of(parsed(line), "path").value_or(""));
    return paths;
  }
};

TEST_F(OlderHome, ItsClockGoesOnUnderTheSameNode) {
  for (const char* name : {"LOGNAME", "USER"}) { // as getpass asks: LOGNAME comes first
    env[name] = name;
    fs::remove_all(older() / "queue");
    const std::string node = older_node_id();
    older_clock(41, node);
    const auto answer = json_of({"emit", "WPStatusChanged", "--payload", good_payload});
    const json_value* event = member(answer, "event");
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(text_of(*event, "node_id"), node);
    EXPECT_GT(number_in(*event, {"lamport_clock"}), 41);
  }
  EXPECT_EQ(cli({"clock", "show"}).err, "") << "there is no conflict";
}

TEST_F(OlderHome, AClockOfAnotherNodeIsNamedKeptAndLeftBehind) {
  const auto before = older_clock(500, "0123456789ab");
  const auto answer = json_of({"emit", "WPStatusChanged", "--payload", good_payload});
  const json_value* event = member(answer, "event");
  ASSERT_NE(event, nullptr);
  EXPECT_NE(text_of(*event, "node_id"), "0123456789ab") << "two nodes under one name";
  EXPECT_GT(number_in(*event, {"lamport_clock"}), 500)
      << "it comes after what the older one counted";
  EXPECT_EQ(read_text(older() / "clock.json.0123456789ab"), before);

  emit(3);
  EXPECT_EQ(read_text(older() / "clock.json.0123456789ab"), before);
  const auto shown = cli({"clock", "show"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_NE(shown.err.find("0123456789ab at 500"), std::string::npos) << shown.err;
  EXPECT_NE(shown.err.find(*text_of(*event, "node_id")), std::string::npos) << shown.err;
  fs::remove(older() / "clock.json.0123456789ab"); // the remedy
  EXPECT_EQ(cli({"clock", "show"}).err, "");
}

TEST_F(OlderHome, ItsSessionIsUsedWithoutALogin) {
  const auto session = session_at_server();
  older_credentials(session, server->url() + "/", naive(600), naive(86400));
  const auto before = read_text(older() / "credentials");
  EXPECT_EQ(text_of(json_of({"auth", "status"}), "state"), "authenticated");
  emit(2);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
  EXPECT_EQ(read_text(older() / "credentials"), before) << "nothing had to be written";
  const auto asked = paths_asked();
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "/api/v1/token/"), 1) << "the fixture's login";
}

TEST_F(OlderHome, ItsExpiredSessionIsRefreshedAndWhatElseItSaysIsKept) {
  const auto session = session_at_server();
  older_credentials(session, server->url(), naive(-60), naive(86400));
  emit(2);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
  const auto after = read_credentials(older());
  ASSERT_TRUE(after && *after);
  EXPECT_NE((*after)->refresh, session.refresh);
  EXPECT_EQ((*after)->username, session.username);
  EXPECT_NE(read_text(older() / "credentials").find("full_name = \"Ann Older\"\n"),
            std::string::npos);
}

TEST_F(OlderHome, TimesWithoutAZoneAreUtcWhereverTheMachineStands) {
  const credentials session{"a", "r", 0, 0, "ann", "team", ""};
  for (const char* zone : {"America/New_York", "Asia/Tokyo", "UTC"}) {
    env["TZ"] = zone;
    older_credentials(session, "https://a.example", naive(1800), naive(86400));
    EXPECT_EQ(text_of(json_of({"auth", "status"}), "state"), "authenticated") << zone;
    older_credentials(session, "https://a.example", naive(-1800), naive(86400));
    EXPECT_EQ(text_of(json_of({"auth", "status"}), "state"), "expired") << zone;
  }
}

TEST_F(OlderHome, ItsTokenNeverGoesToAnotherServer) {
  const auto session = session_at_server();
  raw_server other("");
  for (const auto& [access, refresh] : {std::pair(600, 86400), std::pair(-600, 86400)}) {
    older_credentials(session, server->url(), naive(access), naive(refresh));
    emit(1);
    EXPECT_EQ(cli({"sync", "server", other.url()}).status, 0);
    for (const words& each : {words{"sync", "now"}, words{"clock", "reconcile"}}) {
      const auto refused = json_of(each, 3);
      EXPECT_NE(error_part(refused, "message").find(server->url()), std::string::npos);
      EXPECT_NE(error_part(refused, "message").find(other.url()), std::string::npos);
    }
    const auto shown = cli({"auth", "status"});
    EXPECT_NE(shown.err.find("belongs to " + server->url()), std::string::npos) << shown.err;
    EXPECT_EQ(cli({"sync", "server", server->url()}).status, 0);
  }
  EXPECT_EQ(other.connections(), 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2) << "back at its own server";
}

TEST_F(OlderHome, ASessionWithoutAServerIsSentNowhere) {
  const auto session = session_at_server();
  older_credentials(session, "", naive(600), naive(86400));
  emit(1);
  const auto refused = json_of({"sync", "now"}, 3);
  EXPECT_NE(error_part(refused, "message").find("no known server"), std::string::npos);
  EXPECT_EQ(error_part(refused, "hint"), "run: spec-kitty auth login");
  EXPECT_EQ(log_in(*server).status, 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 1);
}

TEST_F(OlderHome, ItsSettingsAreReadAndOnlyAChoiceNotToShareIsRemarkedOn) {
  write_text(older() / "config.toml", older_config);
  EXPECT_EQ(number_in(json_of({"config", "get", "sync.max_queue_size"}), {"value"}), 100000);
  const auto shown = cli({"config", "get", "sync.server_url"});
  EXPECT_EQ(shown.out, "https://spec-kitty.example\n");
  EXPECT_EQ(lines_of(shown.err).size(), 1U) << shown.err;
  EXPECT_NE(shown.err.find("line 10: the older tool's choice not to share org/private"),
            std::string::npos)
      << shown.err;
}

TEST_F(OlderHome, ASettingIsChangedAndEveryOtherByteStays) {
  write_text(older() / "config.toml", older_config);
  for (int again = 0; again < 2; ++again)
    EXPECT_EQ(cli({"config", "set", "sync.max_queue_size", "5000"}).status, 0);
  std::string expected = older_config;
  expected.replace(expected.find("100000"), 6, "5000");
  EXPECT_EQ(read_text(older() / "config.toml"), expected);
}

TEST_F(OlderHome, LookingAtItChangesNothing) {
  write_text(older() / "config.toml", older_config);
  older_credentials({"a", "r", 0, 0, "ann", "team", ""}, "https://a.example", naive(60), naive(90));
  older_clock(500, "0123456789ab");
  const auto picture = [&] {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(older()))
      all[entry.path().string()] = entry.is_regular_file() ? read_text(entry.path()) : "";
    return all;
  };
  const auto before = picture();
  for (const words& each :
       {words{"sync", "status"}, words{"auth", "status"}, words{"clock", "show"},
        words{"events", "list"}, words{"config", "list"}})
    EXPECT_EQ(cli(each).status, 0) << each[0];
  EXPECT_EQ(picture(), before);
}

} // namespace
} // namespace spec_kitty::support
