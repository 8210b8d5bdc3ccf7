// Privacy: whose events leave this machine, and what no event, log, error or answer ever holds.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class Privacy : public cli_test {
protected:
  /// A project in a folder of its own; commands run in it from now on.
  void enter(const std::string& name, const std::string& uuid = {}) {
    const fs::path folder = root() / "projects" / name;
    fs::create_directories(folder / (uuid.empty() ? ".git" : ".kittify"));
    if (!uuid.empty())
      write_text(folder / ".kittify" / "config.yaml",
                 "project:\n  uuid: " + uuid + "\n  slug: " + name + "\n");
    here_ = folder;
  }

  finished in_project(words arguments) const {
    auto what = command(std::move(arguments));
    what.cwd = here_;
    return run(what);
  }

  void note(const std::string& text) const {
    const auto done = in_project({"emit", "HistoryAdded", "--wp", "WP01", "--field",
                                  "entry_type=note", "--field", "entry_content=" + text});
    EXPECT_EQ(done.status, 0) << done.err;
  }

  std::string events_text() const {
    std::string all;
    for (const auto& event : server->events())
      all += event + '\n';
    return all;
  }

  fs::path here_;
};

constexpr const char* some_uuid = "11111111-2222-3333-4444-555555555555";

TEST_F(Privacy, EventsOfAProjectThatOptedOutStayHereVisiblyAndGoWhenItOptsIn) {
  logged_in();
  enter("secret", some_uuid);
  note("before");
  EXPECT_EQ(in_project({"sync", "opt-out"}).status, 0);
  note("after");
  enter("open");
  note("shared");
  const auto report = json_of({"sync", "now"});
  EXPECT_EQ(number_in(report, {"selected"}), 1);
  EXPECT_EQ(number_in(report, {"held"}), 0) << "they were never due";
  EXPECT_EQ(server->events().size(), 1U);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), 2);
  EXPECT_NE(cli({"sync", "status"}).out.find("2 of secret, which is opted out"), std::string::npos);
  EXPECT_EQ(lines_of(cli({"events", "list", "--state", "held"}).out).size(), 2U);

  enter("secret", some_uuid);
  EXPECT_EQ(in_project({"sync", "opt-in"}).status, 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
  EXPECT_EQ(server->events().size(), 3U);
}

TEST_F(Privacy, AProjectWithoutAUuidIsKnownByItsGitFolder) {
  logged_in();
  enter("plain");
  note("1");
  EXPECT_EQ(in_project({"sync", "opt-out"}).status, 0);
  fs::create_directory(here_ / "deeper");
  here_ /= "deeper";
  note("2");
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"selected"}), 0);
  EXPECT_EQ(events_text(), "");
}

/// The oldest event made room in the queue; there is space again.
struct MadeRoom : Privacy {
  MadeRoom() {
    logged_in();
    set("sync.max_queue_size", "2");
    set("sync.overflow", "evict_oldest");
    enter("plain");
    EXPECT_EQ(in_project({"sync", "opt-out"}).status, 0);
    note("1");
    write_text(root() / "exported", in_project({"events", "export"}).out);
    note("2");
    note("3");
    set("sync.max_queue_size", "10");
  }

  void set(const char* key, const char* value) const {
    EXPECT_EQ(cli({"config", "set", key, value}).status, 0);
  }

  /// Takes the file in; its event is held until the project opts in.
  void expect_held_after_import_of(const fs::path& file) const {
    EXPECT_EQ(number_in(json_of({"events", "import", file.string()}), {"imported"}), 1);
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"selected"}), 0);
    EXPECT_EQ(events_text(), "");
    EXPECT_EQ(in_project({"sync", "opt-in"}).status, 0);
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
    EXPECT_EQ(events_text().find("project_key"), std::string::npos) << events_text();
  }
};

TEST_F(MadeRoom, AnEventOfAnOptedOutGitFolderIsHeldWhenItComesBack) {
  const fs::directory_iterator files(home() / "overflow");
  expect_held_after_import_of(files->path());
}

TEST_F(MadeRoom, AnExportedEventThatNamesNoProjectIsInDoubtSoItIsHeld) {
  expect_held_after_import_of(root() / "exported");
}

