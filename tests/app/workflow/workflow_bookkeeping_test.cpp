// The bookkeeping under kitty-specs is the target's: what branches do to it, what is read of other
// tools, what finalize names.
#include "tests/app/workflow/workflow_fixture.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct WorkflowBookkeeping : workflow_test {
  std::filesystem::path in_tree(const std::string& id, const std::filesystem::path& file) const {
    return tree(id) / std::filesystem::relative(file, repo());
  }
  static std::string with(std::string text, const std::string& old, const std::string& fresh) {
    const auto at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return at == std::string::npos ? text : text.replace(at, old.size(), fresh);
  }
};

TEST_F(WorkflowBookkeeping, ABranchCarriesNoLaneBoxOrFileOfOthersIn) {
  ok({"implement", "WP01"});
  write_text(in_tree("WP01", wp_file("WP02")), with(wp_text("WP02"), "planned", "done"));
  write_text(in_tree("WP01", feature() / "tasks.md"),
             with(read_text(feature() / "tasks.md"), "[ ] T003", "[x] T003"));
  std::filesystem::remove(in_tree("WP01", wp_file("WP03")));
  write_text(in_tree("WP01", feature() / "research.md"), "found\n");
  write_text(in_tree("WP01", wp_file("WP01")),
             read_text(wp_file("WP01")) +
                 "- 2026-02-03T19:29:53Z – claude – lane=doing – tried the kettle\n");
  commit_work("WP01");
  const auto tasks = read_text(feature() / "tasks.md");
  const auto head = git({"rev-parse", "HEAD"}).substr(0, 40);
  const auto tip = git({"rev-parse", "001-tea-WP01"}).substr(0, 40);
  const auto done = ok({"merge", "--force"});
  for (const char* file : {"tasks/WP02-part.md", "tasks/WP03-part.md", "tasks.md"})
    EXPECT_NE(done.err.find("WP01's branch changes kitty-specs/001-tea/" + std::string(file) +
                            "; main keeps its own text"),
              std::string::npos)
        << done.err;
  EXPECT_EQ(done.err.find("tasks/WP01-part.md"), std::string::npos) << done.err;
  EXPECT_EQ(read_text(wp_file("WP02")), wp_text("WP02"));
  EXPECT_EQ(read_text(wp_file("WP03")), wp_text("WP03"));
  EXPECT_EQ(read_text(feature() / "tasks.md"), tasks);
  EXPECT_EQ(read_text(feature() / "research.md"), "found\n");
  EXPECT_EQ(read_text(repo() / "WP01.txt"), "work of WP01\n");
  const auto log = read_text(wp_file("WP01"));
  EXPECT_NE(log.find("tried the kettle"), std::string::npos);
  EXPECT_LT(log.find("tried the kettle"), log.find("Merged into main"));
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_EQ(changes(), "");
  // One update of the target; the merge commit names the tip.
  EXPECT_EQ(git({"rev-parse", "HEAD@{1}"}).substr(0, 40), head);
  EXPECT_NE(git({"log", "-1", "--format=%B", "HEAD^"}).find("Spec-Kitty-Merged: WP01 " + tip),
            std::string::npos);
}

TEST_F(WorkflowBookkeeping, LanesThatGitIgnoresMoveOnDisk) {
  git({"rm", "-r", "--quiet", "--cached", "kitty-specs"});
  write_text(repo() / ".gitignore", "kitty-specs/\n.worktrees/\n");
  commit_all();
  git({"branch", "001-tea-WP01"});
  git({"worktree", "add", "--quiet", tree("WP01").string(), "001-tea-WP01"});
  commit_work("WP01");
  write_text(wp_file("WP01"), [&] {
    auto text = wp_text("WP01");
    return text.replace(text.find("planned"), 7, "doing");
  }());
  ok({"merge", "--force"});
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_EQ(read_text(repo() / "WP01.txt"), "work of WP01\n");
  EXPECT_EQ(transitions(), (std::vector<std::string>{"WPStatusChanged WP01 doing for_review"}));
}

