#include "app/chaos/installation.hpp"

#include "app/chaos/views.hpp"
#include "util/json.hpp"

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto command_patience = 60s;

std::uint64_t member_number(const json_value* object, const char* name) {
  return object == nullptr ? 0
                           : static_cast<std::uint64_t>(whole_number_of(*object, name).value_or(0));
}

std::string team_of(const std::string& server) {
  return "team-of-" + server;
}

} // namespace

installation::installation(const stage& where) : stage_(where) {
  for (const char* name : {"user", "work", "tmp"})
    fs::create_directories(folder() / name);
}

void installation::set_environment(const std::string& home,
                                   std::map<std::string, std::string> env) {
  env_of_home_[home] = std::move(env);
}

support::launch installation::program(const std::string& home, words argv,
                                      std::string input) const {
  support::launch what;
  what.argv = std::move(argv);
  what.env = {{"HOME", (folder() / "user").string()},
              {"TMPDIR", (folder() / "tmp").string()},
              {"USER", "chaos"},
              {"SPEC_KITTY_HOME", this->home(home).string()}};
  if (const auto more = env_of_home_.find(home); more != env_of_home_.end())
    for (const auto& [name, value] : more->second)
      what.env[name] = value;
  what.cwd = folder() / "work";
  what.input = std::move(input);
  what.patience = command_patience;
  what.own_group = true;
  return what;
}

support::launch installation::command(const std::string& home, words arguments,
                                      std::string input) const {
  words argv = stage_.program;
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return program(home, std::move(argv), std::move(input));
}

void installation::judge_end(const std::string& what, const support::finished& done, int sent) {
  if (done.timed_out)
    seen.strange.push_back({what + " did not end within a minute"});
  else if (done.signal != 0 && done.signal != sent)
    seen.strange.push_back({what + " was ended by signal " + std::to_string(done.signal)});
  else if (done.signal == 0 && (done.status < 0 || done.status > 6))
    seen.strange.push_back({what + " ended with status " + std::to_string(done.status)});
  if (done.err.find("this is a defect") != std::string::npos)
    seen.strange.push_back({what + " speaks of a defect: " + done.err});
}

support::finished installation::run(const support::launch& what, int sent) {
  auto done = support::run(what);
  std::string name;
  for (std::size_t i = stage_.program.size(); i < what.argv.size() && i < stage_.program.size() + 3;
       ++i)
    name += (name.empty() ? "" : " ") + what.argv[i];
  judge_end("`" + name + "`", done, sent);
  return done;
}

support::finished installation::run(const std::string& home, words arguments, std::string input) {
  return run(command(home, std::move(arguments), std::move(input)));
}

support::server_process& installation::start_server(const std::string& name, words options) {
  options.emplace_back("--quiet");
  options.insert(options.end(), {"--team", team_of(name)});
  servers_[name] = std::make_unique<support::server_process>(stage_.program.back(), folder() / name,
                                                             std::move(options));
  return *servers_[name];
}

support::server_process& installation::server(const std::string& name) {
  return *servers_.at(name);
}

bool installation::log_in(const std::string& home, const std::string& name,
                          const std::string& url) {
  const auto& at = server(name);
  if (run(home, {"sync", "server", url}).status != 0)
    return false;
  return run(home, {"auth", "login", "--username", at.username(), "--password-stdin"},
             at.password() + "\n")
             .status == 0;
}

bool installation::log_in(const std::string& home, const std::string& name) {
  return log_in(home, name, server(name).url());
}

std::string installation::next_marker(const std::string& home) {
  return home + "-" + std::to_string(++last_marker_);
}

std::size_t installation::ask(const std::string& home) {
  attempt attempt;
  attempt.marker = next_marker(home);
  attempt.home = home;
  attempt.asked = seen.tick();
  seen.attempts.push_back(std::move(attempt));
  return seen.attempts.size() - 1;
}

void installation::take(std::size_t place, const std::string& line) {
  attempt& attempt = at(place);
  if (attempt.answered != 0)
    return;
  if (take_answer(line, attempt))
    attempt.answered = seen.tick();
  else
    seen.strange.push_back({"the emission " + attempt.marker + " was answered with: " + line});
}

std::size_t installation::emit(const std::string& home,
                               const std::map<std::string, std::string>& env) {
  const auto place = ask(home);
  auto what = command(home, {"emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note",
                             "--field", "entry_content=" + at(place).marker, "--json"});
  what.env.insert(env.begin(), env.end());
  const auto done = run(what, env.empty() ? 0 : SIGKILL);
  if (!done.out.empty())
    take(place, done.out);
  return place;
}

