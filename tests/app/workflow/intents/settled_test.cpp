// What an interrupted command left, and what the next one, `agent tasks settle`, another home, or a
// person does about it.
#include "tests/app/workflow/intents/intents_fixture.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct Settled : intents_test {
  /// A move of WP01 to doing that is killed in a hook; git goes through with it or is killed, too.
  void leave(const std::string& hook_name, bool kill_git, const std::string& when = "true") const {
    blocking_hook(hook_name, when);
    child moving(command({"agent", "tasks", "move-task", "WP01", "--to", "doing"}));
    ASSERT_TRUE(eventually([&] { return hook_is_reached(); }));
    const auto git_pid = git_of_intent();
    moving.send(SIGKILL);
    (void)moving.wait();
    if (kill_git)
      ::kill(git_pid, SIGKILL);
    release_hook();
    ASSERT_TRUE(eventually([&] { return !fs::exists("/proc/" + std::to_string(git_pid)); }));
    remove_hook(hook_name);
  }

  std::string intent_id() const {
    for (const auto& name : open_intents())
      if (name.ends_with(".json"))
        return name.substr(0, 26);
    return {};
  }

  static std::string intent_id_in(const std::string& text) {
    return text_of(parsed(text), "id").value_or("");
  }

  pid_t git_of_intent() const {
    const auto record = parsed(read_text(intents() / (intent_id() + ".json")));
    return static_cast<pid_t>(number_in(record, {"git", "pid"}));
  }

  /// Changes the text of the only intent.
  void rewrite(const std::string& from, const std::string& to) const {
    const auto file = intents() / (intent_id() + ".json");
    auto text = read_text(file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    write_text(file, text.replace(at, from.size(), to));
  }

  static constexpr const char* moved = "WPStatusChanged WP01 planned doing";
};

TEST_F(Settled, ACommitOfAKilledCommandIsRecordedByTheNextCommand) {
  leave("pre-commit", false);
  const auto done = ok({"agent", "tasks", "add-history", "WP02", "--note", "note 1"});
  EXPECT_NE(done.err.find("agent tasks move-task WP01 --to doing"), std::string::npos) << done.err;
  EXPECT_EQ(events(), (std::vector<std::string>{moved, "HistoryAdded WP02"}));
  expect_chain("after the next command");
}

TEST_F(Settled, AKilledGitIsTakenBackAndItsLocksAreRemoved) {
  leave("pre-commit", true);
  EXPECT_TRUE(fs::exists(repo() / ".git" / "index.lock"));
  EXPECT_EQ(lane("WP01"), "doing");
  const auto settled = json_of({"agent", "tasks", "settle"});
  EXPECT_EQ(text_of((*member(settled, "settled"))[0], "outcome"), "taken_back");
  EXPECT_EQ(read_text(wp_file("WP01")), wp_text("WP01"));
  expect_chain("after settle");
  EXPECT_EQ(events(), std::vector<std::string>{});
}

TEST_F(Settled, AGitKilledWithTheBranchLockedIsTakenBack) {
  leave("reference-transaction", true, "[ $1 = prepared ]");
  ok({"agent", "tasks", "settle"});
  EXPECT_EQ(events(), std::vector<std::string>{});
  expect_chain("after settle");
}

TEST_F(Settled, AGitKilledBeforeItWroteTheIndexLeavesItFresh) {
  leave("reference-transaction", true, "[ $1 = committed ]");
  ok({"agent", "tasks", "settle"});
  EXPECT_EQ(events(), std::vector<std::string>{moved});
  expect_chain("after settle");
}

TEST_F(Settled, AMergeKilledWithOrigHeadLockedIsRunAgain) {
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  blocking_hook("reference-transaction", "[ $1 = prepared ] && grep -q ORIG_HEAD");
  auto what = command({"merge"});
  what.own_group = true;
  child merging(what);
  ASSERT_TRUE(eventually([&] { return hook_is_reached(); }));
  ASSERT_TRUE(fs::exists(repo() / ".git" / "ORIG_HEAD.lock"));
  ::kill(-merging.pid(), SIGKILL);
  (void)merging.wait();
  release_hook();
  remove_hook("reference-transaction");
  ok({"merge"});
  EXPECT_FALSE(fs::exists(repo() / ".git" / "ORIG_HEAD.lock"));
  expect_chain("after the merge");
}

TEST_F(Settled, AnAmendedCommitIsStillRecorded) {
  leave("post-commit", true);
  git({"commit", "--quiet", "--amend", "-m", "mine"});
  ok({"agent", "tasks", "settle"});
  EXPECT_EQ(events(), std::vector<std::string>{moved});
  expect_chain("after an amend");
}

