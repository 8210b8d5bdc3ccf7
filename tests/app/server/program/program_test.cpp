// spec-kitty-server as a person meets it: the first commands, a server that runs, and the words for
// what is wrong.
#include "tests/app/server/program/program_fixture.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

constexpr unsigned nobody = 65534;

struct Program : server_program {
  /// Each file below the state folder with its owner and mode, as far as others could use it.
  words files_that_others_can_use(unsigned owner) const {
    words found;
    for (const auto& entry : fs::recursive_directory_iterator(state())) {
      struct stat info {};
      if (::lstat(entry.path().c_str(), &info) == 0 &&
          ((info.st_mode & 077U) != 0 || info.st_uid != owner))
        found.push_back(entry.path().string());
    }
    return found;
  }

  /// A server behind a program that starts it.
  launch started_with(words front) const {
    auto what = command({"run", "--json", "--listen", "127.0.0.1:0"});
    what.argv.insert(what.argv.begin(), front.begin(), front.end());
    return what;
  }
};

TEST_F(Program, InitMakesAPrivateStoreWithATeamAndItsAdmin) {
  const auto made = json_of({"init", "--team", "alpha", "--admin", "ann"});
  EXPECT_NE(text_of(made, "password_link").value_or("").find("/link/"), std::string::npos);
  EXPECT_EQ(files_that_others_can_use(::geteuid()), words{});
  const auto users = json_of({"user", "list"});
  const auto& user = (*member(users, "users"))[0];
  EXPECT_EQ(text_of(user, "user"), "ann");
  EXPECT_EQ(text_of(user, "teams"), "alpha:admin");
  const auto again = json_of({"init", "--team", "beta"}, 1);
  EXPECT_NE(error_part(again, "hint").find("team add"), std::string::npos);
}

