// A feature's life with the commands that people type: what is on disk and what is recorded agree
// at every step, and nothing is said twice.
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

struct WorkflowLife : workflow_test {};
using lines = std::vector<std::string>;

TEST_F(WorkflowLife, DiskAndEventsAgreeAndALoginDeliversEachEventOnce) {
  lines expected;
  const auto step = [&](const words& command, const lines& events) {
    ok(command);
    expected.insert(expected.end(), events.begin(), events.end());
    EXPECT_EQ(transitions(), expected) << command.back();
    ok(command); // a done command again
    EXPECT_EQ(transitions(), expected) << command.back() << " a second time";
    EXPECT_EQ(changes(), "");
  };
  step({"agent", "feature", "finalize-tasks"},
       {"FeatureCreated 001-tea", "WPCreated WP01", "WPCreated WP02", "WPCreated WP03"});
  step({"implement", "WP01", "--agent", "claude"}, {"WPStatusChanged WP01 planned doing"});
  commit_work("WP01");
  step({"implement", "WP02"}, {"WPStatusChanged WP02 planned doing"});
  commit_work("WP02");
  step({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"},
       {"HistoryAdded WP01", "HistoryAdded WP01", "HistoryAdded WP02"});
  step({"agent", "tasks", "move-task", "WP01", "--to", "for_review", "--agent", "claude"},
       {"WPStatusChanged WP01 doing for_review"});
  EXPECT_EQ(lane("WP01"), "for_review");
  write_text(root() / "feedback.md", "Please whistle.\n");
  step({"agent", "tasks", "move-task", "WP01", "--to", "planned", "--review-feedback-file",
        (root() / "feedback.md").string(), "--reviewer", "bob"},
       {"WPStatusChanged WP01 for_review planned"});
  EXPECT_NE(read_text(wp_file("WP01")).find("Please whistle."), std::string::npos);
  step({"implement", "WP01", "--agent", "claude"}, {"WPStatusChanged WP01 planned doing"});
  step({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"},
       {"HistoryAdded WP01", "HistoryAdded WP01"});
  step({"implement", "WP03", "--base", "WP02"}, {"WPStatusChanged WP03 planned doing"});
  commit_work("WP03");
  step({"merge"}, {"WPStatusChanged WP01 doing for_review", "WPStatusChanged WP02 doing for_review",
                   "WPStatusChanged WP03 doing for_review"});
  step({"accept", "--actor", "bob"},
       {"WPStatusChanged WP01 for_review done", "WPStatusChanged WP02 for_review done",
        "WPStatusChanged WP03 for_review done", "FeatureCompleted 001-tea"});
  for (const char* id : {"WP01", "WP02", "WP03"})
    EXPECT_EQ(lane(id), "done");
  const auto meta = parsed(read_text(feature() / "meta.json"));
  EXPECT_EQ(text_of(meta, "accepted_by"), "bob");
  EXPECT_EQ(text_of(meta, "slug"), "001-tea");

  const auto recorded = stored();
  logged_in();
  const auto report = json_of({"sync", "now"});
  EXPECT_EQ(number_in(report, {"synced"}), static_cast<std::int64_t>(recorded.size()));
  EXPECT_EQ(ids_of(server->events()), ids_of(recorded));
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"selected"}), 0);
}

TEST_F(WorkflowLife, EveryEventSaysItsFeatureAndLeadsBackToTheFirst) {
  ok({"agent", "feature", "finalize-tasks"});
  ok({"implement", "WP01"});
  ok({"agent", "tasks", "mark-status", "T001", "T003", "--status", "done"});
  ok({"agent", "tasks", "add-history", "WP01", "--note", "a"});
  refused({"agent", "tasks", "move-task", "WP01", "--to", "done"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "planned", "--force"});
  std::map<std::string, std::string> last; ///< event of each work package
  for (const auto& json : stored()) {
    const auto event = parsed(json);
    EXPECT_EQ(text_of(event, "feature_slug"), "001-tea") << json;
    const auto subject = text_of(event, "aggregate_id").value_or("");
    if (last.contains(subject))
      EXPECT_EQ(text_of(event, "causation_id"), last[subject]) << json;
    else
      EXPECT_FALSE(text_of(event, "causation_id").value_or("").empty()) << json;
    last[subject] = text_of(event, "event_id").value_or("");
  }
  EXPECT_EQ(last.size(), 4U) << "the feature and three work packages";
}

