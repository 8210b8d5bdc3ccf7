// Gates: all blockers in one answer, each with a command that clears it when typed as printed.
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

using gate_words = std::vector<std::string>;

struct WorkflowGates : workflow_test {
  /// The blockers of a command that is refused, as their commands.
  gate_words commands(words arguments) const {
    const auto object = json_of(std::move(arguments), 1);
    EXPECT_EQ(error_part(object, "code"), "blocked") << to_text(object);
    gate_words all;
    if (const auto* list = member(object, "blockers"))
      for (const auto& each : list->GetArray())
        all.push_back(text_of(each, "command").value_or(""));
    return all;
  }
  /// Types a command line as it was printed.
  void type(const std::string& line) const {
    auto what = command({});
    const auto bin = std::filesystem::path(what.argv.front()).parent_path().string();
    what.argv = {"/bin/sh", "-c", "PATH=" + bin + ":$PATH; " + line};
    const auto done = run(what);
    EXPECT_EQ(done.status, 0) << line << "\n" << done.out << done.err;
  }
  /// Types every command until nothing stops it any more.
  void clear(const words& arguments) const {
    for (const auto& line : commands(arguments))
      type(line);
    auto again = arguments;
    again.emplace_back("--check");
    EXPECT_EQ(to_text(*member(json_of(again), "blockers")), "[]");
  }
  words move(const std::string& to, const words& more = {}) const {
    words all = {"agent", "tasks", "move-task", "WP01", "--to", to};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(WorkflowGates, AMoveNamesAllBlockersAndEachCommandClearsIts) {
  ok({"implement", "WP01", "--agent", "claude"});
  write_text(tree("WP01") / "it's new.txt", "x");
  const auto words = refused(move("for_review", {"--agent", "codex"}));
  EXPECT_NE(words.find("WP01 cannot go to for_review: 3 blockers"), std::string::npos) << words;
  for (const char* part : {"T001, T002", "it's new.txt", "belongs to claude, not to codex"})
    EXPECT_NE(words.find(part), std::string::npos) << words;
  for (const auto& line : commands(move("for_review", {"--agent", "codex"})))
    type(line);
  EXPECT_EQ(lane("WP01"), "for_review");
  for (const auto& line : commands(move("planned")))
    type(line);
  EXPECT_EQ(lane("WP01"), "planned");
}

TEST_F(WorkflowGates, ACheckChangesNothing) {
  ok({"implement", "WP01"});
  const auto before = events();
  const auto head = git({"rev-parse", "HEAD"});
  EXPECT_EQ(commands(move("done", {"--check"})).size(), 1U);
  EXPECT_EQ(commands({"merge", "--check"}).size(), 2U);
  EXPECT_EQ(commands({"accept", "--check"}).size(), 4U) << "its boxes, and each open one";
  EXPECT_EQ(to_text(*member(json_of(move("planned", {"--check"})), "blockers")), "[]");
  EXPECT_EQ(ok(move("planned", {"--check"})).err, "");
  EXPECT_EQ(lane("WP01"), "doing");
  EXPECT_EQ(events(), before);
  EXPECT_EQ(git({"rev-parse", "HEAD"}), head);
  EXPECT_FALSE(std::filesystem::exists(repo() / ".git" / "spec-kitty-merge.json"));
}

TEST_F(WorkflowGates, AMergeNamesAllBlockersAndEachCommandClearsIts) {
  implement("WP01");
  ok({"implement", "WP02"});
  write_text(tree("WP01") / "loose.txt", "x");
  write_text(repo() / "kitty-specs" / "001-tea" / "meta.json", "{\"target_branch\": \"main\"}\n");
  EXPECT_EQ(commands({"merge"}).size(), 5U);
  clear({"merge"});
  ok({"merge"});
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_EQ(lane("WP02"), "planned"); // nobody had worked on it
}

TEST_F(WorkflowGates, ABlockedMergeSaysHowItsGatesArePassed) {
  implement("WP01");
  const std::string pass = "or pass the gates: ";
  const std::string command = "spec-kitty merge --force --strategy squash --feature 001-tea";
  EXPECT_NE(refused({"merge", "--strategy", "squash"}).find(pass + command), std::string::npos);
  EXPECT_NE(refused({"merge", "--check"}).find(pass), std::string::npos);
  type(command);
  EXPECT_EQ(lane("WP01"), "for_review");
}

TEST_F(WorkflowGates, CommitsOnNoBranchAreNotThrownAway) {
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  git({"checkout", "--quiet", "--detach"}, tree("WP01"));
  commit_work("WP01", "precious.txt");
  const auto found = commands({"merge"});
  ASSERT_EQ(found.size(), 1U);
  const auto forced = ok({"merge", "--force"});
  EXPECT_NE(forced.err.find("is not part of what was merged"), std::string::npos) << forced.err;
  EXPECT_TRUE(std::filesystem::exists(tree("WP01") / "precious.txt"));
  type(found[0]);
  ok({"merge"});
  EXPECT_TRUE(std::filesystem::exists(repo() / "precious.txt"));
  EXPECT_FALSE(std::filesystem::exists(tree("WP01")));
}

TEST_F(WorkflowGates, ARebaseUnderWayStopsAMerge) {
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  commit_work("WP01", "b.txt");
  EXPECT_NE(
      git_status({"-C", tree("WP01").string(), "rebase", "--quiet", "--exec", "false", "HEAD~2"}),
      0);
  EXPECT_NE(refused({"merge"}).find("a rebase is under way in WP01's worktree"), std::string::npos);
  const auto forced = ok({"merge", "--force"});
  EXPECT_NE(forced.err.find("a rebase is under way in it"), std::string::npos) << forced.err;
  EXPECT_TRUE(std::filesystem::exists(tree("WP01") / "WP01.txt"));
}

TEST_F(WorkflowGates, ARebaseInThePrimaryCheckoutIsEndedFirst) {
  write_text(repo() / "a", "a");
  commit_all();
  EXPECT_NE(git_status({"rebase", "--quiet", "--exec", "false", "HEAD~1"}), 0);
  const auto words = refused(move("doing"));
  EXPECT_NE(words.find("a rebase is under way in the primary checkout"), std::string::npos)
      << words;
  const auto command = words.find("git -C ");
  ASSERT_NE(command, std::string::npos) << words;
  type(words.substr(command, words.find('\n', command) - command));
  ok(move("doing"));
}

TEST_F(WorkflowGates, ChangesInsideOfASubmoduleAreCommittedThere) {
  shell(
      "git init -q lib; cd lib; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x");
  const auto lib = (root() / "lib").string();
  git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", lib, "sub"});
  commit_all("a submodule");
  implement("WP01");
  git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"},
      tree("WP01"));
  write_text(tree("WP01") / "sub" / "loose", "x");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  clear(move("for_review"));
  write_text(tree("WP01") / "sub" / "loose", "y");
  clear({"merge"});
}

TEST_F(WorkflowGates, IgnoredFilesOfARemovedWorktreeAreNamed) {
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  write_text(repo() / ".git" / "info" / "exclude", "*.log\n/.worktrees/\n");
  for (const char* name : {"a.log", "b.log", "c.log", "d.log", "e.log", "f.log", "g.log"})
    write_text(tree("WP01") / name, "x");
  const auto done = ok({"merge"});
  EXPECT_NE(done.err.find("a.log, b.log, c.log, d.log, e.log and 2 more"), std::string::npos)
      << done.err;
  EXPECT_FALSE(std::filesystem::exists(tree("WP01")));
}

TEST_F(WorkflowGates, AcceptAsksForMergedBranchesAndCheckedBoxes) {
  implement("WP01");
  for (const char* id : {"WP01", "WP02", "WP03"})
    ok({"agent", "tasks", "move-task", id, "--to", "for_review", "--force"});
  ok({"agent", "tasks", "mark-status", "T003", "--status", "done"});
  const auto first = json_of({"accept"});
  EXPECT_EQ(to_text(*member(first, "accepted")), R"(["WP02","WP03"])");
  EXPECT_EQ(member(first, "blockers")->Size(), 2U);
  EXPECT_FALSE(member(first, "complete")->GetBool());
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_EQ(transitions().back(), "WPStatusChanged WP03 for_review done");
  clear({"accept"});
  const auto done = ok({"accept"});
  EXPECT_EQ(done.err.find("taken as merged elsewhere"), std::string::npos) << done.err;
  EXPECT_EQ(transitions().back(), "FeatureCompleted 001-tea");
}

TEST_F(WorkflowGates, AFeatureThatWasAcceptedMeanwhileIsCompletedOnce) {
  for (const char* id : {"WP01", "WP02", "WP03"})
    ok({"agent", "tasks", "move-task", id, "--to", "for_review", "--force"});
  ok({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"});
  const auto done = ok({"accept", "--test", command({}).argv.front() + " accept"});
  EXPECT_NE(done.out.find("001-tea is accepted already"), std::string::npos) << done.out;
  const auto recorded = transitions();
  EXPECT_EQ(std::count(recorded.begin(), recorded.end(), "FeatureCompleted 001-tea"), 1);
  EXPECT_EQ(lines_of(git({"log", "--format=%h", "--grep=^Accept"})).size(), 1U);
}

TEST_F(WorkflowGates, AcceptNamesWhatKeepsAWorkPackageInDoing) {
  ok({"implement", "WP01"});
  write_text(tree("WP01") / "new.txt", "x");
  const auto words = refused({"accept"});
  for (const char* part : {"T001, T002", "new.txt", "WP01 is in doing", "WP02 is in planned"})
    EXPECT_NE(words.find(part), std::string::npos) << words;
  const auto listed = commands({"accept"});
  for (const auto& line : gate_words(listed.begin(), listed.begin() + 3))
    type(line);
  EXPECT_EQ(lane("WP01"), "for_review");
}

TEST_F(WorkflowGates, AcceptNamesWhatItTakesForGranted) {
  ok({"agent", "tasks", "move-task", "WP03", "--to", "for_review", "--force"});
  const auto done = ok({"accept"});
  EXPECT_NE(done.err.find("WP03 has no branch and no merge of ours; taken as merged elsewhere"),
            std::string::npos)
      << done.err;
}

TEST_F(WorkflowGates, BackInPlannedTheBoxesAreOpenAgain) {
  ok({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"});
  const auto before = events().size();
  write_text(root() / "feedback.md", "again");
  ok({"agent", "tasks", "move-task", "WP01", "--to", "planned", "--review-feedback-file",
      (root() / "feedback.md").string()});
  EXPECT_EQ(events().size(), before + 1);
  EXPECT_EQ(changes(), "");
  const auto text = read_text(feature() / "tasks.md");
  EXPECT_NE(text.find("- [ ] T001"), std::string::npos);
  EXPECT_NE(text.find("- [ ] T002"), std::string::npos);
  EXPECT_NE(text.find("- [x] T003"), std::string::npos);
}

TEST_F(WorkflowGates, ImplementStartsFromItsOneUnfinishedDependency) {
  ok({"agent", "feature", "finalize-tasks", "--quiet"});
  const auto found = commands({"implement", "WP02"});
  ASSERT_EQ(found.size(), 1U);
  type(found[0]); // starts WP01
  commit_work("WP01");
  const auto done = ok({"implement", "WP02"});
  EXPECT_NE(done.out.find("WP02 starts from 001-tea-WP01: WP01 is not in main yet"),
            std::string::npos)
      << done.out;
  EXPECT_TRUE(std::filesystem::exists(tree("WP02") / "WP01.txt"));
  EXPECT_NE(read_text(wp_file("WP02")).find("base_branch: \"001-tea-WP01\""), std::string::npos);
  EXPECT_NE(read_text(wp_file("WP02"))
                .find("base_commit: \"" + git({"rev-parse", "001-tea-WP01"}).substr(0, 40)),
            std::string::npos);
}

TEST_F(WorkflowGates, SeveralUnfinishedDependenciesAreAChoice) {
  ok({"agent", "feature", "finalize-tasks", "--quiet"});
  implement("WP01");
  implement("WP02");
  const auto found = commands({"implement", "WP03"});
  EXPECT_EQ(found, (gate_words{"spec-kitty implement WP03 --base WP01 --feature 001-tea",
                               "spec-kitty implement WP03 --base WP02 --feature 001-tea"}));
  ok({"merge", "--force"});
  const auto done = ok({"implement", "WP03"}); // merged: finished, though in for_review
  EXPECT_EQ(done.out.find("starts from"), std::string::npos) << done.out;
  EXPECT_TRUE(std::filesystem::exists(tree("WP03") / "WP02.txt"));
}

} // namespace
} // namespace spec_kitty::support
