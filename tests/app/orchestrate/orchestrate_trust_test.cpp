// What a repository wants to have run is run after a person approved it, and as it was approved.
#include "tests/app/orchestrate/orchestrate_fixture.hpp"

#include <sys/stat.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class OrchestrateTrust : public orchestrate_test {
protected:
  /// A run without an approval: the command to type, and nothing started.
  void expect_asked(const std::string& why) const {
    const auto done = cli({"orchestrate"});
    EXPECT_EQ(done.status, 1) << why;
    EXPECT_NE(done.err.find("\n  spec-kitty orchestrate --trust\n"), std::string::npos)
        << why << done.err;
    EXPECT_TRUE(starts().empty()) << why;
    EXPECT_EQ(lane("WP01"), "planned");
  }
  json_document trust() const { return json_of({"orchestrate", "--trust"}); }
  bool is_new(const json_document& approval) const {
    return !member(approval, "was_approved")->GetBool();
  }
  fs::path toml() const { return repo() / ".kittify" / "agents.toml"; }

  /// An agents file with one command, and whether another script in its place is asked about.
  void expect_covered(const std::string& command, const fs::path& script) const {
    write_text(toml(), "[agents.a]\ncommand = [" + command + "]\n");
    trust();
    EXPECT_FALSE(is_new(trust())) << command;
    const auto before = read_text(script);
    write_text(script, before + "echo more\n");
    expect_asked(command);
    write_text(script, before);
    EXPECT_FALSE(is_new(trust())) << command << ": what was approved once stays approved";
  }
};

TEST_F(OrchestrateTrust, NothingIsRunBeforeItIsApproved) {
  good_agent();
  expect_asked("never approved");
  const auto refused = json_of({"orchestrate"}, 1);
  EXPECT_EQ(error_part(refused, "hint"), "spec-kitty orchestrate --trust");
  ok({"orchestrate", "--trust"});
  ok({"orchestrate"});
  EXPECT_EQ(starts().size(), 6U);
}

TEST_F(OrchestrateTrust, ItShowsExactlyWhatItApproves) {
  agent("good", "printf '\\033]0;OWNED\\007' # \033[2J", false);
  agents_toml("# \xE2\x80\xAE" + std::string(2500, 'x') + "end\n");
  const auto shown = ok({"orchestrate", "--trust"}).out;
  EXPECT_EQ(shown.find('\033'), std::string::npos) << shown;
  EXPECT_EQ(shown.find("\xE2\x80\xAE"), std::string::npos) << shown;
  for (const auto& line : lines_of(read_text(repo() / "agents" / "good.sh"))) {
    const bool is_plain = line.find('\033') == std::string::npos;
    EXPECT_TRUE(!is_plain || shown.find("\n  | " + line + "\n") != std::string::npos) << line;
  }
  EXPECT_NE(shown.find("\n  | command = [\"./agents/good.sh\"]\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("xend\n"), std::string::npos) << "a long line is shown to its end";
  EXPECT_TRUE(shown.ends_with("approved\n")) << shown;
}

TEST_F(OrchestrateTrust, TheApprovalIsRememberedForThisUserAlone) {
  good_agent();
  trust();
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(home() / "approved")) {
    struct stat info {};
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    ++files;
  }
  EXPECT_EQ(files, 1U);
  fs::permissions(home() / "approved", fs::perms::all);
  EXPECT_EQ(cli({"orchestrate"}).status, 1) << "anybody may have put it there";
  EXPECT_TRUE(starts().empty());
}

TEST_F(OrchestrateTrust, OtherContentIsAskedAboutAgain) {
  good_agent();
  trust();
  const auto before = read_text(toml());
  write_text(toml(), before + "# more\n");
  expect_asked("the agents file changed");
  write_text(toml(), before);
  EXPECT_FALSE(is_new(trust()));
}

TEST_F(OrchestrateTrust, AnotherCheckoutIsAskedAboutAgain) {
  good_agent();
  commit_all("agents");
  trust();
  shell("git clone -q work other");
  auto what = command({"orchestrate"});
  what.cwd = root() / "other";
  const auto done = run(what);
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.err.find("orchestrate --trust"), std::string::npos) << done.err;
}