TEST_F(WorkflowLife, FinalizeSharesOneCauseAndAnnouncesOnlyWhatIsNew) {
  const auto first = json_of({"agent", "feature", "finalize-tasks"});
  EXPECT_EQ(number_in(first, {"events", "recorded"}), 4);
  std::set<std::string> causes;
  for (const auto& event : stored())
    causes.insert(text_of(parsed(event), "causation_id").value_or("none"));
  EXPECT_EQ(causes.size(), 1U);
  EXPECT_EQ(causes.count("none"), 0U);
  EXPECT_NE(read_text(wp_file("WP03")).find("dependencies: [\"WP01\", \"WP02\"]\n---\n"),
            std::string::npos);
  EXPECT_EQ(read_text(wp_file("WP01")), wp_text("WP01")); // its section names none
  EXPECT_EQ(number_in(json_of({"agent", "feature", "finalize-tasks"}), {"events", "recorded"}), 0);

  write_text(wp_file("WP04"), wp_text("WP04"));
  commit_all();
  ok({"init"}); // the project has an identity now: what was said before is still known
  ok({"agent", "feature", "finalize-tasks"});
  EXPECT_EQ(events().back(), "WPCreated WP04");
  EXPECT_EQ(events().size(), 5U);
}

TEST_F(WorkflowLife, InitWritesOneFileOnce) {
  const auto first = json_of({"init", "--name", "Tea House"});
  EXPECT_EQ(text_of(first, "project_slug"), "tea-house");
  const auto text = read_text(repo() / ".kittify" / "config.yaml");
  EXPECT_EQ(text_of(json_of({"init", "--name", "other"}), "project_uuid"),
            text_of(first, "project_uuid"));
  EXPECT_EQ(read_text(repo() / ".kittify" / "config.yaml"), text);
  EXPECT_FALSE(std::filesystem::exists(home()));
  ok({"agent", "tasks", "add-history", "WP01", "--note", "hello"});
  EXPECT_EQ(text_of(parsed(stored().back()), "project_slug"), "tea-house");
}

TEST_F(WorkflowLife, InitKeepsWhatTheFileHolds) {
  std::filesystem::create_directory(repo() / ".kittify");
  write_text(repo() / ".kittify" / "config.yaml", "# mine\nagents: [a]");
  ok({"init"});
  EXPECT_TRUE(read_text(repo() / ".kittify" / "config.yaml")
                  .starts_with("# mine\nagents: [a]\nproject:\n"));
}

