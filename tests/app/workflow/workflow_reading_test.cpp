// What the program reads of a feature, compared with a reading by other means
// (tests/support/read_missions.py): headings, dependencies, subtasks, lanes, titles.
#include "tests/app/workflow/workflow_fixture.hpp"
#include "tests/support/programs.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct WorkflowReading : cli_test {
  finished compare(const fs::path& folder, words more = {}) const {
    auto what = command({});
    what.argv = {
        "/usr/bin/python3", "-B",        SPEC_KITTY_SOURCE_DIR "/tests/support/read_missions.py",
        folder.string(),    "--program", program_folder() + "/spec-kitty"};
    what.argv.insert(what.argv.end(), more.begin(), more.end());
    what.patience = std::chrono::minutes(1);
    return run(what);
  }
  fs::path missions() const { return SPEC_KITTY_SOURCE_DIR "/tests/support/missions"; }
};

TEST_F(WorkflowReading, IsTheSameAsAReadingByHand) {
  const auto done = compare(missions());
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("4 features, 11 work packages"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("0 read differently"), std::string::npos) << done.out;
  for (const char* kind : {"beside", "own", "ended", "subject", "other line", "frontmatter",
                           "lane of the log", "no box", "unreadable", "refused"})
    EXPECT_NE(done.out.find(std::string("  ") + kind + ": "), std::string::npos) << kind << "\n"
                                                                                 << done.out;
}

TEST_F(WorkflowReading, ARuleThatTheReferenceLacksIsAnError) {
  const auto other = root() / "cli.md";
  auto text = read_text(SPEC_KITTY_SOURCE_DIR "/docs/cli.md");
  const std::string rule = "never a dependency";
  text.replace(text.find(rule), rule.size(), "a dependency");
  write_text(other, text);
  const auto done = compare(missions(), {"--docs", other.string()});
  EXPECT_EQ(done.status, 1) << done.out;
  EXPECT_NE(done.out.find("A section's own id is never a dependency."), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
