// Small files: whole or as before; locks with a bounded wait.
#include "app/chaos/process.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <thread>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using support::read_text;
using support::write_text;

class Files : public testing::Test {
protected:
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(home), fs::directory_iterator()));
  }

  support::temporary_folder folder;
  fs::path home = folder.path();
  fs::path file = home / "file";
};

TEST_F(Files, MissingFileReadsAsNothing) {
  EXPECT_EQ(*read_file(file), std::nullopt);
  write_text(file, "x");
  EXPECT_EQ(*read_file(file / "below"), std::nullopt);
}

TEST_F(Files, ReadGivesEveryByteUpToTheLimit) {
  const std::string bytes(40'000, '\0');
  write_text(file, bytes);
  EXPECT_EQ(*read_file(file, 40'000), bytes);
  const auto long_one = read_file(file, 39'999);
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().code, ec::bad_input);
}

TEST_F(Files, EndlessFileIsRefusedNotRead) {
  EXPECT_EQ(read_input("/dev/zero", 1000).error().code, ec::bad_input);
}

TEST_F(Files, WhatIsNoRegularFileIsRefusedAtOnce) {
  EXPECT_EQ(read_file(home).error().code, ec::store_unusable);
  const auto fifo = home / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const char* device : {"/dev/zero", "/dev/ptmx", "/dev/null"}) {
    fs::create_symlink(device, file);
    EXPECT_EQ(read_file(file).error().code, ec::store_unusable) << device;
    fs::remove(file);
  }
  EXPECT_EQ(read_file(fifo).error().code, ec::store_unusable);
  EXPECT_EQ(check_regular(fifo).error().code, ec::store_unusable);
  for (const int flags : {O_WRONLY, O_RDWR, O_RDWR | O_CREAT})
    EXPECT_EQ(open_regular(fifo, flags).error().code, ec::store_unusable);
  EXPECT_FALSE(file_lock::take(fifo, 0ms));
}

TEST_F(Files, AReplacementMeetsNothingThatWasPutIntoItsWay) {
  const fs::path fresh = file.string() + "." + std::to_string(::getpid()) + ".new";
  ASSERT_EQ(::mkfifo(fresh.c_str(), 0600), 0);
  EXPECT_TRUE(replace_file(file, "one"));
  write_text(home / "precious", "mine");
  fs::create_hard_link(home / "precious", fresh);
  EXPECT_TRUE(replace_file(file, "two"));
  EXPECT_EQ(read_text(home / "precious"), "mine");
  EXPECT_EQ(read_text(file), "two");
}

TEST_F(Files, AHundredGigabytesAreRefusedWithoutReadingThem) {
  write_text(file, "");
  fs::resize_file(file, std::uintmax_t{100} << 30);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(read_file(file, std::size_t{64} << 30).error().code, ec::bad_input);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
}

TEST_F(Files, APrivateFileIsNeitherALinkNorOthersToWrite) {
  write_text(file, "mine");
  EXPECT_EQ(*read_private_file(file), "mine");
  EXPECT_EQ(*read_private_file(home / "missing"), std::nullopt);
  fs::create_symlink(file, home / "link");
  EXPECT_EQ(read_private_file(home / "link").error().code, ec::store_unusable);
  fs::permissions(file, fs::perms::group_write, fs::perm_options::add);
  const auto refused = read_private_file(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().hint, "chmod go-w " + file.string());
}

TEST_F(Files, ReplaceMakesAPrivateFileAndLeavesNothingBeside) {
  ASSERT_TRUE(replace_file(file, "one"));
  ASSERT_TRUE(replace_file(file, "two"));
  EXPECT_EQ(read_text(file), "two");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, ReplaceTightensAnOpenFile) {
  write_text(file, "one");
  fs::permissions(file, fs::perms::all);
  ASSERT_TRUE(replace_file(file, "two"));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Files, FailedReplaceLeavesTheOldFile) {
  fs::create_directory(file); // a folder cannot be replaced by a file
  EXPECT_FALSE(replace_file(file, "two"));
  EXPECT_TRUE(fs::is_directory(file));
  EXPECT_EQ(entries(), 1U);
  EXPECT_FALSE(replace_file(home / "none" / "file", "two"));
}

TEST_F(Files, ReplaceNeverWritesThroughALink) {
  write_text(file, "one");
  fs::create_symlink(file, home / "link");
  EXPECT_TRUE(replace_file(home / "link", "two"));
  EXPECT_EQ(read_text(file), "one");
}

TEST_F(Files, ErrorCodesCarryTheirExitStatus) {
  EXPECT_EQ(system_failure(ENOSPC, "x").code, ec::store_full);
  EXPECT_EQ(system_failure(EDQUOT, "x").code, ec::store_full);
  EXPECT_EQ(system_failure(EACCES, "x").code, ec::store_unusable);
  EXPECT_EQ(system_failure(EROFS, "cannot write y").message,
            "cannot write y: Read-only file system");
  EXPECT_FALSE(system_failure(EIO, "x").hint.empty());
}

TEST_F(Files, PrivateFolderIsMadeWithItsParents) {
  ASSERT_TRUE(make_private_folder(home / "a" / "b"));
  EXPECT_EQ(fs::status(home / "a").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(home / "a" / "b").permissions(), fs::perms::owner_all);
}

TEST_F(Files, ExistingFolderStaysAsItIs) {
  fs::permissions(home, fs::perms::owner_all | fs::perms::group_read);
  ASSERT_TRUE(make_private_folder(home));
  EXPECT_EQ(fs::status(home).permissions(), fs::perms::owner_all | fs::perms::group_read);
}

TEST_F(Files, FileInPlaceOfAFolderIsNamed) {
  write_text(file, "x");
  const auto made = make_private_folder(file);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find(file.string()), std::string::npos);
  EXPECT_FALSE(make_private_folder(file / "below"));
}

TEST_F(Files, LockIsHeldByOneAndFreeWhenItEnds) {
  auto first = file_lock::take(file, 0ms);
  ASSERT_TRUE(first && *first);
  const auto second = file_lock::take(file, 0ms);
  ASSERT_TRUE(second);
  EXPECT_FALSE(*second); // an answer, not an error
  first->reset();
  const auto third = file_lock::take(file, 0ms);
  EXPECT_TRUE(third && *third);
}

TEST_F(Files, LockIsGivenToWhoWaitsForIt) {
  auto first = file_lock::take(file, 0ms);
  ASSERT_TRUE(first && *first);
  std::optional<bool> granted;
  std::thread waiter([&] {
    const auto second = file_lock::take(file, 30s);
    granted = second && *second;
  });
  first->reset();
  waiter.join();
  EXPECT_EQ(granted, true);
}

TEST_F(Files, LockFileIsPrivateAndNoLinkIsFollowed) {
  ASSERT_TRUE(file_lock::take(file, 0ms));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink(file, home / "link");
  EXPECT_FALSE(file_lock::take(home / "link", 0ms));
  EXPECT_FALSE(file_lock::take(home / "none" / "lock", 0ms));
}

TEST_F(Files, DescriptorIsClosedOnceAndMoves) {
  const auto is_open = [](int fd) {
    struct stat info {};
    return ::fstat(fd, &info) == 0;
  };
  int number = -1;
  {
    unique_fd duplicate(::dup(0));
    ASSERT_TRUE(duplicate);
    number = duplicate.get();
    unique_fd two(std::move(duplicate));
    unique_fd three;
    three = std::move(two);
    EXPECT_EQ(three.get(), number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(RemoveUnfinished, TakesWhatReplacementsLeftAndNothingElse) {
  const support::temporary_folder folder;
  const auto file = folder.path() / "credentials";
  for (const char* name : {"credentials.1.new", "credentials.4711.new"})
    support::write_text(folder.path() / name, "a token");
  const std::set<std::string> others = {
      "credentials",   "credentials.new",   "credentials.lock",    "credentials.x.new",
      "credentials.1", "config.toml.1.new", "my.credentials.1.new"};
  for (const auto& name : others)
    support::write_text(folder.path() / name, "kept");
  remove_unfinished(file);
  std::set<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    left.insert(entry.path().filename().string());
  EXPECT_EQ(left, others);
  remove_unfinished(folder.path() / "none" / "file");
}

} // namespace
} // namespace spec_kitty
