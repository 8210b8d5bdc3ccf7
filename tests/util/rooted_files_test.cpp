// Files below a root: no path leads out of it, by whatever way the kernel resolves it, and however
// fast links are swapped in.
#include "util/rooted_files.hpp"

#include "app/chaos/process.hpp"
#include "util/inner_path.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <thread>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using support::read_text;
using support::write_text;

class RootedFiles : public ::testing::Test {
protected:
  RootedFiles() {
    fs::create_directories(root / "a" / "b");
    fs::create_directories(outside / "b");
    write_text(outside / "f", "private");
    write_text(outside / "b" / "f", "private");
    write_text(root / "a" / "b" / "f", "ours");
    fs::create_symlink(outside, root / "link");
    fs::create_symlink(outside / "f", root / "a" / "file_link");
    fs::create_symlink("a", root / "inner_link");
  }

  /// Every operation on a path with a link in it; none may succeed, or change what is outside.
  void expect_link_refused(const fs::path& file) const {
    for (const auto& why :
         {files.read(file).error(), files.open(file, O_WRONLY | O_CREAT | O_APPEND).error(),
          files.lock(file, 0ms).error()}) {
      EXPECT_EQ(why.code, ec::bad_input) << file;
      EXPECT_NE(why.message.find("is a symbolic link"), std::string::npos) << why.message;
      EXPECT_TRUE(why.hint.starts_with("remove the link: rm ")) << why.hint;
    }
  }

  void expect_nothing_leads_out() const {
    for (const auto* file : {"link/f", "link/b/f", "inner_link/b/f"}) {
      expect_link_refused(root / file);
      expect_link_refused(file);
      EXPECT_FALSE(files.replace(file, "x", {}));
      EXPECT_FALSE(files.remove(file));
      EXPECT_FALSE(files.kind_of(file));
      EXPECT_FALSE(files.make_folders(fs::path(file).parent_path()));
      EXPECT_FALSE(files.rename(file, "g"));
      EXPECT_FALSE(files.link(root / "a/b/f", files, fs::path(file).parent_path() / "g"));
    }
    expect_link_refused("a/file_link");
    EXPECT_FALSE(files.list("link"));
    EXPECT_FALSE(files.open_folder("inner_link"));
    files.remove_empty_folder("link");
    files.remove_unfinished(root / "link" / "f");
    EXPECT_EQ(*files.kind_of("a/file_link"), entry_kind::link);
    EXPECT_FALSE(files.link(root / "a/file_link", files, "second"));
    EXPECT_EQ(read_text(outside / "f"), "private");
    EXPECT_EQ(read_text(outside / "b" / "f"), "private");
    EXPECT_FALSE(fs::exists(outside / "g"));
  }

  support::temporary_folder folder;
  fs::path root = fs::canonical(folder.path()) / "root";
  fs::path outside = fs::canonical(folder.path()) / "outside";
  rooted_files files{root};
};

TEST_F(RootedFiles, AreReadWrittenListedAndRemoved) {
  EXPECT_EQ(*files.read(root / "a/b/f"), "ours");
  EXPECT_EQ(*files.read("a/b/f"), "ours");
  EXPECT_EQ(*files.read("a/none/f"), std::nullopt);
  ASSERT_TRUE(files.make_folders("c/d", {0700, true}));
  ASSERT_TRUE(files.make_folders(root));
  ASSERT_TRUE(files.replace("c/d/f", "one", {0640, true}));
  ASSERT_TRUE(files.replace("c/d/f", "two", {0604, true}));
  EXPECT_EQ(read_text(root / "c/d/f"), "two");
  EXPECT_EQ(*files.mode_of("c/d/f"), 0604U);
  ASSERT_TRUE(files.rename("c/d/f", "g"));
  write_text(root / "c/d/g.77.new", "left");
  files.remove_unfinished(root / "c/d/g");
  ASSERT_EQ(files.list("c/d")->size(), 1U);
  EXPECT_EQ(files.list("c/d")->front().name, "g");
  EXPECT_TRUE(files.list("none")->empty());
  ASSERT_TRUE(files.remove("c/d/g"));
  ASSERT_TRUE(files.remove("c/d/g")) << "gone already";
  files.remove_empty_folder("c/d");
  EXPECT_EQ(*files.kind_of("c/d"), entry_kind::missing);
}

TEST_F(RootedFiles, FollowNoLinkBelowTheRoot) {
  expect_nothing_leads_out();
}

