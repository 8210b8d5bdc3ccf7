// Where a run writes: in the repository alone, whatever links and second names stand in its way.
#include "tests/app/orchestrate/orchestrate_fixture.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class OrchestratePaths : public orchestrate_test {
protected:
  OrchestratePaths() {
    good_agent();
    write_text(private_file(), "# mine\n");
    fs::create_directories(root() / "private");
  }
  fs::path private_file() const { return root() / "bashrc"; }
  fs::path kittify(const std::string& name) const { return repo() / ".kittify" / name; }
  void expect_untouched() const {
    EXPECT_EQ(read_text(private_file()), "# mine\n");
    EXPECT_TRUE(fs::is_empty(root() / "private"));
  }
};

TEST_F(OrchestratePaths, FilesOfARunThatAreLinksAreNotWrittenThrough) {
  for (const char* ending : {".log", ".lock"}) {
    const auto link = kittify("orchestration/001-tea/WP01" + std::string(ending));
    fs::create_directories(link.parent_path());
    fs::create_symlink(private_file(), link);
    falls_short();
    expect_untouched();
    EXPECT_TRUE(starts().empty()) << ending;
    fs::remove_all(kittify("orchestration"));
    fs::remove(kittify("orchestration-state.json"));
  }
  for (const char* ending : {".prompt.md", ".result"}) { // replaced as a whole: the link goes
    const auto link = kittify("orchestration/001-tea/WP01" + std::string(ending));
    fs::create_directories(link.parent_path());
    fs::create_symlink(private_file(), link);
  }
  fs::create_symlink(private_file(), kittify("orchestration/001-tea/lock"));
  EXPECT_NE(falls_short().find("lock is a symbolic link"), std::string::npos);
  fs::remove(kittify("orchestration/001-tea/lock"));
  carry_out();
  expect_untouched();
}

TEST_F(OrchestratePaths, FoldersOfARunThatAreLinksAreRefused) {
  for (const std::string name :
       {"orchestration", "orchestration/001-tea", "orchestration/001-tea/ask"}) {
    const auto link = kittify(name);
    fs::remove_all(kittify("orchestration"));
    fs::create_directories(link.parent_path());
    fs::create_symlink(root() / "private", link);
    const auto message = falls_short();
    EXPECT_NE(message.find(name + " is a symbolic link"), std::string::npos) << message;
    expect_untouched();
  }
  EXPECT_TRUE(starts().empty());
}

TEST_F(OrchestratePaths, AStateThatIsALinkOrNamesOtherPlacesIsRefused) {
  fs::create_symlink(private_file(), kittify("orchestration-state.json"));
  EXPECT_NE(falls_short().find("orchestration-state.json is a symbolic link"), std::string::npos);
  fs::remove(kittify("orchestration-state.json"));
  write_text(kittify("orchestration-state.json"),
             R"({"version":1,"features":{"001-tea":{"version":1,"run_id":"x","state":"paused",)"
             R"("work_packages":[{"id":"../../../bashrc","stage":"ready","running":true}]}}})");
  EXPECT_NE(falls_short({"--resume"}).find("not a state of an orchestration"), std::string::npos);
  expect_untouched();
}

TEST_F(OrchestratePaths, ALogWithASecondNameIsNotWrittenTo) {
  const auto log = kittify("orchestration/001-tea/WP01.log");
  fs::create_directories(log.parent_path());
  fs::create_hard_link(private_file(), log);
  falls_short();
  expect_untouched();
}

TEST_F(OrchestratePaths, AnAgentsFileThatIsALinkIsNeitherReadNorWritten) {
  fs::remove(kittify("agents.toml"));
  fs::create_symlink(private_file(), kittify("agents.toml"));
  for (const words& arguments :
       {words{"orchestrate"}, words{"orchestrate", "--trust"}, words{"orchestrate", "--init"}})
    EXPECT_NE(refused(arguments).find("agents.toml is a symbolic link"), std::string::npos);
  fs::remove(kittify("agents.toml"));
  fs::create_symlink(root() / "private" / "made.toml", kittify("agents.toml"));
  EXPECT_NE(refused({"orchestrate", "--init"}).find("symbolic link"), std::string::npos);
  expect_untouched();
}

} // namespace
} // namespace spec_kitty::support