TEST_F(WorkflowBookkeeping, LanesInAnEventLogAreShownAndNotChanged) {
  const auto event = [](const char* wp, const char* to, const char* at) {
    return std::string(R"({"event_id":"01KAAAAAAAAAAAAAAAAAAAAAAA","wp_id":")") + wp +
           R"(","from_lane":"planned","to_lane":")" + to + R"(","at":")" + at + "\"}\n";
  };
  write_text(feature() / "status.events.jsonl",
             event("WP01", "done", "2026-08-02T00:00:00+00:00") + "torn {\n" +
                 event("WP01", "in_review", "2026-08-01T00:00:00+00:00") +
                 event("WP02", "approved", "2026-08-01T00:00:00+00:00"));
  commit_all();
  const auto status = ok({"agent", "tasks", "status"}).out;
  EXPECT_NE(status.find("1 planned, 0 doing, 0 for_review, 2 done"), std::string::npos) << status;
  EXPECT_NE(status.find("done (approved)"), std::string::npos) << status;
  EXPECT_NE(status.find("status.events.jsonl"), std::string::npos) << status;
  for (const words& command : {words{"implement", "WP03"},
                               {"agent", "tasks", "move-task", "WP03", "--to", "doing"},
                               {"merge"},
                               {"accept"}})
    EXPECT_NE(refused(command).find("which this program only reads"), std::string::npos);
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowBookkeeping, FinalizeNamesWhatItCannotUseAndWhatItTakesOut) {
  write_text(wp_file("WP02"), with(wp_text("WP02"), "agent: \"\"",
                                   "agent: \"\"\ndependencies: WP03\nsubtasks: [T003, T077]"));
  write_text(wp_file("WP04"), wp_text("WP04"));
  commit_all();
  const auto done = ok({"agent", "feature", "finalize-tasks"});
  EXPECT_NE(done.err.find("WP02 no longer depends on WP03"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("WP02 lists subtasks without a check box in tasks.md: T077"),
            std::string::npos)
      << done.err;
  EXPECT_NE(done.err.find("no section in tasks.md for WP04"), std::string::npos) << done.err;
  EXPECT_NE(read_text(wp_file("WP02")).find("dependencies: [\"WP01\"]"), std::string::npos);
}

TEST_F(WorkflowBookkeeping, FinalizeNamesLinesThatLookLikeDependenciesAndSectionsWithoutAFile) {
  auto text = read_text(feature() / "tasks.md");
  text += "\n- **Deps**: WP02\n\n## Work Package WP05: Spoon\n\n**Dependencies**: WP01\n";
  text.replace(text.find("**Dependencies**: WP01-WP02"), 27, "");
  write_text(feature() / "tasks.md", text);
  commit_all();
  const auto done = ok({"agent", "feature", "finalize-tasks"});
  EXPECT_NE(done.err.find("WP03 does not depend on WP02: line "), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("write it as `Dependencies: WP02`"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("no file in tasks/ for the sections of WP05"), std::string::npos)
      << done.err;
}

TEST_F(WorkflowBookkeeping, OneBadFileDoesNotHideTheOthers) {
  write_text(wp_file("WP02"), "no frontmatter\n");
  write_text(feature() / "tasks" / "WP04-a.md", wp_text("WP04"));
  write_text(feature() / "tasks" / "WP04-b.md", wp_text("WP04"));
  write_text(feature() / "meta.json", "{");
  const auto done = ok({"agent", "tasks", "status"});
  EXPECT_NE(done.out.find("2 planned"), std::string::npos) << done.out;
  for (const char* words : {"meta.json", "WP02-part.md, line 1", "WP04 has two files"})
    EXPECT_NE(done.err.find(words), std::string::npos) << words << done.err;
  const auto listed = json_of({"agent", "tasks", "list-tasks"});
  EXPECT_EQ(member(listed, "unreadable")->Size(), 3U);
  EXPECT_EQ(member(listed, "tasks")->Size(), 2U);
  const auto message = refused({"agent", "feature", "finalize-tasks"});
  EXPECT_NE(message.find("meta.json"), std::string::npos) << message;
}

TEST_F(WorkflowBookkeeping, AMoveAsksForItsOwnFileAlone) {
  write_text(wp_file("WP02"), "no frontmatter\n");
  write_text(feature() / "tasks" / "WP04-a.md", wp_text("WP04"));
  write_text(feature() / "tasks" / "WP04-b.md", wp_text("WP04"));
  commit_all();
  ok({"agent", "tasks", "move-task", "WP03", "--to", "doing"});
  const auto message = refused({"agent", "feature", "finalize-tasks"});
  EXPECT_NE(message.find("WP02-part.md"), std::string::npos) << message;
  EXPECT_NE(message.find("WP04 has two files"), std::string::npos) << message;
}

TEST_F(WorkflowBookkeeping, AFeatureMayHaveAnyName) {
  for (const auto& [slug, number] :
       {std::pair<std::string, std::string>("session-presence-01KTH57W", "null"),
        {"1028-Tea_Time", "\"1028\""},
        {"42-tea", "\"042\""}}) {
    fs::copy(feature(), repo() / "kitty-specs" / slug, fs::copy_options::recursive);
    write_text(repo() / "kitty-specs" / slug / "meta.json",
               slug.starts_with("42") ? R"({"mission_number": 42})" : "{}");
    commit_all(slug);
    ok({"agent", "feature", "finalize-tasks", "--feature", slug});
    const auto all = stored();
    const auto created = std::find_if(all.rbegin(), all.rend(), [](const auto& event) {
      return event.find("\"FeatureCreated\"") != std::string::npos;
    });
    ASSERT_NE(created, all.rend()) << slug;
    EXPECT_NE(created->find("\"feature_slug\":\"" + slug + "\",\"feature_number\":" + number),
              std::string::npos)
        << *created;
  }
  EXPECT_NE(ok({"agent", "tasks", "status", "--feature", "session"}).out.find("session-presence"),
            std::string::npos)
      << "the beginning of one name is enough";
}

TEST_F(WorkflowBookkeeping, ListsOfSubtasksAndBoxesInThemCount) {
  auto text = read_text(feature() / "tasks.md");
  text += "\n- **Subtasks**: [ ] T031 [ ] T032\n- **Subtasks**: T041–T042\n";
  write_text(feature() / "tasks.md", text);
  commit_all();
  ok({"agent", "tasks", "mark-status", "T031", "--status", "done"});
  EXPECT_NE(read_text(feature() / "tasks.md").find("[x] T031 [ ] T032"), std::string::npos);
  ok({"implement", "WP03", "--force"});
  const auto message = refused({"agent", "tasks", "move-task", "WP03", "--to", "for_review"});
  EXPECT_NE(message.find("T032"), std::string::npos) << message;
  ok({"agent", "tasks", "mark-status", "T032", "--status", "done"});
  const auto done = ok({"agent", "tasks", "move-task", "WP03", "--to", "for_review"});
  EXPECT_NE(done.err.find("without a check box in tasks.md: T041, T042"), std::string::npos)
      << done.err;
}

TEST_F(WorkflowBookkeeping, ASparseCheckoutThatLeavesAFeatureOutIsNamed) {
  git({"sparse-checkout", "set", "--no-cone", "/*", "!/kitty-specs/001-tea/", "/kitty-specs/x"});
  EXPECT_NE(refused({"agent", "tasks", "status", "--feature", "001-tea"}).find("sparse"),
            std::string::npos);
}

TEST_F(WorkflowBookkeeping, SubtasksWithoutABoxAreNamedByAMove) {
  write_text(wp_file("WP03"), with(wp_text("WP03"), "agent: \"\"", "subtasks: [T077]"));
  commit_all();
  const auto done = ok({"agent", "tasks", "move-task", "WP03", "--to", "for_review"});
  EXPECT_NE(done.err.find("T077"), std::string::npos) << done.err;
}

} // namespace
} // namespace spec_kitty::support