TEST_F(Program, WithoutAStoreItSaysHowToMakeOne) {
  for (const words& each : {words{"run"}, words{"team", "list"}, words{"check"}}) {
    const auto answer = json_of(each, 1);
    EXPECT_NE(error_part(answer, "hint").find("spec-kitty-server init"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(state()));
}

TEST_F(Program, CommandsWorkOnARunningServerAndWithoutOne) {
  init();
  start();
  (void)json_of({"team", "add", "beta", "--name", "The second"});
  (void)json_of({"user", "add", "bob", "--password-stdin"}, 0, "the password of bob\n");
  (void)json_of({"member", "add", "--team", "beta", "--user", "bob", "--role", "reader"});
  struct stat info {};
  ASSERT_EQ(::stat((state() / "admin.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(stop().status, 0);
  EXPECT_FALSE(fs::exists(state() / "admin.sock"));
  const auto members = json_of({"member", "list", "--team", "beta"});
  EXPECT_EQ(text_of((*member(members, "members"))[0], "role"), "reader");
  EXPECT_EQ(files_that_others_can_use(::geteuid()), words{});
}

TEST_F(Program, WhatRemovesAsksFirst) {
  init();
  const auto asked = json_of({"team", "remove", "alpha"}, 1);
  EXPECT_NE(error_part(asked, "hint").find("--yes"), std::string::npos);
  (void)json_of({"team", "remove", "alpha", "--yes"});
  EXPECT_TRUE(member(json_of({"team", "list"}), "teams")->Empty());
  EXPECT_EQ(error_part(json_of({"team", "add", "alpha"}, 1), "code"), "bad_input")
      << "a slug is for ever";
}

TEST_F(Program, ATokenIsShownOnceAndListedWithoutItself) {
  init();
  const auto made = json_of({"token", "create", "--user", "ann", "--team", "alpha", "--name",
                             "build", "--expires", "90d"});
  const auto token = text_of(made, "token").value_or("");
  EXPECT_EQ(token.size(), 47U);
  EXPECT_TRUE(token.starts_with("skt_"));
  EXPECT_EQ(to_text(json_of({"token", "list"})).find(token), std::string::npos);
  (void)json_of({"token", "revoke", text_of(made, "id").value_or("")});
  EXPECT_NE(to_text(json_of({"token", "list"})).find("revoked"), std::string::npos);
}

TEST_F(Program, BadWordsAreRefusedWithWhatIsAllowed) {
  init();
  for (const words& each :
       {words{"team", "add", "Has Space"}, words{"team", "add", "local"},
        words{"user", "add", "a b"},
        words{"member", "add", "--team", "alpha", "--user", "ann", "--role", "king"},
        words{"token", "create", "--user", "ann", "--team", "alpha", "--name", "x", "--expires",
              "1y"},
        words{"event", "erase", "--team", "alpha", "0", "--reason", "x", "--yes"},
        words{"member", "add", "--team", "gamma", "--user", "ann"}}) {
    const auto refused = json_of(each, 1);
    EXPECT_NE(error_part(refused, "hint"), "") << each[0] << " " << each[1];
  }
  EXPECT_EQ(error_part(json_of({"user", "add", "bob", "--password-stdin"}, 1, "short\n"), "code"),
            "bad_input");
  EXPECT_EQ(command_done({"team", "add"}).status, 2);
  EXPECT_EQ(command_done({"teem", "add"}).status, 2);
  EXPECT_EQ(command_done({"user", "add", "bob", "--password", "x"}).status, 2);
}

TEST_F(Program, ASecondServerOfAFolderAndAPortInUseAreNamed) {
  init();
  start();
  const auto second = json_of({"run", "--listen", "127.0.0.1:0"}, 1);
  EXPECT_EQ(error_part(second, "code"), "already_running") << to_text(second);
  folder = "another";
  init();
  const auto refused = json_of({"run", "--listen", "127.0.0.1:" + std::to_string(port())}, 1);
  EXPECT_NE(error_part(refused, "message").find(std::to_string(port())), std::string::npos);
  EXPECT_NE(error_part(refused, "hint"), "");
}

TEST_F(Program, BeyondLoopbackWithoutTlsItDoesNotListen) {
  init();
  const auto refused = json_of({"run", "--listen", "0.0.0.0:0"}, 1);
  EXPECT_EQ(error_part(refused, "code"), "bad_config");
  EXPECT_NE(error_part(refused, "hint").find("tls.certificate"), std::string::npos);
}

TEST_F(Program, ACertificateThatDoesNotFitOrHasExpiredIsNamed) {
  init();
  const authority ours(root.path());
  const auto good = ours.issue("localhost");
  const auto expired = ours.issue("old.example", true);
  const auto run_with = [&](const certificate& shown, const std::string& key) {
    return json_of(
        {"run", "--listen", "127.0.0.1:0", "--tls-certificate", shown.file, "--tls-key", key}, 1);
  };
  const auto unfit = run_with(good, expired.key);
  EXPECT_EQ(error_part(unfit, "code"), "bad_config") << to_text(unfit);
  const auto late = run_with(expired, expired.key);
  EXPECT_NE(error_part(late, "message").find("expired"), std::string::npos) << to_text(late);
  EXPECT_NE(error_part(run_with({"/nowhere.pem", ""}, good.key), "message").find("/nowhere.pem"),
            std::string::npos);
}

TEST_F(Program, AFolderThatRootMadeIsNamedWithTheRemedy) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root";
  init();
  fs::permissions(root.path(), fs::perms::owner_all | fs::perms::others_exec);
  auto as_nobody = command({"team", "list", "--json"});
  as_nobody.argv.insert(as_nobody.argv.begin(),
                        {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  const auto done = support::run(as_nobody);
  EXPECT_EQ(done.status, 1);
  const auto refused = only_object(done);
  EXPECT_NE(error_part(refused, "message").find("made by root"), std::string::npos) << done.out;
  EXPECT_NE(error_part(refused, "hint").find("chown"), std::string::npos);
}

TEST_F(Program, RootBecomesTheOwnerOfTheFolderFirst) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root";
  fs::permissions(root.path(), fs::perms::owner_all | fs::perms::others_exec);
  fs::create_directory(state());
  fs::permissions(state(), fs::perms::owner_all);
  ASSERT_EQ(::chown(state().c_str(), nobody, nobody), 0);
  init();
  start();
  (void)json_of({"team", "add", "beta"});
  struct stat info {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(process->pid())).c_str(), &info), 0);
  EXPECT_EQ(stop().status, 0);
  (void)json_of({"team", "add", "gamma"});
  EXPECT_EQ(files_that_others_can_use(nobody), words{});
}

TEST_F(Program, TellsTheServiceManagerWhenItIsReadyAndWhenItStops) {
  init();
  const auto path = root.path() / "notify";
  const int notify = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(notify, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const timeval patience{30, 0};
  ::setsockopt(notify, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto received = [&] {
    std::array<char, 256> text{};
    const auto got = ::recv(notify, text.data(), text.size(), 0);
    return std::string(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  };
  env["NOTIFY_SOCKET"] = path.string();
  start();
  EXPECT_EQ(received(), "READY=1");
  EXPECT_EQ(stop().status, 0);
  EXPECT_EQ(received(), "STOPPING=1");
  ::close(notify);
}

TEST_F(Program, OpensAsManyFilesAsItMayAndSaysWhereThatIsTooFew) {
  init();
  process = std::make_unique<child>(started_with({"/usr/bin/prlimit", "--nofile=200:20000"}));
  ASSERT_TRUE(process->next_line());
  rlimit open_files{};
  ASSERT_EQ(::prlimit(process->pid(), RLIMIT_NOFILE, nullptr, &open_files), 0);
  EXPECT_EQ(open_files.rlim_cur, 20000U);
  EXPECT_EQ(stop().err.find("LimitNOFILE"), std::string::npos);
  process = std::make_unique<child>(started_with({"/usr/bin/prlimit", "--nofile=500:500"}));
  ASSERT_TRUE(process->next_line());
  const auto log = stop().err;
  EXPECT_NE(log.find("may open 500 files"), std::string::npos) << log;
  EXPECT_NE(log.find("ulimit -n 10100"), std::string::npos) << log;
}

TEST_F(Program, ABackupOfARunningServerIsRestoredElsewhere) {
  init();
  start();
  const auto file = (root.path() / "backup").string();
  (void)json_of({"backup", file});
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_NE(error_part(json_of({"backup", file}, 1), "message"), "") << "it exists";
  EXPECT_EQ(error_part(json_of({"restore", file}, 1), "code"), "already_running");
  EXPECT_EQ(stop().status, 0);
  folder = "another";
  (void)json_of({"restore", file});
  EXPECT_EQ(text_of((*member(json_of({"team", "list"}), "teams"))[0], "team"), "alpha");
  (void)json_of({"check"});
}

TEST_F(Program, KeysAreRotatedWhileItRuns) {
  init();
  start();
  const auto before = read_text(state() / "keys");
  (void)json_of({"keys", "rotate"});
  EXPECT_NE(read_text(state() / "keys"), before);
  EXPECT_NE(to_text(json_of({"audit", "list"})).find("keys.rotate"), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
