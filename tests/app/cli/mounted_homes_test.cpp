// A file system of its own at the home: tmpfs, overlay, read-only, full from the first byte.
#include "config/credentials.hpp"
#include "tests/support/cli_test.hpp"
#include "tests/support/own_mounts.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

const words emit_words = {"emit", "WPStatusChanged", "--payload", good_payload};

struct MountedHome : cli_test {
  bool mount_at(const fs::path& folder, const char* type, const std::string& options) {
    fs::create_directories(folder);
    if (::mount("none", folder.c_str(), type, 0, options.c_str()) != 0)
      return false;
    mounted_.push_back(folder);
    return true;
  }
  bool mount_tmpfs(const char* size) {
    return own_mounts() && mount_at(home(), "tmpfs", std::string("mode=0700,size=") + size);
  }
  void remount(unsigned long flags) const {
    ASSERT_EQ(::mount("none", home().c_str(), nullptr, MS_REMOUNT | flags, nullptr), 0);
  }
  void TearDown() override {
    for (auto folder = mounted_.rbegin(); folder != mounted_.rend(); ++folder)
      ::umount2(folder->c_str(), MNT_DETACH);
  }
  /// Takes every byte that is left.
  void fill() const {
    const int fd = ::open((home() / "ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const std::string page(4096, 'b');
    while (::write(fd, page.data(), page.size()) > 0) {
    }
    ::close(fd);
  }
  void expect_whole_life() {
    logged_in();
    emit(3);
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
    emit(2);
    EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "queued"}), 2);
    EXPECT_EQ(number_in(parsed(read_text(home() / "clock.json")), {"value"}),
              number_in(json_of({"clock", "show"}), {"value"}));
  }

private:
  std::vector<fs::path> mounted_;
};

TEST_F(MountedHome, OnATmpfsWorks) {
  if (!mount_tmpfs("64m"))
    GTEST_SKIP() << "mounting is not permitted here";
  expect_whole_life();
}

TEST_F(MountedHome, OnAnOverlayWorksAlsoWithAStoreFromTheLowerLayer) {
  const fs::path layers = root() / "layers"; // a tmpfs: an overlay takes no overlay above it
  if (!own_mounts() || !mount_at(layers, "tmpfs", "mode=0755,size=64m"))
    GTEST_SKIP() << "mounting is not permitted here";
  env["SPEC_KITTY_HOME"] = (layers / "lower").string();
  emit(2);
  for (const char* layer : {"upper", "scratch"})
    fs::create_directory(layers / layer);
  if (!mount_at(home(), "overlay",
                "lowerdir=" + (layers / "lower").string() + ",upperdir=" +
                    (layers / "upper").string() + ",workdir=" + (layers / "scratch").string()))
    GTEST_SKIP() << "this kernel mounts no overlay here";
  env["SPEC_KITTY_HOME"] = home().string();
  emit(3);
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 5U);
  EXPECT_EQ(number_in(json_of({"clock", "show"}), {"value"}), 5);
  logged_in();
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 5);
}

TEST_F(MountedHome, ThatIsReadOnlyIsShownAndRefusesEveryChange) {
  if (!mount_tmpfs("64m"))
    GTEST_SKIP() << "mounting is not permitted here";
  server_set();
  emit(2);
  remount(MS_RDONLY);
  for (const words& each : {emit_words, words{"config", "set", "sync.timeout_s", "5"},
                            words{"sync", "server", "https://sync.example.com"}}) {
    const auto answer = json_of(each, 6);
    EXPECT_EQ(error_part(answer, "code"), "store_unusable");
    EXPECT_NE(error_part(answer, "message").find("Read-only file system"), std::string::npos);
    EXPECT_NE(error_part(answer, "hint").find("--home"), std::string::npos);
  }
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 2U);
  for (const words& each : {words{"sync", "status"}, words{"events", "stats"},
                            words{"clock", "show"}, words{"config", "list"}})
    EXPECT_EQ(cli(each).status, 0) << each.front();
  remount(0);
  EXPECT_EQ(cli(emit_words).status, 0);
}

TEST_F(MountedHome, ThatIsFullFromTheFirstByteTakesNothingHalfAndWorksOnceThereIsRoom) {
  if (!mount_tmpfs("4m"))
    GTEST_SKIP() << "mounting is not permitted here";
  server = std::make_unique<dev_server>(root() / "server");
  env["SPEC_KITTY_SYNC_SERVER_URL"] = server->url();
  fill();
  for (const words& each : {emit_words, words{"config", "set", "sync.timeout_s", "5"}}) {
    const auto answer = json_of(each, 6);
    EXPECT_EQ(error_part(answer, "code"), "store_full");
    EXPECT_NE(error_part(answer, "hint").find("disk space"), std::string::npos);
  }
  EXPECT_EQ(log_in(*server).status, 6);
  EXPECT_EQ(text_of(json_of({"auth", "status"}, 3), "state"), "logged_out");
  EXPECT_EQ(cli({"sync", "status"}).status, 0);

  fs::remove(home() / "ballast");
  env.clear();
  EXPECT_EQ(cli({"sync", "server", server->url()}).status, 0);
  EXPECT_EQ(log_in(*server).status, 0);
  emit(2);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
}

TEST_F(MountedHome, ThatFillsUpKeepsItsSessionAndItsSettingsAsTheyWere) {
  if (!mount_tmpfs("4m"))
    GTEST_SKIP() << "mounting is not permitted here";
  logged_in();
  const auto session = read_text(home() / "credentials");
  const auto settings = read_text(home() / "config.toml");
  fill();
  EXPECT_EQ(log_in(*server).status, 6);
  EXPECT_EQ(cli({"config", "set", "sync.timeout_s", "5"}).status, 6);
  EXPECT_EQ(read_text(home() / "credentials"), session);
  EXPECT_EQ(read_text(home() / "config.toml"), settings);
  EXPECT_EQ(text_of(json_of({"auth", "status"}), "state"), "authenticated");
}

} // namespace
} // namespace spec_kitty::support
