// spec-kitty-chaos as a user runs it.
#include "app/chaos/process.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace spec_kitty::chaos {
namespace {

namespace fs = std::filesystem;
using support::finished;

class ChaosProgram : public testing::Test {
protected:
  finished chaos(std::vector<std::string> words) {
    support::launch what;
    what.argv = std::move(words);
    what.argv.insert(what.argv.begin(), SPEC_KITTY_BIN_DIR "/spec-kitty-chaos");
    what.env["TMPDIR"] = folder_.path().string();
    what.patience = std::chrono::seconds(200);
    return support::run(what);
  }

  /// A program that is spec-kitty with a flaw.
  std::string flawed(const std::string& flaw) {
    const auto script = folder_.path() / "spec-kitty";
    support::write_text(script, "#!/bin/sh\nexec " SPEC_KITTY_BIN_DIR "/spec-kitty-chaos-broken " +
                                    flaw + " " SPEC_KITTY_BIN_DIR "/spec-kitty \"$@\"\n");
    fs::permissions(script, fs::perms::owner_all);
    return script.string();
  }

  support::temporary_folder folder_;
};

TEST_F(ChaosProgram, ListsScenariosAndInvariants) {
  const auto done = chaos({"list"});
  EXPECT_EQ(done.status, 0);
  EXPECT_NE(done.out.find("\n  kills "), std::string::npos);
  EXPECT_NE(done.out.find("\n  workpackages "), std::string::npos);
  EXPECT_NE(done.out.find("\n  nothing-lost "), std::string::npos);
}

TEST_F(ChaosProgram, WrongUsageHasAStatusOfItsOwn) {
  EXPECT_EQ(chaos({}).status, 2);
  EXPECT_EQ(chaos({"run", "--scenario", "cats"}).status, 2);
  EXPECT_EQ(chaos({"run", "--minutes", "-1"}).status, 2);
  EXPECT_EQ(chaos({"replay", "kills-1:999"}).status, 2);
  const auto wrong = chaos({"replay", "cats-1"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("there is no scenario cats"), std::string::npos) << wrong.err;
  EXPECT_NE(wrong.err.find("\n  give a seed"), std::string::npos) << wrong.err;
}

TEST_F(ChaosProgram, AShortRunHoldsAndReports) {
  const auto file = folder_.path() / "report.json";
  const auto done = chaos(
      {"run", "--rounds", "1", "--scenario", "kills", "--seed", "11", "--report", file.string()});
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("every invariant held, every planned fault was injected (seed 11"),
            std::string::npos)
      << done.out;
  const auto report = parse_json(support::read_text(file));
  ASSERT_TRUE(report);
  EXPECT_TRUE((*report)["ok"].GetBool());
  EXPECT_EQ((*report)["seed"].GetUint64(), 11U);
  fs::remove(file);
  EXPECT_TRUE(fs::is_empty(folder_.path())) << "the scratch folder is removed";
}

TEST_F(ChaosProgram, AViolationIsReportedWithASeedThatReplaysIt) {
  const auto program = flawed("loose-clock");
  const auto done = chaos({"run", "--rounds", "1", "--scenario", "kills", "--seed", "1",
                           "--shrink-seconds", "5", "--program", program, "--report", "-"});
  EXPECT_EQ(done.status, 1) << done.out << done.err;
  const auto report = parse_json(done.out);
  ASSERT_TRUE(report) << done.out;
  EXPECT_FALSE((*report)["ok"].GetBool());
  ASSERT_FALSE((*report)["violations"].Empty());
  const auto& first = (*report)["violations"][0];
  EXPECT_EQ(text_of(first, "invariant"), "order");
  const auto again = chaos({"replay", *text_of(first, "seed"), "--program", program});
  EXPECT_EQ(again.status, 1) << again.out;
  EXPECT_NE(again.out.find("VIOLATION of order"), std::string::npos) << again.out;
}

TEST_F(ChaosProgram, TheSelfTestFindsWhatIsBroken) {
  const auto done = chaos({"self-test"});
  EXPECT_EQ(done.status, 0) << done.out;
  EXPECT_EQ(done.out.find("WRONG"), std::string::npos) << done.out;
}

} // namespace
} // namespace spec_kitty::chaos
