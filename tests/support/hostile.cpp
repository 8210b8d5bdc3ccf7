#include "tests/support/hostile.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace spec_kitty::support {

namespace {

constexpr const char* python = "/usr/bin/python3";
const std::string script = SPEC_KITTY_SOURCE_DIR "/tests/support/hostile_server.py";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string note(int number, bool bad, std::size_t bytes) {
  return R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP01","entry_type":"note",)"
         R"("entry_content":")" +
         std::string(bad ? "poison " : "number ") + std::to_string(number) +
         std::string(bad ? bytes : 0, '.') + "\"}}\n";
}

} // namespace

// ── The server ───────────────────────────────────────────────────────────────────────────────────

hostile_server::hostile_server() : process_({{python, script}, {}, {}, {}}) {
  const auto line = process_.next_line();
  if (!line)
    throw std::runtime_error("the hostile server does not greet: " + process_.wait().err);
  const auto greeting = parsed(*line);
  url_ = text_of(greeting, "url").value_or("");
  elsewhere_ = text_of(greeting, "elsewhere").value_or("");
  password_ = text_of(greeting, "password").value_or("");
  port_ = static_cast<int>(number_in(greeting, {"port"}));
  control_ = static_cast<int>(number_in(greeting, {"control"}));
}

json_document hostile_server::control(const std::string& path, const std::string& body) const {
  const std::string request = "POST /control/" + path +
                              " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) +
                              "\r\n\r\n" + body;
  const std::string reply = exchange(control_, request);
  const auto head = reply.find("\r\n\r\n");
  if (head == std::string::npos)
    throw std::runtime_error("the hostile server does not obey: " + path);
  return parsed(reply.substr(head + 4));
}

void hostile_server::fault(const std::string& name, int times) {
  control("fault", R"({"name":")" + name + "\"" +
                       (times > 0 ? R"(,"times":)" + std::to_string(times) : "") + "}");
}

void hostile_server::release() {
  control("release", "");
}

void hostile_server::set_access_lifetime(const std::string& seconds_json) {
  control("set", R"({"names":["access_lifetime","refresh_lifetime"],"access_lifetime":)" +
                     seconds_json + "}");
}

void hostile_server::set_expires_in(const std::string& seconds_json) {
  control("set", R"({"names":["expires_in","refresh_expires_in"],"access_lifetime":)" +
                     seconds_json + "}");
}

void hostile_server::refuse_every_access_token() {
  control("forget", "");
}

void hostile_server::reset_counters() {
  control("reset", "");
}

json_document hostile_server::state() const {
  return control("state", "");
}

json_document hostile_server::tokens() const {
  return control("tokens", "");
}

std::vector<std::string> hostile_server::faults() {
  std::vector<std::string> names;
  for (const auto& line : lines_of(support::run({{python, script, "--list"}, {}, {}, {}}).out))
    names.push_back(line.substr(0, line.find(' ')));
  return names;
}

std::string exchange(int port, const std::string& request) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(port);
  std::string reply;
  const timeval patience{10, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    ::send(connection, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 65536> chunk{};
    for (;;) {
      const auto got = ::recv(connection, chunk.data(), chunk.size(), 0);
      if (got <= 0)
        break;
      reply.append(chunk.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(connection);
  return reply;
}

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  const bool found = ::bind(probe, where, size) == 0 && ::getsockname(probe, where, &size) == 0;
  ::close(probe);
  if (!found)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

// ── The fixture ──────────────────────────────────────────────────────────────────────────────────

hostile_test::hostile_test() {
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "2";
}

finished hostile_test::log_in(const std::string& user, words options) const {
  words arguments = {"auth", "login", "--username", user, "--password-stdin"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return cli(arguments, peer.password() + "\n");
}

void hostile_test::be_logged_in(const std::string& user) {
  ASSERT_EQ(cli({"sync", "server", peer.url()}).status, 0);
  const auto done = log_in(user);
  ASSERT_EQ(done.status, 0) << done.err;
}

std::vector<std::string> hostile_test::record(int count, const std::set<int>& bad,
                                              std::size_t bad_bytes) const {
  std::string input;
  for (int i = 0; i < count; ++i)
    input += note(i, bad.contains(i), bad_bytes);
  const auto done = cli({"emit", "--stdin"}, input);
  EXPECT_EQ(done.status, 0) << done.err;
  auto ids = ids_of(lines_of(done.out));
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(count));
  return ids;
}

json_document hostile_test::sync(int status) const {
  auto report = json_of({"sync", "now"}, status);
  expect_books_balanced(report);
  return report;
}

std::vector<listed> hostile_test::list(words options) const {
  words arguments = {"events", "list"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto answer = json_of(arguments);
  std::vector<listed> all;
  for (const auto& element : member(answer, "events")->GetArray()) {
    const json_value& event = *member(element, "event");
    all.push_back({text_of(event, "event_id").value_or(""), text_of(element, "state").value_or(""),
                   text_of(element, "last_error").value_or(""),
                   text_of(element, "reason").value_or(""), number_in(element, {"retry_count"}),
                   number_in(event, {"lamport_clock"})});
  }
  return all;
}

std::vector<std::string> hostile_test::stored() const {
  std::vector<std::string> ids;
  const auto state = peer.state();
  for (const auto& event : member(state, "stored")->GetArray())
    ids.push_back(text_of(event, "event_id").value_or(""));
  return ids;
}

void hostile_test::expect_delivered(std::vector<std::string> ids) const {
  auto there = stored();
  std::sort(there.begin(), there.end());
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(there, ids);
  const auto state = peer.state();
  EXPECT_EQ(to_text(*member(state, "violations")), "[]");
  EXPECT_EQ(number_in(state, {"elsewhere"}), 0) << "a redirect was followed";
}

std::unique_ptr<child> hostile_test::start(words arguments) const {
  auto process = std::make_unique<child>(command(std::move(arguments)));
  process->close_input();
  return process;
}

bool hostile_test::struck(int times) const {
  return eventually([&] { return counted("strikes") >= times; });
}

void hostile_test::expect_no_token_used_twice(std::int64_t refreshes) const {
  EXPECT_EQ(counted("refreshes"), refreshes);
  EXPECT_EQ(counted("dead_refresh_uses"), 0);
  EXPECT_EQ(counted("sessions_over"), 0);
}

void expect_books_balanced(const json_value& report) {
  std::int64_t sum = 0;
  for (const char* bucket :
       {"synced", "duplicate", "pending", "rejected", "dead", "held", "transient"}) {
    EXPECT_GE(number_in(report, {bucket}), 0) << bucket;
    sum += number_in(report, {bucket});
  }
  EXPECT_EQ(sum, number_in(report, {"selected"})) << to_text(report);
}

} // namespace spec_kitty::support
