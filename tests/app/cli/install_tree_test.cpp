// An installed spec-kitty does the main job from where it stands, told by no environment variable.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct InstallTree : cli_test {
  void install(const words& options = {}) const {
    launch what;
    what.argv = {"cmake", "--install", SPEC_KITTY_TEST_DIR "/..", "--prefix",
                 (root() / "installed").string()};
    what.argv.insert(what.argv.end(), options.begin(), options.end());
    const auto done = support::run(what);
    ASSERT_EQ(done.status, 0) << done.out << done.err;
  }

  launch installed(words arguments, std::string input = {}) const {
    auto what = command(std::move(arguments), std::move(input));
    what.argv.front() = (prefix_ / "bin" / "spec-kitty").string();
    return what;
  }

  fs::path prefix_ = root() / "installed";
};

TEST_F(InstallTree, RecordsServesAndDelivers) {
  install();
  // Not the place it was installed to: nothing may remember a path.
  prefix_ = root() / "moved";
  fs::rename(root() / "installed", prefix_);

  child server_process(installed({"dev-server", "--json"}));
  const auto line = server_process.next_line();
  ASSERT_TRUE(line);
  const auto greeting = parsed(*line);
  const auto part = [&](const char* name) { return text_of(greeting, name).value_or(""); };
  EXPECT_EQ(run(installed({"sync", "server", part("url")})).status, 0);
  EXPECT_EQ(run(installed({"emit", "--stdin"}, stdin_line(1) + stdin_line(2))).status, 0);
  const auto login =
      run(installed({"auth", "login", "--username", part("username"), "--password-stdin"},
                    part("password") + "\n"));
  EXPECT_EQ(login.status, 0) << login.err;
  const auto report = only_object(run(installed({"sync", "now", "--json"})));
  EXPECT_EQ(number_in(report, {"synced"}), 2) << to_text(report);
}

TEST_F(InstallTree, WorksThroughALinkAndFromAnyFolder) {
  install();
  fs::create_directory(root() / "bin");
  fs::create_symlink(prefix_ / "bin" / "spec-kitty", root() / "bin" / "spec-kitty");
  auto what = installed({"dev-server", "--json"});
  what.argv.front() = "spec-kitty";
  what.env["PATH"] = (root() / "bin").string();
  what.cwd = "/";
  launch shell;
  shell.argv = {"/bin/sh", "-c", "exec spec-kitty dev-server --json"};
  shell.env = what.env;
  shell.cwd = "/";
  child process(shell);
  EXPECT_TRUE(process.next_line()) << process.wait(milliseconds(1)).err;
}

TEST_F(InstallTree, AMissingPartIsNamedAndRecordingGoesOn) {
  install();
  std::vector<fs::path> modules;
  for (const auto& entry : fs::recursive_directory_iterator(prefix_))
    if (entry.path().filename().string().starts_with("spec_kitty_http"))
      modules.push_back(entry.path());
  ASSERT_EQ(modules.size(), 1U);
  fs::remove(modules.front());
  EXPECT_EQ(run(installed({"emit", "WPStatusChanged", "--payload", good_payload})).status, 0);
  server_set();
  const auto login = run(installed({"auth", "login", "--username", "dev", "--password-stdin"},
                                   server->password() + "\n"));
  EXPECT_NE(login.status, 0);
  EXPECT_NE(login.err.find("spec_kitty_http"), std::string::npos) << login.err;
  EXPECT_NE(login.err.find("install spec-kitty again"), std::string::npos) << login.err;
}

TEST_F(InstallTree, HoldsNothingThatInjectsFaults) {
  install();
  for (const auto& entry : fs::recursive_directory_iterator(prefix_)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name.find("chaos") == std::string::npos && name.find("shim") == std::string::npos)
        << entry.path();
  }
}

TEST_F(InstallTree, TheProgramIsAComponentThatNeedsNoOther) {
  install({"--component", "program"});
  EXPECT_FALSE(fs::exists(prefix_ / "include"));
  EXPECT_EQ(run(installed({"emit", "WPStatusChanged", "--payload", good_payload})).status, 0);
  const auto missing = run(installed({"dev-server", "--json"}));
  EXPECT_EQ(missing.status, 1);
  EXPECT_NE(missing.err.find("install the package spec-kitty-server"), std::string::npos)
      << missing.err;
  install({"--component", "server"});
  child server_process(installed({"dev-server", "--json"}));
  EXPECT_TRUE(server_process.next_line());
}

// docs/dependencies.md, "How they are linked", and CMake's list of archives and headers.
TEST_F(InstallTree, HasTheLicenceOfEachLibraryWhoseCodeItHolds) {
  install();
  const auto texts = prefix_ / "share" / "doc" / "spec-kitty" / "licenses";
  for (const char* library : {"caf", "cli11", "fmt", "libmd", "lmdb", "rapidjson", "spdlog",
                              "tomlplusplus", "yaml-cpp", "zlib"})
    EXPECT_NE(read_text(texts / (std::string(library) + ".txt")).find("Copyright"),
              std::string::npos)
        << library;
}

TEST_F(InstallTree, HoldsNoPathOfTheBuildTree) {
  install();
  for (const auto& entry : fs::recursive_directory_iterator(prefix_))
    if (entry.is_regular_file()) {
      EXPECT_EQ(read_text(entry.path()).find(SPEC_KITTY_BIN_DIR), std::string::npos)
          << entry.path();
    }
}

} // namespace
} // namespace spec_kitty::support
