#include "app/chaos/server_process.hpp"

#include "util/json.hpp"
#include "util/json_slices.hpp"

#include <csignal>
#include <stdexcept>

namespace spec_kitty::support {

server_process::server_process(std::filesystem::path program, std::filesystem::path state,
                               std::vector<std::string> options)
    : program_(std::move(program)), state_(std::move(state)), options_(std::move(options)) {
  start("0");
}

void server_process::start(const std::string& port) {
  launch what;
  what.argv = {program_.string(), "dev-server", "--json", "--state",
               state_.string(),   "--port",     port};
  what.argv.insert(what.argv.end(), options_.begin(), options_.end());
  what.own_group = true;
  process_ = std::make_unique<child>(what);
  const auto line = process_->next_line();
  if (!line)
    throw std::runtime_error("the dev-server does not greet: " + end(SIGKILL).err);
  const auto greeting = parse_json(*line);
  if (!greeting)
    throw std::runtime_error("the dev-server greets with " + *line);
  // spec-kitty has become the server, wherever that is installed.
  std::error_code none;
  server_ = std::filesystem::read_symlink("/proc/" + std::to_string(pid()) + "/exe", none);
  url_ = text_of(*greeting, "url").value_or("");
  username_ = text_of(*greeting, "username").value_or("");
  password_ = text_of(*greeting, "password").value_or("");
  team_ = text_of(*greeting, "team_slug").value_or("");
}

int server_process::port() const {
  return std::stoi(url_.substr(url_.rfind(':') + 1));
}

finished server_process::end(int signal) {
  process_->send(signal);
  auto done = process_->wait();
  process_.reset();
  const auto greeting = done.out.find('\n');
  if (greeting != std::string::npos)
    printed_ += done.out.substr(greeting + 1);
  return done;
}

void server_process::kill() {
  end(SIGKILL);
}

void server_process::restart(std::vector<std::string> options) {
  options_ = std::move(options);
  start(std::to_string(port()));
}

std::vector<std::string> server_process::stop() {
  if (process_)
    end(SIGTERM);
  return lines_of(printed_);
}

finished server_process::administer(std::vector<std::string> words) const {
  launch what;
  what.argv = {server_.string(), "--state", state_.string()};
  what.argv.insert(what.argv.end(), words.begin(), words.end());
  return run(what);
}

std::vector<std::string> server_process::events() const {
  const auto exported = administer({"team", "export", team_});
  if (exported.status != 0)
    throw std::runtime_error("the server's events cannot be read: " + exported.err);
  std::vector<std::string> events;
  for (const auto& line : lines_of(exported.out))
    if (const auto event = member_slice(line, "event"))
      events.emplace_back(*event);
  return events;
}

} // namespace spec_kitty::support
