// The guards around LMDB: creation, the registry, forks, versions, the busy timeout.
#include "tests/actors/queue/store_fixture.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class Environment : public StoreTest {
protected:
  fs::path data() const { return home_ / "queue" / "env" / "data.mdb"; }
};

/// Keeps a lock file locked, in a process of its own, until it is destroyed.
class lock_holder {
public:
  explicit lock_holder(const fs::path& file) {
    if (::pipe(ready_.data()) != 0 || ::pipe(let_go_.data()) != 0)
      throw std::runtime_error("pipe");
    child_ = ::fork();
    char byte = 0;
    if (child_ == 0) {
      ::close(let_go_[1]);
      const int fd = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
      const bool locked = ::flock(fd, LOCK_EX) == 0;
      (void)!::write(ready_[1], "x", locked ? 1 : 0);
      (void)!::read(let_go_[0], &byte, 1);
      ::_exit(0);
    }
    ::close(let_go_[0]);
    if (::read(ready_[0], &byte, 1) != 1)
      throw std::runtime_error("the lock was not taken");
  }
  ~lock_holder() {
    ::close(let_go_[1]); // the child's read ends
    ::waitpid(child_, nullptr, 0);
    ::close(ready_[0]);
    ::close(ready_[1]);
  }
  lock_holder(const lock_holder&) = delete;
  lock_holder& operator=(const lock_holder&) = delete;

private:
  std::array<int, 2> ready_{};
  std::array<int, 2> let_go_{};
  pid_t child_ = -1;
};

TEST(LmdbVersion, ThoseThatDestroyMutexesOnCloseAreRefused) {
  for (const int patch : {0, 24, 25, 32, 33, 70})
    EXPECT_TRUE(is_usable_lmdb(0, 9, patch)) << patch;
  for (const int patch : {26, 27, 28, 29, 30, 31})
    EXPECT_FALSE(is_usable_lmdb(0, 9, patch)) << patch;
  EXPECT_TRUE(is_usable_lmdb(1, 0, 28));
}

TEST_F(Environment, TwoPathsToOneFolderShareOneEnvironment) {
  store first = open();
  fs::create_directory_symlink(home_, folder_.path() / "alias");
  const auto here = tables_of(home_);
  EXPECT_EQ(here, tables_of(folder_.path() / "alias"));
  EXPECT_EQ(here, tables_of(folder_.path() / "." / "alias"));
  auto through = options();
  through.home = folder_.path() / "alias";
  auto second = store::open(through, open_mode::write);
  ASSERT_TRUE(second);
  append(first, 1);
  EXPECT_EQ(append(*second, 1).front().lamport_clock, 2U);
}

TEST_F(Environment, AReadersEnvironmentIsNotHandedToAWriter) {
  append(*std::make_unique<store>(open()), 1);
  {
    store reader = open(open_mode::read);
    store_options brief = options();
    brief.busy_timeout = std::chrono::milliseconds(5);
    const auto writer = store::open(brief, open_mode::write);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, ec::store_busy);
  }
  EXPECT_TRUE(store::open(options(), open_mode::write)) << "the reader is gone";
}

TEST_F(Environment, AWriterWaitsForAReaderOfItsProcessThatIsThereForAMoment) {
  append(*std::make_unique<store>(open()), 1);
  auto reader = std::make_unique<store>(open(open_mode::read));
  std::thread leaving([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    reader.reset();
  });
  EXPECT_TRUE(store::open(options(), open_mode::write));
  leaving.join();
}

TEST_F(Environment, UseAfterForkIsRefusedUntilTheChildOpensItsOwn) {
  auto queue = std::make_unique<store>(open());
  append(*queue, 1);
  EXPECT_EQ(in_child([&] {
              const auto appended = queue->append(drafts_of(1), now_);
              const auto read = queue->clock();
              if (appended || appended.error().code != ec::store_unusable || read)
                return 1;
              const auto joined = store::open(options(), open_mode::write);
              if (joined || joined.error().code != ec::store_unusable)
                return 2; // the parent's environment is all the registry has
              queue.reset();
              auto own = store::open(options(), open_mode::write);
              return own && own->append(drafts_of(1), now_) ? 0 : 3;
            }),
            0);
  EXPECT_EQ(append(*queue, 1).front().lamport_clock, 3U) << "the parent continues as before";
}

TEST_F(Environment, ANewerVersionIsRefusedAndLeftAlone) {
  append(*std::make_unique<store>(open()), 2);
  const auto set_version = [&](std::uint32_t version) {
    ASSERT_TRUE(tables_of(home_)->write([&](lmdb_txn& txn, const store_tables& tables) {
      txn.put(tables.main, schema_key, encode_schema(version) + "and more");
      return true;
    }));
  };
  set_version(schema_version + 1);
  for (const open_mode mode : {open_mode::read, open_mode::write}) {
    const auto opened = store::open(options(), mode);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ec::store_version);
    EXPECT_NE(opened.error().hint.find("newer spec-kitty"), std::string::npos);
  }
}

