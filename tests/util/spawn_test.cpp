// What a new process gets of its starter, and how a program that cannot begin is reported.
#include "util/spawn.hpp"

#include "util/files.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace spec_kitty {
namespace {

/// The exit status of a process; 128 and the signal where a signal ended it.
int status_of(pid_t pid) {
  int how = 0;
  ::waitpid(pid, &how, 0);
  return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

spawn_request shell(const std::string& script) {
  spawn_request request;
  request.argv = {"sh", "-c", script};
  request.environment = environment_with({}, {});
  return request;
}

int status_of(const spawn_request& request) {
  const auto started = spawn(request);
  EXPECT_EQ(started.error, 0);
  return started.error == 0 ? status_of(started.pid) : -1;
}

/// What the script prints.
std::string output_of(spawn_request request) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const unique_fd read_end(ends[0]);
  unique_fd write_end(ends[1]);
  request.output = write_end.get();
  const auto started = spawn(request);
  EXPECT_EQ(started.error, 0);
  write_end = unique_fd();
  std::string text;
  std::array<char, 256> chunk{};
  for (ssize_t got = 0; (got = ::read(read_end.get(), chunk.data(), chunk.size())) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(got));
  status_of(started.pid);
  return text;
}

TEST(Spawn, AMissingProgramIsReportedAndLeavesNoProcess) {
  spawn_request request;
  request.argv = {"spec-kitty-no-such-program"};
  const auto started = spawn(request);
  EXPECT_EQ(started.error, ENOENT);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(Spawn, AMissingFolderIsReported) {
  auto request = shell("true");
  request.folder = "/no/such/folder";
  EXPECT_EQ(spawn(request).error, ENOENT);
}

TEST(Spawn, WithoutAReportAMissingProgramExitsWith127) {
  spawn_request request;
  request.argv = {"spec-kitty-no-such-program"};
  request.on_failure = start_failure::exit_status;
  EXPECT_EQ(status_of(request), 127);
}

TEST(Spawn, WithoutAReportARefusedLimitExitsWith126) {
  auto request = shell("true");
  request.limits = {{-1, 0}};
  request.on_failure = start_failure::exit_status;
  EXPECT_EQ(status_of(request), 126);
}

TEST(Spawn, ALimitHoldsInTheProgram) {
  auto request = shell("ulimit -n");
  request.limits = {{RLIMIT_NOFILE, 16}};
  EXPECT_EQ(output_of(request), "16\n");
}

TEST(Spawn, StreamsThatAreNotGivenAreEmptyAndLeadNowhere) {
  EXPECT_EQ(status_of(shell("test -z \"$(cat)\" && echo lost && echo lost >&2")), 0);
}

TEST(Spawn, AFreshProcessDoesNotIgnoreSigpipe) {
  auto* const before = std::signal(SIGPIPE, SIG_IGN);
  const int status = status_of(shell("kill -PIPE $$"));
  std::signal(SIGPIPE, before);
  EXPECT_EQ(status, 128 + SIGPIPE);
}

TEST(Spawn, ASessionOfItsOwnHasItsProcessAsLeader) {
  auto request = shell("read -r stat < /proc/$$/stat; set -- $stat; test $6 -eq $$");
  EXPECT_NE(status_of(request), 0);
  request.group = process_group::own_session;
  EXPECT_EQ(status_of(request), 0);
}

TEST(Spawn, OthersAreClosedButTheDescriptorThatIsKeptOpen) {
  const unique_fd kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const unique_fd other(::open("/dev/null", O_RDONLY));
  const auto number = [](const unique_fd& fd) { return std::to_string(fd.get()); };
  auto request =
      shell("test -e /proc/$$/fd/" + number(kept) + " && test ! -e /proc/$$/fd/" + number(other));
  request.kept_open = kept.get();
  EXPECT_NE(status_of(request), 0);
  request.close_others = true;
  EXPECT_EQ(status_of(request), 0);
}

TEST(Spawn, NoChildGetsASecret) {
  ::setenv("SPEC_KITTY_PASSWORD", "one", 1);
  ::setenv("SPEC_KITTY_DEV_PASSWORD", "two", 1);
  auto request = shell("echo $SPEC_KITTY_PASSWORD:$SPEC_KITTY_DEV_PASSWORD");
  request.environment = environment_with({}, {});
  EXPECT_EQ(output_of(request), ":\n");
}

TEST(Spawn, AnAddedVariableReplacesAndARemovedOneIsMissing) {
  ::setenv("SPEC_KITTY_TEST_A", "old", 1);
  ::setenv("SPEC_KITTY_TEST_B", "old", 1);
  auto request = shell("echo $SPEC_KITTY_TEST_A:$SPEC_KITTY_TEST_B");
  request.environment = environment_with({"SPEC_KITTY_TEST_B"}, {"SPEC_KITTY_TEST_A=new"});
  EXPECT_EQ(output_of(request), "new:\n");
}

} // namespace
} // namespace spec_kitty
