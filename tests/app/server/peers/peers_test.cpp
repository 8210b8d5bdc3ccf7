// Real clients against the real server: this project's own, and one as it was in February 2026.
#include "tests/support/daemon_test.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <set>

namespace spec_kitty::support {
namespace {

/// A team server with the team alpha and its admin ann, and a home that may log in to it.
class ServerPeers : public daemon_test {
protected:
  ServerPeers() {
    const auto made =
        server_command({"init", "--team", team, "--admin", username, "--password-stdin"},
                       std::string(password) + "\n");
    EXPECT_EQ(made.status, 0) << made.err;
  }
  /// Always on the same port, once it was drawn.
  void start_server() {
    process_ = std::make_unique<child>(
        server_launch({"run", "--json", "--listen", "127.0.0.1:" + std::to_string(port_)}));
    const auto line = process_->next_line();
    ASSERT_TRUE(line) << process_->wait().err;
    url_ = text_of(parsed(*line), "url").value_or("");
    port_ = std::stoi(url_.substr(url_.rfind(':') + 1));
  }
  finished stop_server() {
    process_->send(SIGTERM);
    return process_->wait();
  }
  void log_in_to_server() const {
    ASSERT_EQ(cli({"sync", "server", url_}).status, 0);
    const auto done = cli({"auth", "login", "--username", username, "--password-stdin"},
                          std::string(password) + "\n");
    ASSERT_EQ(done.status, 0) << done.err;
  }
  /// The ids of all events that the server keeps for the team, in the order of its log.
  std::vector<std::string> kept_ids() const {
    const auto done = server_command({"team", "export", team});
    EXPECT_EQ(done.status, 0) << done.err;
    std::vector<std::string> ids;
    for (const std::string& line : lines_of(done.out)) {
      const auto entry = parsed(line);
      const json_value* event = member(entry, "event");
      ids.push_back(
          text_of(event == nullptr ? static_cast<const json_value&>(entry) : *event, "event_id")
              .value_or("?"));
    }
    return ids;
  }
  launch server_launch(const words& arguments, std::string input = {}) const {
    words argv = {program_folder() + "/spec-kitty-server", "--state", (root() / "server").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return {argv, env, root(), std::move(input)};
  }
  finished server_command(const words& arguments, std::string input = {}) const {
    return support::run(server_launch(arguments, std::move(input)));
  }

  static constexpr const char* team = "alpha";
  static constexpr const char* username = "ann";
  static constexpr const char* password = "the password of ann";
  std::unique_ptr<child> process_;
  std::string url_;
  int port_ = 0;
};

TEST_F(ServerPeers, OurClientDeliversEachEventOnceAndInOrder) {
  start_server();
  log_in_to_server();
  emit(1200);
  const auto recorded_ids = ids_of(lines_of(cli({"events", "export"}).out));
  ASSERT_EQ(recorded_ids.size(), 1200U);
  const auto report = json_of({"sync", "now"});
  EXPECT_EQ(number_in(report, {"synced"}), 1200);
  EXPECT_EQ(number_in(report, {"remaining"}), 0);
  EXPECT_EQ(kept_ids(), recorded_ids);
  const auto done = stop_server();
  EXPECT_EQ(done.status, 0) << done.err;
}

TEST_F(ServerPeers, OurDaemonDeliversOverTheWebSocketAndComesBackAfterARestart) {
  start_server();
  log_in_to_server();
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  emit_each(5);
  ASSERT_TRUE(drains());
  EXPECT_EQ(kept_ids(), recorded);
  (void)stop_server();
  emit_each(3);
  start_server();
  ASSERT_TRUE(drains());
  EXPECT_EQ(kept_ids(), recorded) << "the session outlived the server";
  ASSERT_TRUE(is_eventually("Connected"));
  stop_daemon();
  (void)stop_server();
}

TEST_F(ServerPeers, AHomeThatWasRestoredSendsItsEventsWithNewStamps) {
  start_server();
  log_in_to_server();
  emit(3);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
  const auto kept_home = root() / "kept";
  std::filesystem::copy(home(), kept_home, std::filesystem::copy_options::recursive);
  emit(4);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 4);
  std::filesystem::remove_all(home());
  std::filesystem::rename(kept_home, home());
  emit(2); // with stamps that events of the server have
  const auto report = json_of({"sync", "now"});
  EXPECT_EQ(number_in(report, {"synced"}), 2);
  EXPECT_EQ(number_in(report, {"dead"}), 0);
  std::set<std::string> stamps;
  for (const std::string& line : lines_of(server_command({"team", "export", team}).out)) {
    const auto entry = parsed(line);
    const json_value* event = member(entry, "event");
    ASSERT_NE(event, nullptr) << line;
    stamps.insert(text_of(*event, "node_id").value_or("") + " " +
                  std::to_string(whole_number_of(*event, "lamport_clock").value_or(0)));
  }
  EXPECT_EQ(stamps.size(), 9U) << "two events have one stamp";
  (void)stop_server();
}

TEST_F(ServerPeers, OurClientIsLoggedOutAtTheServerToo) {
  start_server();
  log_in_to_server();
  emit(1);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 1);
  EXPECT_EQ(cli({"auth", "logout"}).status, 0);
  emit(1);
  EXPECT_NE(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(kept_ids().size(), 1U);
  (void)stop_server();
}

TEST_F(ServerPeers, TheClientOfFebruary2026IsServed) {
  start_server();
  const auto done = support::run(
      {{"python3", std::string(SPEC_KITTY_SOURCE_DIR) + "/tests/app/server/peers/older_client.py",
        url_, username},
       env,
       root(),
       std::string(password) + "\n"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(kept_ids().size(), 10U);
  const auto server_done = stop_server();
  EXPECT_EQ(server_done.status, 0) << server_done.err;
}

} // namespace
} // namespace spec_kitty::support