TEST_F(Environment, ANewerVersionWithOtherTablesIsNotCalledCorrupt) {
  append(*std::make_unique<store>(open()), 2);
  ASSERT_TRUE(tables_of(home_)->write([&](lmdb_txn& txn, const store_tables& tables) {
    txn.put(tables.main, schema_key, encode_schema(schema_version + 1));
    return mdb_drop(txn.get(), tables.team_queue, 1) == 0;
  }));
  const auto opened = store::open(options(), open_mode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ec::store_version) << opened.error().message;
}

TEST_F(Environment, AStumpIsRebuilt) {
  for (const std::size_t size : {0U, 1U, 4096U, 8191U}) {
    fs::create_directories(data().parent_path());
    std::ofstream(data(), std::ios::binary | std::ios::trunc) << std::string(size, 'x');
    EXPECT_EQ(store::open(options(), open_mode::read).error().code, ec::not_found) << size;
    store queue = open();
    EXPECT_EQ(append(queue, 1).front().lamport_clock, 1U) << size;
    fs::remove_all(data().parent_path());
  }
}

TEST_F(Environment, WhatAKilledCreatorLeftIsCleanedUp) {
  fs::create_directories(home_ / "queue" / "env.new.4711");
  std::ofstream(home_ / "queue" / "env.new.4711" / "data.mdb") << "half";
  append(*std::make_unique<store>(open()), 1);
  EXPECT_FALSE(fs::exists(home_ / "queue" / "env.new.4711"));
}

TEST_F(Environment, AStoreWithoutItsLockFileWorksOn) {
  append(*std::make_unique<store>(open()), 1);
  fs::remove(data().parent_path() / "lock.mdb");
  store queue = open();
  EXPECT_EQ(append(queue, 1).front().lamport_clock, 2U);
  EXPECT_GE(fs::file_size(data().parent_path() / "lock.mdb"), 8192U);
}

TEST_F(Environment, FilesAndFoldersArePrivate) {
  append(*std::make_unique<store>(open()), 1);
  for (const auto& entry : fs::recursive_directory_iterator(home_))
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all),
              fs::perms::none)
        << entry.path();
}

TEST_F(Environment, AHeldOuterLockGivesStoreBusyAfterTheTimeout) {
  append(*std::make_unique<store>(open()), 1);
  busy_timeout_ = std::chrono::milliseconds(20);
  const lock_holder other(home_ / "queue" / "lock");
  const auto opened = store::open(options(), open_mode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ec::store_busy);
  EXPECT_NE(opened.error().hint.find("fuser"), std::string::npos);
}

TEST_F(Environment, AWriteThatMeetsAHeldLockIsRefusedAndWorksLater) {
  busy_timeout_ = std::chrono::milliseconds(20);
  store queue = open();
  {
    const lock_holder other(home_ / "queue" / "lock");
    const auto answers = queue.append(drafts_of(1), now_);
    ASSERT_FALSE(answers);
    EXPECT_EQ(answers.error().code, ec::store_busy);
    EXPECT_TRUE(queue.stats()) << "reading needs no lock";
  }
  EXPECT_EQ(append(queue, 1).front().lamport_clock, 1U);
}

TEST_F(Environment, AReaderShowsTheStatusThoughAWriterIsStuck) {
  append(*std::make_unique<store>(open()), 3);
  busy_timeout_ = std::chrono::milliseconds(20);
  const lock_holder other(home_ / "queue" / "lock");
  store reader = open(open_mode::read);
  EXPECT_EQ(stats(reader).live, 3U);
}

TEST_F(Environment, AFileWhereTheFolderShouldBeIsNamed) {
  std::ofstream(home_) << "not a folder";
  const auto opened = store::open(options(), open_mode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ec::store_unusable);
  EXPECT_NE(opened.error().message.find(home_.string()), std::string::npos);
}

TEST_F(Environment, AnExceptionFromABodyAbortsTheTransaction) {
  store queue = open();
  append(queue, 1);
  const auto env = tables_of(home_);
  EXPECT_THROW((void)env->write([](lmdb_txn& txn, const store_tables& tables) -> bool {
    txn.put(tables.main, summary_key, "nonsense");
    throw std::runtime_error("stop");
  }),
               std::runtime_error);
  EXPECT_EQ(append(queue, 1).front().lamport_clock, 2U);
}

} // namespace
} // namespace spec_kitty
