// States of a home, its store and its queue, and their remedies.
#include "actors/queue/spill.hpp"
#include "tests/app/cli/doctor_fixture.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

TEST_F(DoctorStates, AFreshHomeIsWellAndIsNotMade) {
  for (const auto& found : findings())
    EXPECT_EQ(found.severity, "info") << found.id;
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(DoctorStates, AHomeInUseIsWell) {
  logged_in();
  emit(2);
  cli({"sync", "now"});
  for (const auto& found : findings())
    EXPECT_TRUE(found.severity == "info" || found.id == "home_in_memory") << found.id;
}

TEST_F(DoctorStates, AHomeInMemoryIsSynchronisedBeforeARestart) {
  if (!fs::is_directory("/dev/shm"))
    GTEST_SKIP() << "no folder in memory here";
  const auto home = fs::path("/dev/shm") / root().filename();
  const words at = {"--home", home.string()};
  auto emitting = at;
  emitting.insert(emitting.end(), {"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(cli(emitting).status, 0);
  auto looking = at;
  looking.insert(looking.end(), {"sync", "doctor", "--json"});
  const auto found = cli(looking).out;
  EXPECT_NE(found.find("is in memory: its events are lost"), std::string::npos) << found;
  EXPECT_NE(found.find("spec-kitty --home " + home.string() + " sync now"), std::string::npos)
      << found;
  fs::remove_all(home);
}

TEST_F(DoctorStates, AHomeOpenToOthersIsClosed) {
  logged_in();
  fs::permissions(home(), fs::perms::others_read, fs::perm_options::add);
  expect_fixed("open_permissions");
}

TEST_F(DoctorStates, AConfigurationThatOthersCanChangeIsClosed) {
  cli({"config", "set", "sync.interval_s", "300"});
  fs::permissions(home() / "config.toml", static_cast<fs::perms>(0666));
  expect_fixed("open_permissions");
}

TEST_F(DoctorStates, CredentialsOpenToOthersAreClosed) {
  logged_in();
  fs::permissions(home() / "credentials", fs::perms::group_read, fs::perm_options::add);
  expect_fixed("open_permissions");
}

TEST_F(DoctorStates, AConfigurationThatIsNoTomlIsPutAside) {
  logged_in();
  write_text(home() / "config.toml", "[sync\nserver_url = \n");
  expect_fixed("config_damaged");
  EXPECT_TRUE(fs::exists(home() / "config.toml.damaged"));
}

TEST_F(DoctorStates, AValueThatIsNotAllowedIsPutAside) {
  logged_in();
  write_text(home() / "config.toml", "[sync]\ntimeout_s = \"soon\"\n");
  expect_fixed("config_damaged");
}

TEST_F(DoctorStates, AMissingClockFileIsWrittenAgain) {
  logged_in();
  emit();
  fs::remove(home() / "clock.json");
  expect_fixed("clock_file");
}

TEST_F(DoctorStates, ATornClockFileIsWrittenAgain) {
  logged_in();
  emit();
  write_text(home() / "clock.json", "{\"value\": 1");
  expect_fixed("clock_file");
}

TEST_F(DoctorStates, AnOlderClockFileIsBroughtUpToDate) {
  logged_in();
  emit();
  const std::string older = read_text(home() / "clock.json");
  emit(3);
  write_text(home() / "clock.json", older);
  expect_fixed("clock_file");
}

TEST_F(DoctorStates, AClockFileAheadOfTheStoreIsMergedIntoIt) {
  logged_in();
  emit(3);
  std::string ahead = read_text(home() / "clock.json");
  ahead.replace(ahead.find('3'), 1, "77");
  write_text(home() / "clock.json", ahead);
  expect_fixed("clock_file");
  EXPECT_GT(number_in(json_of({"clock", "show"}), {"value"}), 77);
}

TEST_F(DoctorStates, AnOlderCopyInPlaceOfTheHomeGetsANewNodeId) {
  logged_in();
  emit();
  ASSERT_EQ(cli({"sync", "now"}).status, 0);
  const auto store = home() / "queue" / "env" / "data.mdb";
  const std::string older_store = read_text(store);
  const std::string older_clock = read_text(home() / "clock.json");
  emit(2);
  ASSERT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_FALSE(says("stamps_taken"));
  write_text(store, older_store);
  write_text(home() / "clock.json", older_clock);
  emit();
  const auto sent = cli({"sync", "now"});
  EXPECT_EQ(sent.status, 0) << sent.out << sent.err;
  EXPECT_NE(sent.err.find("spec-kitty clock renew"), std::string::npos) << sent.err;
  EXPECT_EQ(server->events().size(), 4U) << "nothing is lost";
  expect_fixed("stamps_taken");
}

TEST_F(DoctorStates, AGarbledStoreIsRepairedAndRecordingContinues) {
  logged_in();
  emit();
  write_text(home() / "queue" / "env" / "data.mdb", std::string(100'000, 'x'));
  expect_fixed("store_damaged");
  emit();
}

TEST_F(DoctorStates, AStoreThatWasCutShortIsRepaired) {
  logged_in();
  for (int i = 0; i < 3; ++i)
    cli({"emit", "--stdin"}, [] {
      std::string lines;
      for (int n = 0; n < 400; ++n)
        lines += stdin_line(n);
      return lines;
    }());
  fs::resize_file(home() / "queue" / "env" / "data.mdb", 16384);
  expect_fixed("store_damaged");
}

TEST_F(DoctorStates, AStoreHeldByAStoppedProcessGoesOn) {
  logged_in();
  emit();
  env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "50";
  const pid_t pid = ::fork();
  if (pid == 0) { // lets go as soon as it runs again
    const int fd = ::open((home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC);
    ::flock(fd, LOCK_EX);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  holders_.push_back(pid);
  EXPECT_TRUE(eventually([&] { return says("store_busy"); }));
  for (const auto& found : findings())
    if (found.id == "store_busy") {
      EXPECT_EQ(found.remedy, "kill -CONT " + std::to_string(pid));
    }
  expect_fixed("store_busy");
}

TEST_F(DoctorStates, AStoreHeldByARunningProcessIsFreed) {
  logged_in();
  emit();
  env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "50";
  hold_store();
  expect_fixed("store_busy");
}

TEST_F(DoctorStates, SpilledEventsAreTakenInAndSent) {
  logged_in();
  emit();
  spill_one();
  expect_fixed("spilled");
  EXPECT_EQ(server->events().size(), 2U);
}

TEST_F(DoctorStates, SpilledEventsAreTakenInWithoutAServer) {
  emit();
  spill_one();
  EXPECT_TRUE(says("spilled"));
  for (const auto& found : findings())
    if (found.id == "spilled")
      type(found.remedy);
  EXPECT_FALSE(says("spilled"));
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 2U);
}

TEST_F(DoctorStates, ADamagedSpillFileIsShownUntilSomebodyHasLookedAtIt) {
  logged_in();
  emit();
  spill_one();
  const fs::path file = spill_files(home()).front().path;
  std::string text = read_text(file);
  text[20] = '~';
  write_text(file, text);
  emit();
  expect_fixed("spill_damaged");
}

TEST_F(DoctorStates, DroppedEventsAreShownUntilTheyAreAcknowledged) {
  logged_in();
  env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = "1";
  emit();
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 1);
  env.clear();
  expect_fixed("dropped");
}

TEST_F(DoctorStates, EventsThatMadeRoomAreBroughtBack) {
  logged_in();
  cli({"config", "set", "sync.max_queue_size", "3"});
  cli({"config", "set", "sync.overflow", "evict_oldest"});
  emit(5);
  cli({"events", "acknowledge-drops"});
  cli({"sync", "now"});
  expect_fixed("overflow");
}

TEST_F(DoctorStates, AFullQueueGetsALargerCap) {
  logged_in();
  cli({"config", "set", "sync.max_queue_size", "3"});
  emit(3);
  expect_fixed("queue_full");
  emit();
}

TEST_F(DoctorStates, ANearlyFullQueueGetsALargerCap) {
  logged_in();
  cli({"config", "set", "sync.max_queue_size", "10"});
  emit(9);
  expect_fixed("queue_nearly_full");
}

TEST_F(DoctorStates, DeadLettersAreTriedAgain) {
  logged_in({"--reject-type", "HistoryAdded"});
  cli({"config", "set", "sync.max_retries", "1"});
  emit(2);
  EXPECT_EQ(cli({"sync", "now"}).status, 5);
  server->kill();
  server->restart({"--reject-type", "ErrorLogged"});
  expect_fixed("dead_letters");
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "dead"}), 0);
}

} // namespace
} // namespace spec_kitty::support
