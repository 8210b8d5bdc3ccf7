#include "app/chaos/world.hpp"

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

constexpr auto patience = 60s;

std::uint64_t number_in(const json_value* object, const char* name) {
  return object == nullptr ? 0
                           : static_cast<std::uint64_t>(whole_number_of(*object, name).value_or(0));
}

std::string team_of(const std::string& server) {
  return "team-of-" + server;
}

} // namespace

world::world(const stage& where) : stage_(where) {
  for (const char* name : {"user", "work", "tmp"})
    fs::create_directories(folder() / name);
}

void world::set_environment(const std::string& home, std::map<std::string, std::string> env) {
  env_of_home_[home] = std::move(env);
}

support::launch world::program(const std::string& home, words argv, std::string input) const {
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
  what.patience = patience;
  what.own_group = true;
  return what;
}

support::launch world::command(const std::string& home, words arguments, std::string input) const {
  words argv = stage_.program;
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return program(home, std::move(argv), std::move(input));
}

void world::judge_end(const std::string& what, const support::finished& done, int sent) {
  if (done.timed_out)
    seen.strange.push_back({what + " did not end within a minute"});
  else if (done.signal != 0 && done.signal != sent)
    seen.strange.push_back({what + " was ended by signal " + std::to_string(done.signal)});
  else if (done.signal == 0 && (done.status < 0 || done.status > 6))
    seen.strange.push_back({what + " ended with status " + std::to_string(done.status)});
  if (done.err.find("this is a defect") != std::string::npos)
    seen.strange.push_back({what + " speaks of a defect: " + done.err});
}

support::finished world::run(const support::launch& what, int sent) {
  auto done = support::run(what);
  std::string name;
  for (std::size_t i = stage_.program.size(); i < what.argv.size() && i < stage_.program.size() + 3;
       ++i)
    name += (name.empty() ? "" : " ") + what.argv[i];
  judge_end("`" + name + "`", done, sent);
  return done;
}

support::finished world::run(const std::string& home, words arguments, std::string input) {
  return run(command(home, std::move(arguments), std::move(input)));
}

support::server_process& world::start_server(const std::string& name, words options) {
  options.emplace_back("--quiet");
  options.insert(options.end(), {"--team", team_of(name)});
  servers_[name] = std::make_unique<support::server_process>(stage_.program.back(), folder() / name,
                                                             std::move(options));
  return *servers_[name];
}

support::server_process& world::server(const std::string& name) {
  return *servers_.at(name);
}

bool world::log_in(const std::string& home, const std::string& name, const std::string& url) {
  const auto& at = server(name);
  if (run(home, {"sync", "server", url}).status != 0)
    return false;
  return run(home, {"auth", "login", "--username", at.username(), "--password-stdin"},
             at.password() + "\n")
             .status == 0;
}

bool world::log_in(const std::string& home, const std::string& name) {
  return log_in(home, name, server(name).url());
}

std::string world::next_marker(const std::string& home) {
  return home + "-" + std::to_string(++last_marker_);
}

std::size_t world::ask(const std::string& home) {
  attempt one;
  one.marker = next_marker(home);
  one.home = home;
  one.asked = seen.tick();
  seen.attempts.push_back(std::move(one));
  return seen.attempts.size() - 1;
}

void world::take(std::size_t place, const std::string& line) {
  attempt& one = at(place);
  if (one.answered != 0)
    return;
  if (take_answer(line, one))
    one.answered = seen.tick();
  else
    seen.strange.push_back({"the emission " + one.marker + " was answered with: " + line});
}

std::size_t world::emit(const std::string& home, const std::map<std::string, std::string>& env) {
  const auto place = ask(home);
  auto what = command(home, {"emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note",
                             "--field", "entry_content=" + at(place).marker, "--json"});
  what.env.insert(env.begin(), env.end());
  const auto done = run(what, env.empty() ? 0 : SIGKILL);
  if (!done.out.empty())
    take(place, done.out);
  return place;
}

