// spec-kitty config … and sync server: values with their origin, and a file that stays the user's.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct Config : cli_test {
  std::filesystem::path file() const { return home() / "config.toml"; }
  void write(std::string_view text) const {
    std::filesystem::create_directories(home());
    write_text(file(), text);
  }
};

TEST_F(Config, AValueShowsWhereItComesFrom) {
  auto shown = json_of({"config", "get", "sync.timeout_s"});
  EXPECT_EQ(number_in(shown, {"value"}), 60);
  EXPECT_EQ(text_of(shown, "origin"), "default");
  EXPECT_EQ(cli({"config", "set", "sync.timeout_s", "7"}).status, 0);
  shown = json_of({"config", "get", "sync.timeout_s"});
  EXPECT_EQ(number_in(shown, {"value"}), 7);
  EXPECT_EQ(text_of(shown, "origin"), "file");
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "9";
  shown = json_of({"config", "get", "sync.timeout_s"});
  EXPECT_EQ(number_in(shown, {"value"}), 9);
  EXPECT_EQ(text_of(shown, "origin"), "environment");
  const auto overridden = cli({"config", "set", "sync.timeout_s", "8"});
  EXPECT_EQ(overridden.status, 0);
  EXPECT_NE(overridden.err.find("SPEC_KITTY_SYNC_TIMEOUT_S"), std::string::npos);
}

TEST_F(Config, TheListHoldsEveryKeyWithItsDefault) {
  const auto shown = json_of({"config", "list"});
  std::map<std::string, std::string> values;
  for (const auto& entry : member(shown, "config")->GetArray()) {
    values[text_of(entry, "key").value_or("")] = to_text(*member(entry, "value"));
    EXPECT_EQ(text_of(entry, "origin"), "default");
  }
  const std::map<std::string, std::string> contract = {{"sync.server_url", "\"\""},
                                                       {"sync.max_queue_size", "10000"},
                                                       {"sync.max_queue_bytes", "268435456"},
                                                       {"sync.overflow", "\"reject\""},
                                                       {"sync.project_default", "\"on\""},
                                                       {"sync.batch_events", "1000"},
                                                       {"sync.batch_bytes", "524288"},
                                                       {"sync.batch_gap_s", "5"},
                                                       {"sync.timeout_s", "60"},
                                                       {"sync.max_retries", "5"},
                                                       {"sync.interval_s", "300"},
                                                       {"sync.autostart", "false"},
                                                       {"sync.daemon_idle_s", "0"},
                                                       {"sync.busy_timeout_ms", "2000"},
                                                       {"sync.proxy", "\"\""},
                                                       {"sync.keep_delivered", "10000"},
                                                       {"websocket.enabled", "true"},
                                                       {"websocket.envelope", "\"bare\""},
                                                       {"tls.ca_file", "\"\""},
                                                       {"workflow.worktrees", "\"\""}};
  EXPECT_EQ(values, contract);
}

TEST_F(Config, UnsetRemovesTheLineAndKeepsEveryOtherByte) {
  const std::string before = "# mine\n[sync]\nmax_retries = 3 # few\ntimeout_s = 9\n# the end";
  write(before);
  const auto shown = json_of({"config", "unset", "sync.max_retries"});
  EXPECT_EQ(number_in(shown, {"value"}), 5);
  EXPECT_EQ(text_of(shown, "origin"), "default");
  EXPECT_EQ(read_text(file()), "# mine\n[sync]\ntimeout_s = 9\n# the end");
  const auto again = cli({"config", "unset", "sync.max_retries"});
  EXPECT_EQ(again.status, 0);
  EXPECT_NE(again.err.find("is not set in"), std::string::npos) << again.err;
  const auto unknown = json_of({"config", "unset", "sync.max_retry"}, 1);
  EXPECT_NE(error_part(unknown, "message").find("did you mean sync.max_retries?"),
            std::string::npos);
  EXPECT_EQ(cli({"config", "path"}).out, file().string() + "\n");
}