TEST_F(OrchestrateTrust, AScriptOfTheRepositoryIsCoveredHoweverItIsNamed) {
  agent("a", "true", false);
  const auto script = repo() / "agents" / "a.sh";
  const auto real = fs::canonical(script).string();
  fs::create_symlink("agents/a.sh", repo() / "link.sh");
  fs::create_directories(root() / "bin");
  fs::create_symlink(real, root() / "bin" / "far");
  expect_covered("\"./agents/a.sh\"", script);
  expect_covered("\"agents/../agents/a.sh\"", script);
  expect_covered("\"" + real + "\"", script);
  expect_covered("\"./link.sh\"", script);
  expect_covered("\"" + (root() / "bin" / "far").string() + "\"", script);
  expect_covered("\"a.sh\"]\nenv = { PATH = \"" + fs::path(real).parent_path().string() +
                     ":/usr/bin:/bin\" }\nroles = [\"review\", \"implementation\"",
                 script);
}

TEST_F(OrchestrateTrust, AScriptThatAppearsLaterIsAskedAbout) {
  write_text(toml(), "[agents.a]\ncommand = [\"./agents/a.sh\"]\n");
  trust();
  agent("a", "true", false);
  expect_asked("it was not there");
}

TEST_F(OrchestrateTrust, ARelativeFolderInPathNamesNoProgram) {
  fs::create_directories(repo() / "tools");
  write_text(repo() / "tools" / "a", "#!/bin/sh\necho x >> \"$RUNS\"\n");
  fs::permissions(repo() / "tools" / "a", fs::perms::owner_all);
  write_text(toml(), "[agents.a]\ncommand = [\"a\"]\nenv = { PATH = \"tools:.:\" }\n");
  EXPECT_NE(falls_short().find("the program a of agent a was not found"), std::string::npos);
  EXPECT_TRUE(starts().empty());
}

TEST_F(OrchestrateTrust, AProgramWithAPlaceholderCannotBeApproved) {
  write_text(toml(), "[agents.a]\ncommand = [\"{worktree}/evil.sh\"]\n");
  EXPECT_NE(refused({"orchestrate", "--trust"}).find("has {worktree} in its program"),
            std::string::npos);
}

TEST_F(OrchestrateTrust, WhatChangesDuringARunIsNotRun) {
  agent("good", "cat \"$RUNS.next\" > " + (repo() / "agents" / "good.sh").string());
  write_text(runs().string() + ".next", "#!/bin/sh\necho changed >> \"$RUNS\"\n");
  agents_toml("[limits]\nmax_parallel = 1\n");
  const auto message = falls_short();
  EXPECT_NE(message.find("has changed since it was approved"), std::string::npos) << message;
  EXPECT_EQ(starts(), std::vector<std::string>{"implementation WP01 1"});
}

TEST_F(OrchestrateTrust, AHomeThatCannotBeUsedHoldsNoApproval) {
  good_agent();
  trust();
  fs::permissions(home(), fs::perms::group_write, fs::perm_options::add);
  const auto done = cli({"orchestrate"});
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.err.find("no approval can be remembered"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("chmod go-w "), std::string::npos) << done.err;
  EXPECT_TRUE(starts().empty());
}

/// The command on a pseudo-terminal, where this answers its question.
launch on_terminal(launch what, const std::string& answer) {
  what.argv.insert(what.argv.begin(),
                   {"/usr/bin/python3",
                    SPEC_KITTY_SOURCE_DIR "/tests/support/answer_on_terminal.py", "[y/N]", answer});
  return what;
}

TEST_F(OrchestrateTrust, OnATerminalItAsksAndNoIsNo) {
  good_agent();
  for (const std::string answer : {"n", "", "y"}) {
    const auto done = run(on_terminal(command({"orchestrate"}), answer));
    EXPECT_EQ(done.status, answer == "y" ? 0 : 1) << answer << done.out << done.err;
    EXPECT_NE(done.out.find("  | command = "), std::string::npos) << done.out;
    EXPECT_EQ(starts().size(), answer == "y" ? 6U : 0U);
  }
}

TEST_F(OrchestrateTrust, WithoutAHomeAPersonApprovesEachRun) {
  good_agent();
  auto what = on_terminal(command({"orchestrate"}), "y");
  what.env["SPEC_KITTY_HOME"] = "/proc/none/home";
  const auto done = run(what);
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("the approval holds for this run alone"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("NOT recorded"), std::string::npos) << done.out;
  EXPECT_EQ(starts().size(), 6U);
}

} // namespace
} // namespace spec_kitty::support
