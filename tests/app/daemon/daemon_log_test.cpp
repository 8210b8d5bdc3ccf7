// The daemon's files on disk: a log that stays small, a lock that means its home.
#include "app/chaos/process.hpp"
#include "app/daemon/lock.hpp"
#include "app/daemon/log.hpp"
#include "util/unix_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct DaemonFiles : ::testing::Test {
  DaemonFiles() : umask_(::umask(077)) {}
  ~DaemonFiles() override { ::umask(umask_); }

  support::temporary_folder home;

private:
  mode_t umask_;
};

TEST_F(DaemonFiles, TheLogIsThreeFilesOfAMebibyteForItsUserAlone) {
  const auto log = daemon_log::open(home.path());
  ASSERT_TRUE(log);
  for (int i = 0; i < 6 * 1024; ++i)
    (*log)->info(std::string(1024, 'x'));
  (*log)->info("the last word");
  std::size_t files = 0;
  for (const auto& file : fs::directory_iterator(home.path())) {
    ++files;
    EXPECT_LE(file.file_size(), std::uintmax_t{1} << 20) << file.path();
    EXPECT_EQ(file.status().permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_EQ(files, 3U);
  EXPECT_NE(support::read_text(home.path() / "daemon.log").find("the last word"),
            std::string::npos);
}

TEST_F(DaemonFiles, WordsOfALogAreNoFormat) {
  const auto log = daemon_log::open(home.path());
  ASSERT_TRUE(log);
  (*log)->warn("{} {0:d} %s");
  EXPECT_NE(support::read_text(home.path() / "daemon.log").find("{} {0:d} %s"), std::string::npos);
}

TEST_F(DaemonFiles, ALockIsHeldByOneUntilItGoes) {
  auto first = home_lock::take(home.path(), 0ms);
  ASSERT_TRUE(first && *first);
  EXPECT_TRUE((*first)->is_current());
  const auto second = home_lock::take(home.path(), 5ms);
  ASSERT_TRUE(second);
  EXPECT_FALSE(*second);
  first->reset();
  const auto third = home_lock::take(home.path(), 0ms);
  EXPECT_TRUE(third && *third);
}

TEST_F(DaemonFiles, ALockThatIsRemovedReplacedOrMovedAwayStandsNoMore) {
  const auto lock = home_lock::take(home.path(), 0ms);
  ASSERT_TRUE(lock && *lock);
  fs::remove(daemon_lock(home.path()));
  EXPECT_FALSE((*lock)->is_current());
  const auto next = home_lock::take(home.path(), 0ms);
  ASSERT_TRUE(next && *next);
  EXPECT_TRUE((*next)->is_current());
  EXPECT_FALSE((*lock)->is_current()) << "it would take the next one's files for its own";
}

TEST_F(DaemonFiles, ASocketWhoseQueueIsFullIsNotCalledAbsent) {
  const auto listener = bind_in_home(home.path(), control_socket, socket_kind::stream);
  ASSERT_TRUE(listener);
  std::vector<unique_fd> callers;
  auto fd = connect_in_home(home.path(), control_socket);
  for (int i = 0; fd && i < 1000; ++i) {
    callers.push_back(std::move(*fd));
    fd = connect_in_home(home.path(), control_socket);
  }
  ASSERT_FALSE(fd) << "nobody accepts, and there is room for ever";
  EXPECT_EQ(fd.error().code, ec::unhealthy);
}

} // namespace
} // namespace spec_kitty