TEST_F(Settled, ACommitThatWasResetAwayIsNotRecorded) {
  leave("post-commit", true);
  git({"reset", "--quiet", "--hard", "HEAD^"});
  ok({"agent", "tasks", "settle"});
  EXPECT_EQ(events(), std::vector<std::string>{});
  expect_chain("after a reset");
}

TEST_F(Settled, ACommitIsFoundAfterARebase) {
  leave("post-commit", true);
  git({"branch", "base", "HEAD^"});
  git({"switch", "--quiet", "base"});
  write_text(repo() / "other.txt", "other\n");
  commit_all("other");
  git({"switch", "--quiet", "main"});
  git({"rebase", "--quiet", "base"});
  ok({"agent", "tasks", "settle"});
  EXPECT_EQ(events(), std::vector<std::string>{moved});
  expect_chain("after a rebase");
}

TEST_F(Settled, AHangupUnderNohupIsNotPassedOnToGit) {
  // git sets a handler for a signal that it was told to ignore: it would remove its lock files,
  // continue, and commit an empty tree.
  const auto files = git({"ls-tree", "-r", "--name-only", "main"});
  const auto before = std::signal(SIGHUP, SIG_IGN);
  blocking_hook("pre-commit");
  child moving(command({"agent", "tasks", "move-task", "WP01", "--to", "doing"}));
  std::signal(SIGHUP, before);
  ASSERT_TRUE(eventually([&] { return hook_is_reached(); }));
  moving.send(SIGHUP);
  release_hook();
  const auto done = moving.wait();
  EXPECT_EQ(done.status, 0) << done.err;
  remove_hook("pre-commit");
  EXPECT_EQ(git({"ls-tree", "-r", "--name-only", "main"}), files);
  EXPECT_EQ(events(), std::vector<std::string>{moved});
  expect_chain("after a hangup");
}

TEST_F(Settled, ReadingCommandsNameItAndChangeNothing) {
  leave("post-commit", true);
  const auto before = open_intents();
  const std::string remedy = "spec-kitty agent tasks settle";
  EXPECT_NE(ok({"agent", "tasks", "status"}).err.find(remedy), std::string::npos);
  EXPECT_NE(ok({"sync", "status"}).out.find(remedy), std::string::npos);
  EXPECT_NE(ok({"sync", "doctor"}).out.find(remedy), std::string::npos);
  EXPECT_EQ(open_intents(), before);
  EXPECT_NE(ok({"agent", "tasks", "settle"}).out.find("recorded, 1 event"), std::string::npos);
  EXPECT_EQ(ok({"agent", "tasks", "settle"}).out, "nothing to settle\n");
}

TEST_F(Settled, AGitThatStillRunsIsWaitedForAndNamed) {
  blocking_hook("pre-commit");
  child moving(command({"agent", "tasks", "move-task", "WP01", "--to", "doing"}));
  ASSERT_TRUE(eventually([&] { return hook_is_reached(); }));
  moving.send(SIGKILL);
  (void)moving.wait();
  child again(command({"agent", "tasks", "move-task", "WP01", "--to", "doing"}));
  EXPECT_FALSE(eventually([&] { return again.has_ended(); }, milliseconds(300)));
  release_hook();
  EXPECT_EQ(again.wait().status, 0);
  EXPECT_EQ(events(), std::vector<std::string>{moved});
}

TEST_F(Settled, AnIntentOfAnotherHomeIsLeftToIt) {
  leave("post-commit", true);
  rewrite("\"state\":\"begun\",\"home\":null", "\"state\":\"recording\",\"home\":\"elsewhere\"");
  EXPECT_NE(ok({"agent", "tasks", "settle"}).err.find("another home"), std::string::npos);
  EXPECT_EQ(events(), std::vector<std::string>{});
  EXPECT_NE(intent_id(), "");
}

TEST_F(Settled, AnOldIntentIsForAPersonToDecide) {
  leave("post-commit", true);
  const auto id = intent_id();
  const auto text = read_text(intents() / (id + ".json"));
  const auto at = text.find("\"at\":");
  rewrite(text.substr(at, text.find(',', at) - at), "\"at\":1000000"); // in 1970
  const auto asked = ok({"agent", "tasks", "settle"});
  EXPECT_NE(asked.err.find("--record " + id), std::string::npos) << asked.err;
  EXPECT_NE(intent_id(), "");
}

