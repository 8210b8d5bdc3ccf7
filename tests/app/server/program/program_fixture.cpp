#include "tests/app/server/program/program_fixture.hpp"

#include <csignal>

namespace spec_kitty::support {

launch server_program::command(words arguments, std::string input) const {
  words argv = {program_folder() + "/spec-kitty-server", "--state", state().string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return {argv, env, root.path(), std::move(input)};
}

finished server_program::command_done(words arguments, std::string input) const {
  return support::run(command(std::move(arguments), std::move(input)));
}

json_document server_program::json_of(words arguments, int status, std::string input) const {
  arguments.emplace_back("--json");
  const auto done = command_done(std::move(arguments), std::move(input));
  EXPECT_EQ(done.status, status) << done.out << done.err;
  return only_object(done);
}

void server_program::init() const {
  const auto done = command_done({"init", "--team", "alpha", "--admin", "ann", "--password-stdin"},
                                 std::string(password) + "\n");
  ASSERT_EQ(done.status, 0) << done.err;
}

void server_program::start(words options) {
  words arguments = {"run", "--json"};
  if (std::find(options.begin(), options.end(), "--listen") == options.end())
    options.insert(options.end(), {"--listen", "127.0.0.1:0"});
  arguments.insert(arguments.end(), options.begin(), options.end());
  process = std::make_unique<child>(command(arguments));
  const auto line = process->next_line();
  ASSERT_TRUE(line) << process->wait().err;
  url = text_of(parsed(*line), "url").value_or("");
}

finished server_program::stop() {
  process->send(SIGTERM);
  auto done = process->wait();
  process.reset();
  return done;
}

int server_program::port() const {
  return std::stoi(url.substr(url.rfind(':') + 1));
}

std::string server_program::get(const std::string& path) const {
  return exchange(port(), "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port()) +
                              "\r\nConnection: close\r\n\r\n");
}

} // namespace spec_kitty::support
