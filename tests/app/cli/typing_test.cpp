// What people mistype, and what they are told: the nearest word that exists, or what to write.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct Typing : cli_test {
  void expect_answer(const words& typed, int status, const std::string& answer) {
    const auto done = cli(typed);
    EXPECT_EQ(done.status, status) << done.err;
    EXPECT_NE(done.err.find(answer), std::string::npos) << answer << "\n" << done.err;
  }
};

struct mistake {
  words typed;
  std::string answer;
};

const std::vector<mistake> wrong_words = {
    {{"emti", "WPCreated"}, "unknown command: emti; did you mean spec-kitty emit?"},
    {{"event", "list"}, "did you mean spec-kitty events?"},
    {{"events", "lst"}, "unknown command: events lst; did you mean spec-kitty events list?"},
    {{"sync", "nwo"}, "did you mean spec-kitty sync now?"},
    {{"sync", "stat"}, "did you mean spec-kitty sync status?"},
    {{"move-task", "WP01"}, "did you mean spec-kitty agent tasks move-task?"},
    {{"login"}, "did you mean spec-kitty auth login?"},
    {{"now"}, "did you mean spec-kitty sync now?"},
    {{"sync"}, "sync needs a command behind it"},
    {{}, "a command is missing"},
    {{"help", "syn"}, "did you mean spec-kitty sync?"},
    {{"emit", "WPCreated", "--fields", "a=b"}, "unknown option --fields; did you mean --field?"},
    {{"emit", "WPCreated", "--feild=a=b"}, "unknown option --feild; did you mean --field?"},
    {{"sync", "now", "--jsn"}, "unknown option --jsn; did you mean --json?"},
    {{"sync", "now", "--quite"}, "unknown option --quite; did you mean --quiet?"},
    {{"events", "list", "--status", "dead"}, "unknown option --status"},
    {{"emit", "WPCreated", "WP01"}, "unexpected argument: WP01"},
    {{"auth", "status", "now"}, "unexpected argument: now"},
};

TEST_F(Typing, AWordThatDoesNotExistIsAnsweredWithTheNearestOne) {
  for (const auto& [typed, answer] : wrong_words) {
    expect_answer(typed, 2, answer);
    EXPECT_NE(cli(typed).err.find("see: spec-kitty "), std::string::npos);
  }
}

TEST_F(Typing, TheHelpThatAnErrorNamesIsThatOfTheCommand) {
  EXPECT_NE(cli({"sync", "now", "--jsn"}).err.find("see: spec-kitty sync now --help"),
            std::string::npos);
  EXPECT_NE(cli({"sync", "nwo"}).err.find("see: spec-kitty sync --help"), std::string::npos);
}

