#include "tests/support/daemon_test.hpp"

#include <algorithm>
#include <csignal>
#include <map>

namespace spec_kitty::support {

daemon_test::~daemon_test() {
  daemon_.reset();                                     // the child's destructor kills
  if (std::filesystem::exists(home() / "daemon.sock")) // one that a command has started
    cli({"sync", "daemon", "stop", "--quiet"});
}

void daemon_test::start_daemon() {
  auto what = command({"sync", "daemon", "run"});
  daemon_ = std::make_unique<child>(what);
  ASSERT_TRUE(eventually([&] {
    const auto shown = parsed(cli({"sync", "daemon", "status", "--json"}).out);
    const json_value* running = member(shown, "running");
    return running != nullptr && running->IsBool() && running->GetBool() &&
           number_in(shown, {"pid"}) == daemon_->pid();
  })) << "the daemon does not answer";
}

finished daemon_test::stop_daemon() {
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
  auto done = daemon_->wait();
  daemon_.reset();
  return done;
}

void daemon_test::kill_daemon(int signal) {
  daemon_->send(signal);
  daemon_->wait();
  daemon_.reset();
}

std::string daemon_test::connection() const {
  const auto shown = parsed(cli({"sync", "status", "--json"}).out);
  const json_value* connection = member(shown, "connection");
  return connection == nullptr ? "none" : text_of(*connection, "state").value_or("none");
}

bool daemon_test::is_eventually(std::string_view state, milliseconds patience) const {
  return eventually([&] { return connection() == state; }, patience);
}

bool daemon_test::drains(milliseconds patience) const {
  return eventually(
      [&] {
        const auto shown = parsed(cli({"sync", "status", "--json"}).out);
        return number_in(shown, {"queue", "queued"}) == 0 &&
               number_in(shown, {"queue", "leased"}) == 0;
      },
      patience);
}

std::vector<std::string> daemon_test::emit_each(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    const auto done = cli({"emit", "WPStatusChanged", "--payload", good_payload, "--quiet"});
    EXPECT_EQ(done.status, 0) << done.err;
    ids.push_back(done.out.substr(0, 26));
  }
  recorded.insert(recorded.end(), ids.begin(), ids.end());
  return ids;
}

void daemon_test::expect_all_on_server_in_order() const {
  const auto events = server->events();
  auto there = ids_of(events);
  std::map<std::string, std::int64_t> clocks;
  for (const auto& text : events) {
    const auto event = parsed(text);
    const auto node = text_of(event, "node_id").value_or("");
    const auto clock = number_in(event, {"lamport_clock"});
    EXPECT_GT(clock, clocks[node]) << "out of order: " << text;
    clocks[node] = clock;
  }
  auto expected = recorded;
  std::sort(expected.begin(), expected.end());
  std::sort(there.begin(), there.end());
  EXPECT_EQ(std::adjacent_find(there.begin(), there.end()), there.end()) << "an event twice";
  EXPECT_EQ(there, expected);
}

long proc_number(pid_t pid, const std::string& file, const std::string& name) {
  const auto lines = lines_of(read_text("/proc/" + std::to_string(pid) + "/" + file));
  for (const auto& line : lines)
    if (line.starts_with(name))
      return std::strtol(line.c_str() + name.size(), nullptr, 10);
  return -1;
}

} // namespace spec_kitty::support