TEST_F(Settled, APersonRecordsOrDropsIt) {
  leave("post-commit", true);
  ok({"agent", "tasks", "settle", "--record", intent_id()});
  EXPECT_EQ(events(), std::vector<std::string>{moved});
  EXPECT_EQ(open_intents(), std::vector<std::string>{});
  refused({"agent", "tasks", "settle", "--drop", "01KBAYJ0000000000000000001"});
}

TEST_F(Settled, WithoutAHomeNothingIsRecordedByHand) {
  leave("post-commit", true);
  const auto id = intent_id();
  env["SPEC_KITTY_HOME"] = "/proc/no-such-home";
  const auto done = cli({"agent", "tasks", "settle", "--record", id});
  EXPECT_EQ(done.status, 6);
  EXPECT_NE(done.err.find("\n  spec-kitty sync doctor\n"), std::string::npos) << done.err;
  EXPECT_EQ(intent_id(), id);
}

TEST_F(Settled, ADamagedOneIsSetAsideAndALaterOneIsLeft) {
  leave("post-commit", true);
  const auto id = intent_id();
  write_text(intents() / (id + ".json"), "{");
  write_text(intents() / "01KBAYJ0000000000000000001.json", "{\"v\":2}");
  ok({"agent", "tasks", "add-history", "WP01", "--note", "note 1"});
  EXPECT_TRUE(fs::exists(intents() / (id + ".damaged")));
  EXPECT_NE(ok({"agent", "tasks", "status"}).err.find("rm "), std::string::npos);
  EXPECT_TRUE(fs::exists(intents() / "01KBAYJ0000000000000000001.json"));
  EXPECT_EQ(events(), std::vector<std::string>{"HistoryAdded WP01"});
}

TEST_F(Settled, WithoutAHomeTheEventWaitsForTheNextCommand) {
  env["SPEC_KITTY_HOME"] = "/proc/no-such-home";
  const auto done = ok({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  EXPECT_NE(done.err.find("the next command here records it"), std::string::npos) << done.err;
  env["SPEC_KITTY_HOME"] = home().string();
  ok({"agent", "tasks", "move-task", "WP01", "--to", "planned"});
  EXPECT_EQ(events(), (std::vector<std::string>{moved, "WPStatusChanged WP01 doing planned"}));
  expect_chain("with a home again");
}

TEST_F(Settled, WhereTooManyWaitForAHomeTheOldestIsDroppedAndCounted) {
  env["SPEC_KITTY_HOME"] = "/proc/no-such-home";
  ok({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  const auto text = read_text(intents() / (intent_id() + ".json"));
  for (int number = 0; number < 999; ++number) {
    auto id = std::to_string(number);
    id = "01KBAYJ0000000000000000" + std::string(3 - id.size(), '0') + id; // older ones
    auto copy = text;
    write_text(intents() / (id + ".json"), copy.replace(copy.find(intent_id_in(text)), 26, id));
  }
  const auto done = ok({"agent", "tasks", "move-task", "WP02", "--to", "doing"});
  EXPECT_NE(done.err.find("1 event of this repository was dropped"), std::string::npos) << done.err;
  EXPECT_FALSE(fs::exists(intents() / "01KBAYJ0000000000000000000.json"));
  EXPECT_NE(ok({"agent", "tasks", "status"}).err.find("was dropped"), std::string::npos);
  for (const auto& name : open_intents())
    if (name.ends_with(".json") && name.starts_with("01KBAYJ")) // to save the time for them
      fs::remove(intents() / name);
  env["SPEC_KITTY_HOME"] = home().string();
  ok({"agent", "tasks", "settle"});
  EXPECT_EQ(events(), (std::vector<std::string>{moved, "WPStatusChanged WP02 planned doing"}));
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "dropped_total"}), 1);
  EXPECT_EQ(open_intents(), std::vector<std::string>{});
}

TEST_F(Settled, AFileThatAFormatterChangedIsCommittedByTheSameCommandAgain) {
  leave("pre-commit", true);
  auto text = read_text(wp_file("WP01"));
  write_text(wp_file("WP01"), text + "\n<!-- formatted -->\n");
  ok({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  EXPECT_EQ(events(), std::vector<std::string>{moved});
  expect_chain("after a formatter");
}

TEST_F(Settled, AMoveRecordedWithoutACommitIsNotRecordedByTheCommit) {
  ok({"agent", "tasks", "move-task", "WP01", "--to", "doing", "--no-auto-commit"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  EXPECT_EQ(events(), std::vector<std::string>{moved});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review", "--force"});
  expect_chain("after the commit");
}

} // namespace
} // namespace spec_kitty::support
