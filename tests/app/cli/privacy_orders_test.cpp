// An opt-out holds whatever comes before and after it, and in every worktree of every layout of
// git. The real server is asked at the end: nothing of the project may be there.
#include "tests/support/cli_test.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class OptedOut : public cli_test {
protected:
  OptedOut() {
    env = {{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"},
           {"GIT_AUTHOR_NAME", "a"},           {"GIT_AUTHOR_EMAIL", "a@example.org"},
           {"GIT_COMMITTER_NAME", "a"},        {"GIT_COMMITTER_EMAIL", "a@example.org"},
           {"GIT_CONFIG_COUNT", "1"},          {"GIT_CONFIG_KEY_0", "protocol.file.allow"},
           {"GIT_CONFIG_VALUE_0", "always"}};
    server = std::make_unique<dev_server>(root() / "server");
  }

  void ok(words arguments, const fs::path& where, std::string input = {}) const {
    auto what = command(std::move(arguments), std::move(input));
    what.cwd = where;
    const auto done = run(what);
    ASSERT_EQ(done.status, 0) << what.argv[1] << " in " << where << ": " << done.err;
  }

  void note(const fs::path& where) {
    ok({"emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note", "--field",
        "entry_content=private"},
       where);
    ++recorded_;
  }

  void log_in() const {
    ok({"sync", "server", server->url()}, root());
    ok({"auth", "login", "--username", server->username(), "--password-stdin"}, root(),
       server->password() + "\n");
  }

  /// Syncs: everything that was recorded is held, nothing arrived.
  void expect_all_held(const std::string& context) {
    ok({"sync", "now"}, root());
    EXPECT_EQ(server->events().size(), 0U) << context;
    EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), recorded_) << context;
  }

  /// A new home and no repository.
  void begin_again() {
    fs::remove_all(home());
    for (const char* name : {"r", "moved", "super", "gd", "r.git", "main"})
      fs::remove_all(root() / name);
    recorded_ = 0;
  }

  std::int64_t recorded_ = 0;
};

// --- all orders -----------------------------------------------------------------------------

enum class step { init, opt_out, record, move, login };
constexpr std::array<const char*, 5> step_names = {"init", "opt-out", "record", "move", "login"};

class OptedOutInEachOrder : public OptedOut, public testing::WithParamInterface<step> {};

TEST_P(OptedOutInEachOrder, NothingLeavesThisMachine) {
  std::array<step, 5> order = {step::init, step::opt_out, step::record, step::move, step::login};
  do {
    if (order.front() != GetParam())
      continue;
    begin_again();
    shell("git init -q -b main r; cd r; git commit -q --allow-empty -m x;"
          " git worktree add -q .worktrees/x");
    fs::path place = root() / "r";
    std::string context;
    for (const step each : order) {
      context +=
          std::string(context.empty() ? "" : ", ") + step_names[static_cast<std::size_t>(each)];
      if (each == step::init)
        ok({"init"}, place / ".worktrees" / "x");
      else if (each == step::opt_out)
        ok({"sync", "opt-out"}, place);
      else if (each == step::record)
        note(place);
      else if (each == step::login)
        log_in();
      else
        fs::rename(std::exchange(place, root() / "moved"), root() / "moved");
    }
    note(place);
    note(place / ".worktrees" / "x");
    expect_all_held(context);
  } while (!HasFailure() && std::next_permutation(order.begin(), order.end()));
}

INSTANTIATE_TEST_SUITE_P(BeginningWith, OptedOutInEachOrder,
                         testing::Values(step::init, step::opt_out, step::record, step::move,
                                         step::login),
                         [](const auto& each) {
                           std::string name = step_names[static_cast<std::size_t>(each.param)];
                           std::erase(name, '-');
                           return name;
                         });

// --- all layouts ----------------------------------------------------------------------------

struct private_layout {
  const char* name;
  const char* script;
  const char* project;             ///< where the person opts out
  std::vector<const char*> places; ///< where events are recorded
};

const std::string private_repository =
    "git init -q -b main r; cd r; git commit -q --allow-empty -m x; cd ..\n";