TEST_F(Typing, HelpOfACommandIsThatOfItsHelpOption) {
  const auto help = cli({"help", "sync", "now"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.out, cli({"sync", "now", "--help"}).out);
  EXPECT_NE(help.out.find("Global options:\n  --home DIR"), std::string::npos) << help.out;
  EXPECT_NE(help.out.find("Examples:\n  spec-kitty sync now\n"), std::string::npos) << help.out;
  EXPECT_EQ(cli({"help"}).out, cli({"--help"}).out);
  EXPECT_EQ(cli({"help", "sync"}).out, cli({"sync", "--help"}).out);
  EXPECT_EQ(cli({"--home", "help", "clock", "show"}).status, 0) << "a folder named help";
}

TEST_F(Typing, ShortOptionsAreThoseThatPeopleKnow) {
  EXPECT_EQ(cli({"-V"}).out, cli({"--version"}).out);
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "7";
  const auto loud = cli({"-v", "clock", "show"});
  EXPECT_NE(loud.err.find("home: " + home().string()), std::string::npos) << loud.err;
  EXPECT_NE(loud.err.find("sync.timeout_s = 7 (environment)"), std::string::npos) << loud.err;
  EXPECT_EQ(cli({"-q", "clock", "show"}).err, "");
}

TEST_F(Typing, AnUnknownEventTypeIsAnsweredWithTheNearestOne) {
  expect_answer({"emit", "WPStatusChange", "--wp", "WP01"}, 1, "did you mean WPStatusChanged?");
  expect_answer({"events", "types", "wpcreate"}, 1, "did you mean WPCreated?");
}

TEST_F(Typing, AFieldThatTheTypeDoesNotHaveIsKeptAndNamed) {
  const auto done =
      cli({"emit", "WPStatusChanged", "--wp", "WP01", "--field", "previous_status=planned",
           "--field", "new_status=doing", "--field", "chnaged_by=ann"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_NE(done.err.find("payload.chnaged_by is not a field of WPStatusChanged and is kept as it "
                          "is; did you mean changed_by?"),
            std::string::npos)
      << done.err;
  EXPECT_NE(cli({"events", "list", "--json"}).out.find("chnaged_by"), std::string::npos);
}

TEST_F(Typing, AValueThatIsGivenTwiceIsAWarningAndTheLastCounts) {
  const auto twice =
      json_of({"emit", "WPStatusChanged", "--wp", "WP01", "--field", "previous_status=planned",
               "--field", "new_status=doing", "--field", "new_status=done"});
  EXPECT_EQ(text_of(*member(*member(twice, "event"), "payload"), "new_status"), "done");
  const auto replaced = cli({"emit", "WPStatusChanged", "--payload", good_payload, "--wp", "WP02"});
  EXPECT_EQ(replaced.status, 0) << replaced.err;
  EXPECT_NE(replaced.err.find("payload.wp_id: WP02 takes the place of WP01 from --payload"),
            std::string::npos)
      << replaced.err;
}

TEST_F(Typing, ShortNamesOfWorkPackagesMeanTheWorkPackage) {
  for (const char* typed : {"wp1", "WP1", "wp01", "Wp01"}) {
    const auto event = json_of({"emit", "HistoryAdded", "--wp", typed, "--field", "entry_type=note",
                                "--field", "entry_content=x"});
    EXPECT_EQ(text_of(*member(event, "event"), "aggregate_id"), "WP01") << typed;
  }
  expect_answer({"emit", "HistoryAdded", "--wp", "W1", "--field", "entry_type=note", "--field",
                 "entry_content=x"},
                1, "payload.wp_id");
}

TEST_F(Typing, AWrongSettingStopsOnlyWhatNeedsTheSettings) {
  emit(1);
  shell("printf '[sync]\\ntimeout_s = \"60\"\\n' >home/config.toml; chmod 600 home/config.toml");
  const auto recorded = cli({"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(recorded.status, 0) << recorded.err;
  EXPECT_NE(recorded.err.find("config.toml, line 2: sync.timeout_s has the wrong type; the default "
                              "is used: 60"),
            std::string::npos)
      << recorded.err;
  EXPECT_EQ(cli({"events", "list"}).status, 0);
  const auto sending = cli({"sync", "now"});
  EXPECT_EQ(sending.status, 1);
  EXPECT_NE(sending.err.find("sync.timeout_s has the wrong type"), std::string::npos);
}

TEST_F(Typing, AVariableWithoutEffectIsNamed) {
  env["SPEC_KITTY_SYNC_TIMEOUT"] = "7";
  const auto done = cli({"clock", "show"});
  EXPECT_EQ(done.status, 0);
  EXPECT_NE(done.err.find("environment variable SPEC_KITTY_SYNC_TIMEOUT has no effect; did you "
                          "mean SPEC_KITTY_SYNC_TIMEOUT_S?"),
            std::string::npos)
      << done.err;
}

TEST_F(Typing, OutputThatCannotBeWrittenIsExplained) {
  emit(1);
  auto into_full = command({"events", "list"});
  into_full.argv.insert(into_full.argv.begin(), {"/bin/sh", "-c", "exec \"$0\" \"$@\" >/dev/full"});
  const auto full = run(into_full);
  EXPECT_EQ(full.status, 1);
  EXPECT_NE(full.err.find("cannot write to stdout: No space left on device"), std::string::npos)
      << full.err;
}

TEST_F(Typing, TheExampleOfEachEventTypeCanBeTyped) {
  const auto listed = json_of({"events", "types"});
  for (const auto& type : member(listed, "types")->GetArray()) {
    const std::string example = text_of(type, "example").value_or("");
    ASSERT_TRUE(example.starts_with("spec-kitty emit "));
    words typed = {"emit"};
    std::istringstream rest(example.substr(std::string("spec-kitty emit ").size()));
    for (std::string word; rest >> word;)
      typed.push_back(word);
    const auto done = cli(typed);
    EXPECT_EQ(done.status, 0) << example << "\n" << done.err;
    EXPECT_EQ(done.err.find("warning"), std::string::npos) << done.err;
  }
  EXPECT_EQ(member(listed, "types")->Size(), 8U);
}

} // namespace
} // namespace spec_kitty::support