TEST_F(Privacy, WhereTheDefaultIsOffNothingGoesBeforeSomebodyOptsIn) {
  logged_in();
  EXPECT_EQ(cli({"config", "set", "sync.project_default", "off"}).status, 0);
  enter("web", some_uuid);
  note("1");
  emit();
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"selected"}), 0);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), 2);
  EXPECT_EQ(in_project({"sync", "opt-in"}).status, 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 1);
}

TEST_F(Privacy, OptingOutOutsideOfAnyProjectSaysWhereToGo) {
  const auto refused = json_of({"sync", "opt-out"}, 1);
  EXPECT_EQ(error_part(refused, "code"), "not_found");
  EXPECT_NE(error_part(refused, "hint").find("sync.project_default"), std::string::npos);
  EXPECT_FALSE(fs::exists(home() / "queue"));
}

TEST_F(Privacy, ALoginShowsWhichProjectsWaitAndHowManyEvents) {
  server_set();
  enter("web", some_uuid);
  note("1");
  note("2");
  enter("private");
  note("3");
  EXPECT_EQ(in_project({"sync", "opt-out"}).status, 0);
  env["SPEC_KITTY_PASSWORD"] = server->password();
  const auto reply = json_of({"auth", "login", "--username", server->username()});
  std::string waiting;
  for (const auto& each : member(reply, "waiting")->GetArray())
    waiting += to_text(each);
  EXPECT_NE(waiting.find(R"({"project":"web","events":2,"shared":true})"), std::string::npos)
      << waiting;
  EXPECT_NE(waiting.find(R"({"project":"private","events":1,"shared":false})"), std::string::npos)
      << waiting;
}

TEST_F(Privacy, PathsUnderTheUsersHomeFolderBecomeATilde) {
  const std::string folder = (root() / "user").string();
  logged_in();
  enter("web");
  note("see " + folder + "/notes.txt");
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_NE(events_text().find("see ~/notes.txt"), std::string::npos) << events_text();
  EXPECT_EQ(events_text().find(folder), std::string::npos);
}

TEST_F(Privacy, NoTokenPasswordOrStackTraceIsRecorded) {
  logged_in();
  env["SPEC_KITTY_PASSWORD"] = server->password();
  auto what = command({"emit", "ErrorLogged", "--payload", "-"},
                      R"({"error_type":"runtime","error_message":"login with )" +
                          server->password() + R"( failed","stack_trace":"main.py:7"})");
  EXPECT_EQ(run(what).status, 0);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_NE(events_text().find("login with [secret] failed"), std::string::npos) << events_text();
  EXPECT_NE(events_text().find(R"("stack_trace":null)"), std::string::npos);
}

TEST_F(Privacy, NamesOfFieldsAndTheAggregateAreRedactedToo) {
  const std::string folder = (root() / "user").string();
  logged_in();
  const std::string payload = R"({"feature_slug":"042-x","total_wps":1,"files":{")" + folder +
                              R"(/a":1.10},"completed_at":"2026-02-03T04:05:06Z"})";
  auto what = command({"emit", "FeatureCompleted", "--payload", "-", "--aggregate", folder + "/b"},
                      payload);
  const auto done = run(what);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_NE(events_text().find(R"({"~/a":1.10})"), std::string::npos) << events_text();
  EXPECT_NE(events_text().find(R"("aggregate_id":"~/b")"), std::string::npos) << events_text();
  EXPECT_EQ(events_text().find(folder), std::string::npos);
}

TEST_F(Privacy, ReportsAreForTheirOwnerAloneAndHoldNoSecret) {
  logged_in();
  emit(2);
  const fs::path file = root() / "report.json";
  EXPECT_EQ(cli({"sync", "now", "--report", file.string()}).status, 0);
  const auto report = parsed(read_text(file));
  EXPECT_EQ(number_in(report, {"selected"}), 2);
  EXPECT_EQ(number_in(report, {"synced"}), 2);
  EXPECT_EQ(fs::status(file).permissions() & fs::perms::all,
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Privacy, AReportThatCannotBeWrittenIsSaidBeforeAnythingIsSent) {
  logged_in();
  emit();
  EXPECT_EQ(cli({"sync", "now", "--report", "/nonexistent/folder/r.json"}).status, 1);
  EXPECT_EQ(server->events().size(), 0U);
}

} // namespace
} // namespace spec_kitty::support