TEST_F(Config, UnsetOfAValueThatIsNotAllowedMendsTheFile) {
  write("[sync]\ntimeout_s = \"60\"\n");
  EXPECT_EQ(cli({"config", "list"}).status, 1);
  EXPECT_EQ(cli({"config", "unset", "sync.timeout_s"}).status, 0);
  EXPECT_EQ(cli({"config", "list"}).status, 0);
}

TEST_F(Config, TheAccountOfAProxyIsReadFromStdinAndNeverShown) {
  const auto set = cli({"config", "set", "sync.proxy", "-"}, "http://ann:hunter2@127.0.0.1:9\n");
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_NE(read_text(file()).find("hunter2"), std::string::npos);
  for (const words& typed : {words{"config", "list"},
                             {"config", "get", "sync.proxy"},
                             {"config", "list", "--json"},
                             {"-v", "config", "path"},
                             {"sync", "doctor"},
                             {"sync", "status"}}) {
    const auto done = cli(typed);
    EXPECT_EQ((set.out + done.out + done.err).find("hunter2"), std::string::npos) << typed.front();
  }
  EXPECT_EQ(text_of(json_of({"config", "get", "sync.proxy"}), "value"), "http://***@127.0.0.1:9");
  const auto bad = cli({"config", "set", "sync.proxy", "-"}, "ftp://ann:hunter2@x:1\n");
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.err.find("hunter2"), std::string::npos) << bad.err;
}

