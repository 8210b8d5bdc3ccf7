// Commands that are killed or interrupted, and run again: whatever the moment, each change that is
// on disk has one event, in the order of the changes.
#include "tests/app/workflow/intents/intents_fixture.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

/// Its command changes something each time it is run to its end.
struct repeated_command {
  const char* name;
  words (*arguments)(int round);
};

const repeated_command repeated[] = {
    {"move-task",
     [](int round) -> words {
       return {"agent",  "tasks", "move-task", "WP01", "--to", round % 2 == 0 ? "doing" : "planned",
               "--force"};
     }},
    {"mark-status",
     [](int round) -> words {
       return {"agent",
               "tasks",
               "mark-status",
               "T001",
               "T002",
               "--status",
               round % 2 == 0 ? "done" : "pending"};
     }},
    {"add-history",
     [](int round) -> words {
       return {"agent", "tasks", "add-history", "WP01", "--note", "note " + std::to_string(round)};
     }},
};

struct Killed : intents_test, ::testing::WithParamInterface<repeated_command> {};

TEST_P(Killed, AtAnyOperationOnAFileOneEventForEachChange) {
  const auto& each = GetParam();
  int round = 0;
  // Git inherits the fault: it is killed as well, at its own operation of that number.
  for (int at = 1;; at += stride(7, 1)) {
    const auto arguments = each.arguments(round);
    const auto ended = run(with_kill(command(arguments), at));
    const bool reached = ended.signal == SIGKILL;
    ok(arguments);
    expect_chain(std::string(each.name) + " killed at operation " + std::to_string(at));
    if (!reached || HasFailure())
      break;
    ++round;
  }
  EXPECT_GT(round, 3);
}

TEST_P(Killed, WhileAHookRunsAndRunAgainAtOnce) {
  const auto& each = GetParam();
  int round = 0;
  for (const char* name : {"pre-commit", "commit-msg", "post-commit"})
    for (const int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP}) {
      const auto arguments = each.arguments(round++);
      blocking_hook(name);
      child first(command(arguments));
      ASSERT_TRUE(eventually([&] { return hook_is_reached(); }));
      first.send(signal);
      child again(command(arguments));
      release_hook();
      const auto ended = first.wait();
      EXPECT_EQ(ended.signal, signal) << ended.err;
      const auto second = again.wait();
      EXPECT_EQ(second.status, 0) << second.err;
      remove_hook(name);
      expect_chain(std::string(each.name) + " in " + name + " by signal " + std::to_string(signal));
      if (HasFailure())
        return;
    }
}

TEST_P(Killed, AtARandomMomentOneEventForEachChange) {
  const auto& each = GetParam();
  int round = 0;
  for (const int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP})
    for (int i = 0; i < rounds(1, 20); ++i) {
      const auto arguments = each.arguments(round++);
      child first(command(arguments));
      (void)eventually([&] { return first.has_ended(); }, random_moment());
      first.send(signal);
      if (i % 2 == 0)
        (void)first.wait();
      ok(arguments);
      (void)first.wait();
      expect_chain(std::string(each.name) + " by signal " + std::to_string(signal));
      if (HasFailure())
        return;
    }
}

std::string name_of_command(const ::testing::TestParamInfo<repeated_command>& tested) {
  std::string name = tested.param.name;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Commands, Killed, ::testing::ValuesIn(repeated), name_of_command);

TEST_F(intents_test, AnImplementThatIsKilledIsCompletedByTheNext) {
  for (int at = 1;; at += stride(23, 1)) {
    const auto ended = run(with_kill_of_command(command({"implement", "WP01"}), at));
    ok({"implement", "WP01"});
    expect_chain("implement killed at operation " + std::to_string(at));
    EXPECT_TRUE(std::filesystem::exists(tree("WP01") / "kitty-specs"));
    if (ended.signal != SIGKILL || HasFailure())
      return;
    git({"worktree", "remove", "--force", tree("WP01").string()});
    git({"branch", "--quiet", "-D", "001-tea-WP01"});
    ok({"agent", "tasks", "move-task", "WP01", "--to", "planned"});
  }
}

TEST_F(intents_test, AnImplementIsRunAgainWhileTheGitOfAKilledOneMakesTheWorktree) {
  for (const char* when : {"[ $1 = prepared ]", "[ $1 = committed ]"}) { // the branch is made
    blocking_hook("reference-transaction", when);
    child first(command({"implement", "WP01"}));
    ASSERT_TRUE(eventually([&] { return hook_is_reached(); }));
    first.send(SIGKILL);
    (void)first.wait();
    child again(command({"implement", "WP01"}));
    EXPECT_FALSE(eventually([&] { return again.has_ended(); }, milliseconds(200)));
    release_hook();
    const auto done = again.wait();
    EXPECT_EQ(done.status, 0) << done.err;
    remove_hook("reference-transaction");
    expect_chain(when);
    EXPECT_TRUE(std::filesystem::exists(tree("WP01") / "kitty-specs"));
    git({"worktree", "remove", "--force", tree("WP01").string()});
    git({"branch", "--quiet", "-D", "001-tea-WP01"});
    ok({"agent", "tasks", "move-task", "WP01", "--to", "planned"});
  }
}

TEST_F(intents_test, TheLockOfABranchThatAKilledGitLeftStopsNoImplement) {
  const auto lock = repo() / ".git" / "refs" / "heads" / "001-tea-WP01.lock";
  blocking_hook("reference-transaction", "[ $1 = prepared ]");
  auto what = command({"implement", "WP01"});
  what.own_group = true;
  child first(what);
  ASSERT_TRUE(eventually([&] { return hook_is_reached(); }));
  ASSERT_TRUE(std::filesystem::exists(lock));
  ::kill(-first.pid(), SIGKILL);
  (void)first.wait();
  release_hook();
  remove_hook("reference-transaction");
  ok({"implement", "WP01"});
  EXPECT_FALSE(std::filesystem::exists(lock));
  expect_chain("after the lock of a killed git");
}

} // namespace
} // namespace spec_kitty::support