/// The exit status of a child in which a call fails with `error`; what it does is `body`.
int in_a_child_without(long call, int error, const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::array<sock_filter, 4> program = {
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
      ::_exit(77);
    ::_exit(body() ? 0 : 1);
  }
  int how = 0;
  ::waitpid(child, &how, 0);
  return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

TEST_F(RootedFiles, FollowNoneWhereTheKernelCannotResolveInOneStepEither) {
  for (const int error : {ENOSYS, EPERM}) {
    const int status = in_a_child_without(SYS_openat2, error, [&] {
      expect_nothing_leads_out();
      EXPECT_EQ(*files.read("a/b/f"), "ours");
      EXPECT_FALSE(files.read("a/b/f/g"));
      return !HasFailure();
    });
    if (status == 77)
      GTEST_SKIP() << "no filter of calls can be set here";
    EXPECT_EQ(status, 0);
  }
}

TEST_F(RootedFiles, RefuseAPathThatLeadsOutByItsText) {
  using namespace std::string_literals;
  for (const auto& path : {"../outside/f"s, "a/../../outside/f"s, outside.string() + "/f"s,
                           root.string() + "x/f"s, root.string() + "/../outside/f"s, ""s, "."s,
                           "a\0b"s, std::string(300, 'x'), std::string(5000, 'x')}) {
    EXPECT_FALSE(files.read(path)) << path;
    EXPECT_FALSE(files.replace(path, "x", {})) << path;
  }
  EXPECT_EQ(read_text(outside / "f"), "private");
}

TEST_F(RootedFiles, RootMayBeReachedThroughALink) {
  fs::create_symlink(root, folder.path() / "way");
  EXPECT_EQ(*rooted_files(folder.path() / "way").read("a/b/f"), "ours");
}

TEST_F(RootedFiles, WaitForNoSpecialFileAndWriteToNoSecondName) {
  ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR | O_CREAT})
    EXPECT_FALSE(files.open("fifo", flags));
  EXPECT_FALSE(files.read("a"));
  fs::create_hard_link(outside / "f", root / "hard");
  EXPECT_FALSE(files.open("hard", O_WRONLY | O_APPEND));
  ASSERT_EQ(::chmod((outside / "f").c_str(), 0600), 0);
  ASSERT_TRUE(files.lock("hard", 0ms, 0666));
  EXPECT_EQ(*rooted_files(outside).mode_of("f"), 0600U);
  ASSERT_TRUE(files.replace("hard", "new", {}));
  EXPECT_EQ(read_text(outside / "f"), "private");
}

TEST_F(RootedFiles, ALinkThatIsSwappedInDoesNotWin) {
  fs::rename(root / "link", root / "z");
  std::atomic<bool> over{false};
  std::thread swapper([&] {
    const auto a = root / "a";
    const auto z = root / "z";
    while (!over)
      ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, z.c_str(), 2); // RENAME_EXCHANGE
  });
  int refused = 0;
  int done = 0;
  for (int round = 0; round < 3000; ++round) {
    (files.replace("a/b/f", "ours", {}) ? done : refused)++;
    (void)files.make_folders("a/b/c");
    (void)files.remove("a/b/f");
    const auto text = files.read("a/f");
    ASSERT_FALSE(text && *text) << "it was read outside";
  }
  over = true;
  swapper.join();
  EXPECT_GT(refused, 0);
  EXPECT_GT(done, 0);
  EXPECT_EQ(read_text(outside / "f"), "private");
  EXPECT_EQ(read_text(outside / "b" / "f"), "private");
  EXPECT_FALSE(fs::exists(outside / "b" / "c"));
}

TEST(InnerPath, HasItsComponentsOrIsRefused) {
  using parts = std::vector<std::string>;
  EXPECT_EQ(*inner_path("a/b"), (parts{"a", "b"}));
  EXPECT_EQ(*inner_path("./a//b/."), (parts{"a", "b"}));
  EXPECT_EQ(*inner_path("-a/..b/c.."), (parts{"-a", "..b", "c.."}));
  for (const std::string path : {"", ".", "/", "/a", "..", "a/..", "a/../b", "../a"})
    EXPECT_FALSE(inner_path(path)) << path;
  EXPECT_EQ(inner_path("../\033[2J").error().message.find('\033'), std::string::npos);
}

} // namespace
} // namespace spec_kitty
