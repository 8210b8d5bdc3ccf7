// `config set` and `auth login` with each fault at each of their file operations:
// settings and session are the old ones or the new ones as a whole, and the same command works
// afterwards.
#include "config/credentials.hpp"
#include "tests/app/chaos/chaos_fixture.hpp"

#include <algorithm>

namespace spec_kitty::chaos {
namespace {

namespace fs = std::filesystem;

using support::number_in;
using support::read_text;
using support::write_text;

class ChaosFiles : public chaos_test, public testing::WithParamInterface<shim_fault> {
protected:
  /// From now on every try begins with a copy of the home as it is.
  void keep_as_template() const { fs::rename(home(), root() / "template"); }
  void start_over() const {
    fs::remove_all(home());
    fs::copy(root() / "template", home(), fs::copy_options::recursive);
  }

  support::launch login_command() const {
    return command({"auth", "login", "--username", server->username(), "--password-stdin"},
                   server->password() + "\n");
  }

  /// The session in the home: whole, or none.
  std::optional<credentials> session() const {
    const auto held = read_credentials(home());
    EXPECT_TRUE(held) << (held ? "" : held.error().message);
    if (!held || !*held)
      return std::nullopt;
    for (const auto part : {&credentials::access, &credentials::refresh, &credentials::username,
                            &credentials::team_slug, &credentials::server})
      EXPECT_NE((**held).*part, "") << "half a session";
    EXPECT_GT((*held)->access_expires_at, 0);
    EXPECT_GT((*held)->refresh_expires_at, (*held)->access_expires_at);
    return *held;
  }

  /// Files below the home that hold one of these words.
  std::vector<std::string> holding(const std::vector<std::string>& secrets) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(home())) {
      const auto bytes = entry.is_regular_file() ? read_text(entry.path()) : "";
      if (std::any_of(secrets.begin(), secrets.end(),
                      [&](const auto& secret) { return bytes.find(secret) != std::string::npos; }))
        found.push_back(entry.path().string());
    }
    return found;
  }

  /// Names in the home that a failed command left and a later one should have cleared away.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(home()))
      if (entry.path().extension() == ".new")
        found.push_back(entry.path().string());
    return found;
  }
};

TEST_P(ChaosFiles, AConfigSetInAHomeThatDoesNotExist) {
  const long operations = at_every_operation([&](long at) {
    fs::remove_all(home());
    const auto done = run(
        with_shim_fault(command({"config", "set", "sync.timeout_s", "7"}), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    const auto file = home() / "config.toml";
    const bool is_new = read_text(file) == "[sync]\ntimeout_s = 7\n";
    EXPECT_TRUE(is_new || !fs::exists(file)) << read_text(file);
    EXPECT_TRUE(is_new || done.status != 0) << "exit 0 is a promise";
    EXPECT_EQ(cli({"config", "set", "sync.timeout_s", "8"}).status, 0);
    EXPECT_EQ(number_in(json_of({"config", "get", "sync.timeout_s"}), {"value"}), 8);
    EXPECT_EQ(leftovers(), std::vector<std::string>{});
  });
  EXPECT_GT(operations, 5);
}

TEST_P(ChaosFiles, AConfigSetInAFileOfOnesOwn) {
  const std::string before = "# mine\n[sync]\ntimeout_s = 5 # s\nmax_retries = 3\n[more]\nx = 1\n";
  std::string after = before;
  after.replace(after.find("5 #"), 1, "7");
  const long operations = at_every_operation([&](long at) {
    fs::remove_all(home());
    fs::create_directory(home());
    write_text(home() / "config.toml", before);
    const auto done = run(
        with_shim_fault(command({"config", "set", "sync.timeout_s", "7"}), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    const auto now = read_text(home() / "config.toml");
    EXPECT_TRUE(now == after || (now == before && done.status != 0)) << now;
    EXPECT_EQ(cli({"config", "set", "sync.timeout_s", "7"}).status, 0);
    EXPECT_EQ(read_text(home() / "config.toml"), after);
    EXPECT_EQ(leftovers(), std::vector<std::string>{});
  });
  EXPECT_GT(operations, 4);
}

TEST_P(ChaosFiles, AFirstLoginThatAdoptsWhatWasRecorded) {
  server_set({"--quiet"});
  keep_as_template();
  const long operations = at_every_operation([&](long at) {
    start_over();
    std::string lines;
    for (int i = 0; i < 3; ++i)
      lines += support::stdin_line(i);
    const auto promises = read_promises(cli({"emit", "--stdin"}, lines).out);
    ASSERT_EQ(promises.size(), 3U);

    const auto done = run(with_shim_fault(login_command(), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    const auto held = session();
    EXPECT_TRUE(held || done.status != 0) << "exit 0 is a promise";
    for (const auto& wrong : violations(home(), promises))
      ADD_FAILURE() << wrong;
    EXPECT_EQ(cli({"sync", "status"}).status, 0);

    EXPECT_EQ(log_in(*server).status, 0); // the remedy
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"remaining"}), 0);
    const auto delivered = support::ids_of(server->events());
    for (const auto& promise : promises)
      EXPECT_NE(std::find(delivered.begin(), delivered.end(), promise.event_id), delivered.end());
    for (const auto& wrong : violations(home(), promises, delivered))
      ADD_FAILURE() << wrong;
  });
  EXPECT_GT(operations, 8);
}

TEST_P(ChaosFiles, ALoginOverASession) {
  logged_in({"--quiet"}); // its output is not read here
  const auto old = session();
  ASSERT_TRUE(old);
  keep_as_template();
  const long operations = at_every_operation([&](long at) {
    start_over();
    const auto done = run(with_shim_fault(login_command(), GetParam(), at, home()));
    expect_clear_end(done, GetParam());
    const auto held = session();
    ASSERT_TRUE(held) << "the old session is gone, and there is no new one";
    EXPECT_TRUE(held != old || done.status != 0) << "exit 0 is a promise";

    EXPECT_EQ(cli({"auth", "logout"}).status, 0);
    EXPECT_EQ(session(), std::nullopt);
    EXPECT_EQ(leftovers(), std::vector<std::string>{});
    EXPECT_EQ(holding({old->access, old->refresh, held->access, held->refresh, "[tokens]"}),
              std::vector<std::string>{})
        << "a token outlived the logout";
    EXPECT_EQ(log_in(*server).status, 0);
  });
  EXPECT_GT(operations, 4);
}

INSTANTIATE_TEST_SUITE_P(, ChaosFiles, testing::ValuesIn(shim_faults), name_of);

} // namespace
} // namespace spec_kitty::chaos