support::finished world::emit_many(const std::string& home, std::size_t count,
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

bool world::note_report(const std::string& home, const std::string& out) {
  const auto report = parse_json(out.substr(0, out.find('\n')));
  if (!report || member(*report, "selected") == nullptr)
    return false;
  run_seen run;
  run.home = home;
  run.selected = number_in(&*report, "selected");
  for (const char* bucket :
       {"synced", "duplicate", "pending", "rejected", "dead", "held", "transient"})
    run.buckets[bucket] = number_in(&*report, bucket);
  seen.runs.push_back(std::move(run));
  return true;
}

support::finished world::sync_now(const std::string& home,
                                  const std::map<std::string, std::string>& env, int sent) {
  auto what = command(home, {"sync", "now", "--json"});
  what.env.insert(env.begin(), env.end());
  auto done = run(what, sent);
  note_report(home, done.out);
  return done;
}

std::vector<std::string> world::server_events(const std::string& name) const {
  // What stands behind the last newline is being written, or was when the server was killed.
  const auto text = support::read_text(folder() / name / "events.jsonl");
  return support::lines_of(std::string_view(text).substr(0, text.rfind('\n') + 1));
}

bool world::look_at_status(const std::string& home) {
  status_seen status;
  status.home = home;
  status.asked = seen.tick();
  const auto done = run(home, {"sync", "status", "--json"});
  const auto said = parse_json(done.out);
  const json_value* queue = said ? member(*said, "queue") : nullptr;
  if (queue == nullptr)
    return false;
  for (const char* part : {"queued", "leased", "held", "dead", "spilled"})
    status.waiting += number_in(queue, part);
  status.says_acked = member(*said, "last_ack_at") != nullptr && !(*said)["last_ack_at"].IsNull();
  for (const auto& [name, process] : servers_)
    for (const auto& event : view_server(name, team_of(name), server_events(name)).events)
      status.on_server.insert(event.event_id);
  seen.statuses.push_back(std::move(status));
  return true;
}

void world::heal(const std::vector<std::string>& homes, unsigned tries) {
  for (const auto& home : homes)
    for (unsigned i = 0; i < tries; ++i) {
      const auto done = sync_now(home);
      const auto report = parse_json(done.out);
      if (done.status == 0 && report && number_in(&*report, "remaining") == 0)
        break;
      std::this_thread::sleep_for(std::min(100ms * (i + 1), 1000ms));
    }
  seen.healed = true;
}

void world::look(const std::vector<std::string>& homes) {
  history now; // stores before servers: what leaves the one is on the other by then
  now.attempts = seen.attempts;
  for (const auto& home : homes)
    now.stores.push_back(view_store(home, this->home(home), home_is::busy));
  for (const auto& [name, process] : servers_)
    now.servers.push_back(view_server(name, team_of(name), server_events(name)));
  for (auto& one : check_all(now))
    if (one.invariant == "nothing-lost" || one.invariant == "nothing-invented" ||
        one.invariant == "once" || one.invariant == "order")
      found_.push_back({one.invariant, one.words + " (seen while it ran)"});
}

std::vector<violation> world::judge(const std::vector<std::string>& homes) {
  for (const auto& home : homes)
    seen.stores.push_back(view_store(home, this->home(home)));
  for (const auto& [name, process] : servers_)
    seen.servers.push_back(view_server(name, team_of(name), server_events(name)));
  auto all = check_all(seen);
  all.insert(all.end(), found_.begin(), found_.end());
  return all;
}

emitter::emitter(world& in, std::string home, const support::launch& what)
    : world_(&in), home_(std::move(home)), child_(std::make_unique<support::child>(what)) {}

bool emitter::ask(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) {
    const auto place = world_->ask(home_);
    open_.push_back(place);
    lines += line_with(world_->at(place).marker);
  }
  return child_->write(lines, patience);
}

std::size_t emitter::hear() {
  std::size_t heard = 0;
  for (const auto& line : child_->lines_so_far()) {
    if (aside && aside(line))
      continue;
    ++heard;
    if (open_.empty()) {
      world_->seen.strange.push_back({"an answer to nothing: " + line});
      continue;
    }
    world_->take(open_.front(), line);
    open_.pop_front();
  }
  return heard;
}

support::finished emitter::end(int sent) {
  child_->close_input();
  auto done = child_->wait(patience);
  hear();
  world_->judge_end("an emitter", done, sent);
  return done;
}

} // namespace spec_kitty::chaos