support::finished installation::emit_many(const std::string& home, std::size_t count,
                                          const std::map<std::string, std::string>& env, int sent) {
  const auto first = seen.attempts.size();
  std::string input;
  for (std::size_t i = 0; i < count; ++i)
    input += line_with(at(ask(home)).marker);
  auto what = command(home, {"emit", "--stdin"}, std::move(input));
  what.env.insert(env.begin(), env.end());
  auto done = run(what, sent);
  const auto whole = done.out.substr(0, done.out.rfind('\n') + 1);
  std::size_t place = first;
  for (const auto& line : support::lines_of(whole))
    if (place < seen.attempts.size())
      take(place++, line);
  return done;
}

bool installation::note_report(const std::string& home, const std::string& out) {
  const auto report = parse_json(out.substr(0, out.find('\n')));
  if (!report || member(*report, "selected") == nullptr)
    return false;
  run_seen run;
  run.home = home;
  run.selected = member_number(&*report, "selected");
  for (const char* bucket :
       {"synced", "duplicate", "pending", "rejected", "dead", "held", "transient"})
    run.buckets[bucket] = member_number(&*report, bucket);
  seen.runs.push_back(std::move(run));
  return true;
}

support::finished installation::sync_now(const std::string& home,
                                         const std::map<std::string, std::string>& env, int sent) {
  auto what = command(home, {"sync", "now", "--json"});
  what.env.insert(env.begin(), env.end());
  auto done = run(what, sent);
  note_report(home, done.out);
  return done;
}

bool installation::look_at_status(const std::string& home) {
  status_seen status;
  status.home = home;
  status.asked = seen.tick();
  const auto done = run(home, {"sync", "status", "--json"});
  const auto status_json = parse_json(done.out);
  const json_value* queue = status_json ? member(*status_json, "queue") : nullptr;
  if (queue == nullptr)
    return false;
  for (const char* part : {"queued", "leased", "held", "dead", "spilled"})
    status.waiting += member_number(queue, part);
  status.says_acked =
      member(*status_json, "last_ack_at") != nullptr && !(*status_json)["last_ack_at"].IsNull();
  for (const auto& [name, process] : servers_)
    for (const auto& event : view_server(name, team_of(name), process->events()).events)
      status.on_server.insert(event.event_id);
  seen.statuses.push_back(std::move(status));
  return true;
}

void installation::heal(const std::vector<std::string>& homes, unsigned tries) {
  for (const auto& home : homes)
    for (unsigned i = 0; i < tries; ++i) {
      const auto done = sync_now(home);
      const auto report = parse_json(done.out);
      if (done.status == 0 && report && member_number(&*report, "remaining") == 0)
        break;
      std::this_thread::sleep_for(std::min(100ms * (i + 1), 1000ms));
    }
  seen.healed = true;
}

void installation::look(const std::vector<std::string>& homes) {
  history now; // stores before servers: what leaves the one is on the other by then
  now.attempts = seen.attempts;
  for (const auto& home : homes)
    now.stores.push_back(view_store(home, this->home(home), home_is::busy));
  for (const auto& [name, process] : servers_)
    now.servers.push_back(view_server(name, team_of(name), process->events()));
  for (auto& found : check_all(now))
    if (found.invariant == "nothing-lost" || found.invariant == "nothing-invented" ||
        found.invariant == "once" || found.invariant == "order")
      found_.push_back({found.invariant, found.words + " (seen while it ran)"});
}

std::vector<violation> installation::judge(const std::vector<std::string>& homes) {
  for (const auto& home : homes)
    seen.stores.push_back(view_store(home, this->home(home)));
  for (const auto& [name, process] : servers_)
    seen.servers.push_back(view_server(name, team_of(name), process->events()));
  auto all = check_all(seen);
  all.insert(all.end(), found_.begin(), found_.end());
  return all;
}

emitter::emitter(installation& in, std::string home, const support::launch& what)
    : installation_(&in), home_(std::move(home)), child_(std::make_unique<support::child>(what)) {}

bool emitter::ask(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) {
    const auto place = installation_->ask(home_);
    open_.push_back(place);
    lines += line_with(installation_->at(place).marker);
  }
  return child_->write(lines, command_patience);
}

std::size_t emitter::hear() {
  std::size_t heard = 0;
  for (const auto& line : child_->lines_so_far()) {
    if (aside && aside(line))
      continue;
    ++heard;
    if (open_.empty()) {
      installation_->seen.strange.push_back({"an answer to nothing: " + line});
      continue;
    }
    installation_->take(open_.front(), line);
    open_.pop_front();
  }
  return heard;
}

support::finished emitter::end(int sent) {
  child_->close_input();
  auto done = child_->wait(command_patience);
  hear();
  installation_->judge_end("an emitter", done, sent);
  return done;
}

} // namespace spec_kitty::chaos