TEST_F(WorkflowLife, ReadingCommandsTellAndWriteNothing) {
  ok({"agent", "feature", "finalize-tasks"});
  ok({"agent", "tasks", "mark-status", "T001", "--status", "done"});
  const auto before = stored();
  const auto status = json_of({"agent", "tasks", "status"});
  EXPECT_EQ(number_in(status, {"lanes", "planned"}), 3);
  const auto tasks = json_of({"agent", "tasks", "list-tasks", "--lane", "planned"});
  const json_value* first = &(*member(tasks, "tasks"))[0];
  EXPECT_EQ(text_of(*first, "title"), "Part WP01");
  EXPECT_TRUE((*member(*first, "subtasks"))[0]["done"].GetBool());
  EXPECT_FALSE((*member(*first, "subtasks"))[1]["done"].GetBool());
  const auto listed = json_of({"agent", "tasks", "list-dependents", "WP01"});
  EXPECT_EQ(to_text(*member(listed, "dependents")), R"(["WP02","WP03"])");
  json_of({"agent", "tasks", "list-dependents", "WP09"}, 1);
  EXPECT_EQ(stored(), before);
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowLife, EveryCommandWorksFromInsideAWorktree) {
  implement("WP01");
  const auto from = tree("WP01") / "kitty-specs";
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"}, from);
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"}, from);
  ok({"implement", "WP02", "--base", "WP01"}, from);
  commit_work("WP02");
  ok({"agent", "tasks", "mark-status", "T003", "--status", "done"}, from);
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_EQ(git({"status", "--porcelain"}, tree("WP01")), "");
  const auto done = ok({"merge"}, tree("WP02"));
  EXPECT_NE(done.err.find("you are in it"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(tree("WP01")));
  EXPECT_TRUE(std::filesystem::exists(tree("WP02")));
  EXPECT_EQ(lane("WP02"), "for_review");
}

TEST_F(WorkflowLife, TheFeatureIsFoundByFlagVariableBranchAndFolder) {
  std::filesystem::create_directories(repo() / "kitty-specs" / "002-coffee" / "tasks");
  write_text(repo() / "kitty-specs" / "002-coffee" / "tasks" / "WP01.md", wp_text("WP01"));
  commit_all();
  EXPECT_NE(refused({"agent", "tasks", "status"}).find("001-tea, 002-coffee"), std::string::npos);
  const auto found = [&](const finished& done) {
    return text_of(parsed(done.out), "feature").value_or("");
  };
  const words status = {"agent", "tasks", "status", "--json"};
  auto named = status;
  named.insert(named.end(), {"--feature", "001-tea"});
  EXPECT_EQ(found(ok(named)), "001-tea");
  EXPECT_EQ(found(ok(status, repo() / "kitty-specs" / "002-coffee" / "tasks")), "002-coffee");
  ok({"implement", "WP01", "--feature", "002-coffee"});
  EXPECT_EQ(found(ok(status, repo() / ".worktrees" / "002-coffee-WP01")), "002-coffee");
  env["SPECIFY_FEATURE"] = "001-tea";
  EXPECT_EQ(found(ok(status)), "001-tea");
}

TEST_F(WorkflowLife, WithoutAnyHomeTheWorkIsDoneAndTheLossIsSaid) {
  env["SPEC_KITTY_HOME"] = "";
  env["HOME"] = "";
  const auto object = json_of({"agent", "feature", "finalize-tasks"});
  EXPECT_EQ(number_in(object, {"events", "recorded"}), 0);
  EXPECT_EQ(number_in(object, {"events", "not_recorded"}), 4);
  EXPECT_NE(text_of(*member(object, "events"), "reason").value_or(""), "");
  const auto done = ok({"implement", "WP01"});
  EXPECT_NE(done.err.find("1 event NOT recorded"), std::string::npos);
  EXPECT_EQ(done.err.find("warning:", done.err.find("warning:") + 1), std::string::npos);
  EXPECT_EQ(lane("WP01"), "doing");
  EXPECT_NE(refused({"implement", "WP09"}).find("no work package WP09"), std::string::npos);
}

TEST_F(WorkflowLife, AHomeThatIsAFileOrADamagedConfigurationStopsNobody) {
  write_text(home(), "no folder");
  EXPECT_NE(ok({"implement", "WP01"}).err.find("NOT recorded"), std::string::npos);
  std::filesystem::remove(home());
  std::filesystem::create_directory(home());
  write_text(home() / "config.toml", "this is [no toml");
  const auto words = ok({"implement", "WP02"}).err; // the defaults do to record it
  EXPECT_NE(words.find("config.toml"), std::string::npos) << words;
  EXPECT_NE(words.find("[Offline] 2 queued"), std::string::npos) << words;
  EXPECT_EQ(lane("WP02"), "doing");
}

TEST_F(WorkflowLife, TheStandingIsOneLineOnStderr) {
  const auto done = ok({"agent", "tasks", "add-history", "WP01", "--note", "a"});
  EXPECT_EQ(done.err, "[Offline] 1 queued\n");
  EXPECT_EQ(ok({"agent", "tasks", "add-history", "WP01", "--note", "a", "--quiet"}).err, "");
  EXPECT_EQ(ok({"agent", "tasks", "move-task", "WP01", "--to", "planned"}).err,
            "[Offline] 2 queued\n");
}

TEST_F(WorkflowLife, FailedWorkIsRecordedWithTheUsersHomeAsATilde) {
  env["HOME"] = root().string();
  hook("pre-commit", "echo \"$PWD refuses\" >&2; exit 1");
  const auto words = refused({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  EXPECT_NE(words.find(repo().string() + " refuses"), std::string::npos) << words;
  const auto event = parsed(stored().back());
  EXPECT_EQ(text_of(event, "event_type"), "ErrorLogged");
  const json_value& payload = *member(event, "payload");
  EXPECT_EQ(text_of(payload, "error_type"), "runtime");
  EXPECT_EQ(text_of(payload, "wp_id"), "WP01");
  const auto message = text_of(payload, "error_message").value_or("");
  EXPECT_NE(message.find("~/work refuses"), std::string::npos) << message;
  EXPECT_EQ(message.find(root().string()), std::string::npos) << message;
  EXPECT_EQ(member(payload, "stack_trace"), nullptr);
}

TEST_F(WorkflowLife, WhatCouldNotBeginIsNotRecorded) {
  refused({"agent", "tasks", "move-task", "WP09", "--to", "done"});
  refused({"agent", "tasks", "move-task", "WP01", "--to", "sideways"});
  refused({"agent", "tasks", "move-task", "WP01", "--to", "done"});
  refused({"implement", "WP01", "--feature", "009-no"});
  refused({"merge"});
  refused({"accept"});
  auto elsewhere = command({"implement", "WP01"});
  elsewhere.cwd = root();
  EXPECT_EQ(run(elsewhere).status, 1);
  EXPECT_EQ(stored(), lines{});
}

} // namespace
} // namespace spec_kitty::support