const std::vector<private_layout> private_layouts = {
    {"Worktrees",
     "cd r; git worktree add -q wt; git worktree add -q -b y ../main",
     "r/wt",
     {"r", "r/wt", "main"}},
    {"Submodule",
     "git init -q super; cd super; git submodule --quiet add ../r lib; git commit -qm l;"
     " git -C lib worktree add -q -b y ../../main; git worktree add -q wt;"
     " git -C wt submodule --quiet update --init",
     "super/lib",
     {"super/lib", "main", "super/wt/lib"}},
    {"SeparateGitDirectory",
     "rm -rf r; git init -q --separate-git-dir=gd r; cd r; git commit -q --allow-empty -m x;"
     " git worktree add -q wt; git worktree add -q -b y ../main",
     "r",
     {"r", "r/wt", "main"}},
    {"BareRepository",
     "git clone -q --bare r r.git; cd r.git; git worktree add -q ../main main;"
     " cd ../main; git worktree add -q .worktrees/x",
     "main",
     {"main", "main/.worktrees/x", "r.git"}},
    {"Subfolder",
     "mkdir -p r/app/.kittify; cd r; git worktree add -q app/.worktrees/x",
     "r/app",
     {"r/app", "r/app/.worktrees/x"}},
    {"NoGit", "rm -rf r; mkdir -p r/.kittify r/d", "r", {"r", "r/d"}},
};

class OptedOutInEachLayout : public OptedOut, public testing::WithParamInterface<std::size_t> {};

TEST_P(OptedOutInEachLayout, EveryWorktreeIsHeld) {
  const auto& layout = private_layouts[GetParam()];
  for (const bool with_uuid : {false, true}) {
    if (with_uuid && std::string_view(layout.name) == "NoGit")
      continue; // init needs git
    begin_again();
    shell(private_repository + layout.script);
    note(root() / layout.places.back());
    if (with_uuid)
      ok({"init"}, root() / layout.project);
    ok({"sync", "opt-out"}, root() / layout.project);
    log_in();
    for (const char* place : layout.places)
      note(root() / place);
    expect_all_held(layout.name + std::string(with_uuid ? " with a UUID" : ""));
  }
}

INSTANTIATE_TEST_SUITE_P(Of, OptedOutInEachLayout,
                         testing::Range<std::size_t>(0, private_layouts.size()),
                         [](const auto& each) { return private_layouts[each.param].name; });

// --- in doubt -------------------------------------------------------------------------------

TEST_F(OptedOut, BeforeAProjectGotItsUuidFromSomebodyElse) {
  shell(private_repository);
  ok({"sync", "opt-out"}, root() / "r");
  shell("mkdir r/.kittify; printf 'project:\\n  uuid: 11111111-2222-3333-4444-555555555555\\n' >"
        " r/.kittify/config.yaml");
  log_in();
  note(root() / "r");
  expect_all_held("after a pull");
}

TEST_F(OptedOut, WithAUuidHoldsWhereTheConfigurationIsGone) {
  shell(private_repository);
  ok({"init"}, root() / "r");
  ok({"sync", "opt-out"}, root() / "r");
  fs::remove_all(root() / "r" / ".kittify");
  log_in();
  note(root() / "r");
  expect_all_held("without the file");
}

TEST_F(OptedOut, OrNotIsUnknownWhereTheConfigurationCannotBeReadSoItIsHeld) {
  shell(private_repository);
  ok({"init"}, root() / "r");
  shell("echo 'project: [' > r/.kittify/config.yaml");
  log_in();
  note(root() / "r");
  expect_all_held("unreadable");
  ok({"sync", "opt-in"}, root() / "r");
  ok({"sync", "now"}, root());
  EXPECT_EQ(server->events().size(), 1U) << "a person has decided";
}

TEST_F(OptedOut, AndInAgainSendsWhatWasRecordedUnderEachKeyInOrder) {
  shell(private_repository);
  note(root() / "r");
  ok({"sync", "opt-out"}, root() / "r");
  ok({"init"}, root() / "r");
  note(root() / "r");
  log_in();
  expect_all_held("before");
  ok({"sync", "opt-in"}, root() / "r");
  ok({"sync", "now"}, root());
  EXPECT_EQ(server->events().size(), 2U);
  EXPECT_EQ(json_of({"sync", "status"}).HasMember("ok"), true);
}

TEST_F(OptedOut, OfTheFolderAroundItHoldsAProjectThatDidNotDecide) {
  shell(private_repository);
  ok({"sync", "opt-out"}, root() / "r");
  shell("mkdir -p r/app/.kittify");
  log_in();
  note(root() / "r" / "app");
  expect_all_held("subfolder");
  ok({"sync", "opt-in"}, root() / "r" / "app");
  ok({"sync", "now"}, root());
  EXPECT_EQ(server->events().size(), 1U);
  note(root() / "r");
  ok({"sync", "now"}, root());
  EXPECT_EQ(server->events().size(), 1U) << "the folder around it is still opted out";
}

} // namespace
} // namespace spec_kitty::support
