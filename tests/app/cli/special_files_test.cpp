// Something else in the place of a file of the home or the repository: every command ends in time.
#include "tests/support/daemon_test.hpp"

#include <sys/stat.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds special_file_patience{20'000};

const std::vector<std::string> kinds = {"fifo", "folder", "/dev/zero", "/dev/ptmx", "sparse"};

/// Puts something into the place of a file, which a daemon may be writing at this moment.
void replace_by(const std::string& kind, const fs::path& file) {
  fs::create_directories(file.parent_path());
  const fs::path made = file.string() + ".made";
  if (kind == "fifo")
    ASSERT_EQ(::mkfifo(made.c_str(), 0600), 0);
  else if (kind == "folder")
    fs::create_directory(made);
  else if (kind == "sparse") {
    write_text(made, "");
    fs::permissions(made, fs::perms::owner_read | fs::perms::owner_write);
    fs::resize_file(made, std::uintmax_t{100} << 30);
  } else
    fs::create_symlink(kind, made);
  ASSERT_TRUE(eventually([&] {
    std::error_code error;
    fs::remove_all(file, error);
    fs::rename(made, file, error);
    return !error;
  }));
}

struct SpecialFiles : daemon_test {
  void expect_end_in_time(const words& arguments, const std::string& case_name) const {
    auto what = command(arguments);
    what.patience = special_file_patience;
    const auto done = run(what);
    EXPECT_FALSE(done.timed_out) << case_name;
    EXPECT_EQ(done.signal, 0) << case_name << done.err;
    EXPECT_EQ(done.err.find("defect"), std::string::npos) << case_name << done.err;
  }
};

TEST_F(SpecialFiles, NoCommandWaitsForAFileOfTheHome) {
  emit();
  const auto whole = root() / "whole";
  fs::copy(home(), whole, fs::copy_options::recursive);
  for (const char* place : {"config.toml", "credentials", "clock.json", "daemon.json",
                            "daemon.lock", "queue/lock", "queue/env/data.mdb", "queue/env/lock.mdb",
                            "config.lock", "spill/01ARZ3NDEKTSV4RRFFQ69G5FAV-1.jsonl"})
    for (const auto& kind : kinds) {
      fs::remove_all(home());
      fs::copy(whole, home(), fs::copy_options::recursive);
      replace_by(kind, home() / place);
      for (const words& arguments :
           {words{"emit", "WPStatusChanged", "--payload", good_payload}, words{"sync", "status"},
            words{"sync", "doctor"}, words{"config", "set", "sync.interval_s", "299"}})
        expect_end_in_time(arguments, kind + " in the place of " + place + ": " + arguments[1]);
    }
}

TEST_F(SpecialFiles, NoEmissionWaitsForAFileOfTheRepository) {
  ASSERT_EQ(support::run({{"git", "init", "-q", work().string()}, {}, {}, {}}).status, 0);
  for (const auto& kind : kinds) {
    replace_by(kind, work() / ".kittify" / "config.yaml");
    auto what = command({"emit", "WPStatusChanged", "--payload", good_payload});
    what.patience = special_file_patience;
    const auto done = run(what);
    EXPECT_EQ(done.status, 0) << kind << done.err;
    EXPECT_FALSE(done.timed_out) << kind;
  }
}

TEST_F(SpecialFiles, ADaemonEndsOnSigtermWhateverStandsInItsHome) {
  server_set();
  emit();
  for (const auto& kind : kinds) {
    start_daemon();
    for (const char* place : {"config.toml", "credentials", "clock.json", "daemon.json"})
      replace_by(kind, home() / place);
    (void)cli(
        {"emit", "WPStatusChanged", "--payload", good_payload}); // may be refused; wakes it up
    daemon_->send(SIGTERM);
    const auto done = daemon_->wait(special_file_patience);
    EXPECT_FALSE(done.timed_out) << kind;
    EXPECT_EQ(done.signal, 0) << kind;
    daemon_.reset();
    for (const char* place : {"config.toml", "credentials", "clock.json", "daemon.json"})
      fs::remove_all(home() / place);
    ASSERT_EQ(cli({"sync", "server", server->url()}).status, 0);
  }
}

TEST_F(SpecialFiles, AHomeThatOthersMayWriteIsRefusedWithTheCommandThatEndsIt) {
  emit();
  fs::permissions(home(), fs::perms::group_write, fs::perm_options::add);
  for (const words& arguments :
       {words{"emit", "WPStatusChanged", "--payload", good_payload}, words{"sync", "now"},
        words{"sync", "status"}, words{"events", "list"}, words{"auth", "logout"},
        words{"config", "set", "sync.interval_s", "299"}, words{"sync", "daemon", "start"}}) {
    const auto answer = json_of(arguments, 6);
    EXPECT_EQ(error_part(answer, "hint"), "chmod go-w " + home().string()) << arguments[1];
  }
  EXPECT_NE(cli({"sync", "doctor"}).out.find("chmod go-rwx " + home().string()), std::string::npos);
  fs::permissions(home(), fs::perms::group_write, fs::perm_options::remove);
  EXPECT_EQ(cli({"sync", "status"}).status, 0);
}

TEST_F(SpecialFiles, AUnitFileHoldsNoLineOfAPath) {
  const auto place = (root() / "a\nExecStartPre=b").string();
  const auto refused = json_of({"sync", "daemon", "unit", "--home", place}, 1);
  EXPECT_EQ(error_part(refused, "code"), "bad_input");
}

TEST_F(SpecialFiles, NothingOfItsMemoryIsLeftWhenItDies) {
#ifdef SPEC_KITTY_SANITIZED
  GTEST_SKIP() << "a leak check needs to look in";
#endif
  fs::permissions(root(), fs::perms::others_all, fs::perm_options::add);
  auto what = command({"emit", "--stdin", "--home", (root() / "other").string()});
  if (::geteuid() == 0) // root owns what is hidden, so that it shows for another user only
    what.argv.insert(what.argv.begin(),
                     {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  child emitter_process(what);
  const auto owner = [&] {
    struct stat found {};
    ::stat(("/proc/" + std::to_string(emitter_process.pid()) + "/environ").c_str(), &found);
    return found.st_uid;
  };
  EXPECT_TRUE(emitter_process.write(stdin_line(1)));
  if (!emitter_process.next_line())
    GTEST_SKIP() << "no other user can be taken on";
  EXPECT_EQ(owner(), 0U);
}

} // namespace
} // namespace spec_kitty::support