TEST_F(Config, SetChangesTheValueAndKeepsEveryOtherByte) {
  const std::string before =
      "# my settings\r\n\n[sync]  # the server\nserver_url = \"https://a.example\"  # ours\n"
      "   max_retries=3# few\n\n[tls]\n# none\nca_file   =   \"/etc/ca.pem\"\n# the end";
  write(before);
  const auto expect = [&](const std::string& old_words, const std::string& new_words) {
    std::string after = before;
    after.replace(after.find(old_words), old_words.size(), new_words);
    EXPECT_EQ(read_text(file()), after);
    write(before);
  };
  EXPECT_EQ(cli({"config", "set", "sync.max_retries", "4"}).status, 0);
  expect("max_retries=3#", "max_retries=4#");
  EXPECT_EQ(cli({"config", "set", "tls.ca_file", "/a # \"b\""}).status, 0);
  expect(R"("/etc/ca.pem")", R"("/a # \"b\"")");
  EXPECT_EQ(cli({"sync", "server", "https://b.example"}).status, 0);
  expect("https://a.example", "https://b.example");
  EXPECT_EQ(cli({"config", "set", "sync.timeout_s", "5"}).status, 0);
  expect("[tls]", "timeout_s = 5\n[tls]");
}

TEST_F(Config, AnUnknownKeyInTheFileWarnsOnceByName) {
  write("[sync]\ntimout_s = 3\n[other]\nthing = 1\n");
  const auto done = cli({"config", "list", "--json"});
  EXPECT_EQ(done.status, 0);
  (void)only_object(done);
  EXPECT_NE(done.err.find("line 2: unknown key sync.timout_s"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("line 4: unknown key other.thing"), std::string::npos) << done.err;
  EXPECT_EQ(lines_of(done.err).size(), 2U);
}

TEST_F(Config, ABadValueNamesFileLineKeyAndWhatIsAllowed) {
  struct bad_file {
    const char* text;
    const char* line;
    const char* key;
    const char* allowed;
  };
  for (const auto& [text, line, key, allowed] : {
           bad_file{"[sync]\n\ntimeout_s = 0\n", "line 3", "sync.timeout_s", "from 1 to 3600"},
           bad_file{"[sync]\ntimeout_s = \"60\"\n", "line 2", "sync.timeout_s", "a whole number"},
           bad_file{"[sync]\ntimeout_s = 1.5\n", "line 2", "sync.timeout_s", "a whole number"},
           bad_file{"[sync]\noverflow = \"shrug\"\n", "line 2", "sync.overflow", "one of: reject"},
           bad_file{"sync.server_url = 7\n", "line 1", "sync.server_url", "https"},
           bad_file{"[sync]\nserver_url = \"http://example.com\"\n", "line 2", "", "https://"},
           bad_file{"[tls]\nca_file = true\n", "line 2", "tls.ca_file",
                    "an absolute path in quotes"},
           bad_file{"[sync]\ntimeout_s = \n", "line 2", "", "correct that line"},
       }) {
    write(text);
    for (const words& any : {words{"sync", "status"}, words{"config", "list"}}) {
      const auto answer = json_of(any, 1);
      const std::string message = error_part(answer, "message");
      EXPECT_NE(message.find(file().string() + ", " + line), std::string::npos) << message;
      EXPECT_NE(message.find(key), std::string::npos) << message;
      EXPECT_NE(error_part(answer, "hint").find(allowed), std::string::npos) << to_text(answer);
    }
    EXPECT_EQ(read_text(file()), text);
  }
  EXPECT_FALSE(std::filesystem::exists(home() / "queue"));
}

TEST_F(Config, AFileThatCannotBeReadStopsAnEmissionToo) {
  write("[sync]\ntimeout_s = \n");
  const auto answer = json_of({"emit", "WPStatusChanged", "--payload", good_payload}, 1);
  EXPECT_NE(error_part(answer, "message").find("line 2"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(home() / "queue"));
}

TEST_F(Config, ABadValueInTheEnvironmentNamesTheVariable) {
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "soon";
  const auto answer = json_of({"sync", "status"}, 1);
  EXPECT_NE(error_part(answer, "message").find("SPEC_KITTY_SYNC_TIMEOUT_S"), std::string::npos);
  EXPECT_NE(error_part(answer, "hint").find("from 1 to 3600"), std::string::npos);
}

TEST_F(Config, SetRepairsABadValueAndRefusesAnother) {
  write("[sync]\ntimeout_s = 0  # oops\n");
  EXPECT_EQ(cli({"config", "set", "sync.timeout_s", "-1"}).status, 1);
  EXPECT_EQ(read_text(file()), "[sync]\ntimeout_s = 0  # oops\n");
  EXPECT_EQ(cli({"config", "set", "sync.timeout_s", "10"}).status, 0);
  EXPECT_EQ(cli({"sync", "status"}).status, 0);
}

TEST_F(Config, AnUnknownKeyIsRefusedByName) {
  for (const words& any :
       {words{"config", "get", "sync.nothing"}, words{"config", "set", "sync.nothing", "1"}}) {
    const auto answer = json_of(any, 1);
    EXPECT_EQ(error_part(answer, "code"), "not_found");
    EXPECT_NE(error_part(answer, "message").find("sync.nothing"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(Config, ARefusedServerKeepsTheOldOne) {
  EXPECT_EQ(cli({"sync", "server", "https://good.example/base/"}).status, 0);
  const auto before = read_text(file());
  for (const std::string url :
       {"http://example.com", "http://192.168.1.2:8000", "ftp://example.com", "example.com",
        "https://", "https://u:hunter2@example.com", "https://example.com/?q=1",
        "https://example.com/#x", "https://example.com:0", "https://example.com:99999",
        "https://exa mple.com", "https://example.com\r\nX: y", "http://127.0.0.1.example.com",
        "http://localhost.example.com"}) {
    for (const words& setter :
         {words{"sync", "server", url}, words{"config", "set", "sync.server_url", url}}) {
      const auto answer = json_of(setter, 1);
      EXPECT_EQ(error_part(answer, "code"), "bad_url") << url;
      EXPECT_EQ(to_text(answer).find("hunter2"), std::string::npos);
      EXPECT_EQ(read_text(file()), before) << url;
    }
  }
  EXPECT_EQ(text_of(json_of({"sync", "server"}), "server_url"), "https://good.example/base/");
}

TEST_F(Config, PlainHttpIsAllowedForThisMachineOnly) {
  for (const std::string url :
       {"http://127.0.0.1:8000", "http://127.1.2.3", "http://[::1]:8000", "http://localhost:8000",
        "https://example.com", "HTTPS://Example.COM"})
    EXPECT_EQ(cli({"sync", "server", url}).status, 0) << url;
}

} // namespace
} // namespace spec_kitty::support
