#include "app/chaos/scenarios/workshop.hpp"

#include "config/credentials.hpp"
#include "util/files.hpp"
#include "util/json.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <stdexcept>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

void need(bool held, const std::string& what) {
  if (!held)
    throw std::runtime_error(what + " failed");
}

} // namespace

workshop::workshop(const stage& where) : world_(where) {
  fs::create_directories(world_.folder() / "work/.kittify");
  support::write_text(world_.folder() / "work/.kittify/config.yaml",
                      "project:\n  uuid: 3f0e5f0c-5a2e-4b1f-9a57-0a4c0a0f7e01\n  slug: chaos\n");
  world_.start_server();
  world_.start_server("refuser", {"--reject-type", "HistoryAdded"});
  need(world_.log_in("home") && world_.log_in("source") && world_.log_in("dead", "refuser") &&
           world_.run("dead", {"config", "set", "sync.max_retries", "1"}).status == 0,
       "a login before any fault");
}

const std::vector<workshop::entry>& workshop::table() {
  using w = workshop;
  static const std::vector<entry> all = {
      {&w::first_emit, &w::check_nothing}, {&w::stream, &w::check_nothing},
      {&w::host, &w::check_nothing},       {&w::drain, &w::check_nothing},
      {&w::spill, &w::check_nothing},      {&w::log_in, &w::check_session},
      {&w::log_out, &w::check_session},    {&w::set, &w::check_setting},
      {&w::opt_out, &w::check_opt_out},    {&w::import, &w::check_import},
      {&w::retry, &w::check_dead},         {&w::discard, &w::check_dead},
  };
  return all;
}

std::uint64_t workshop::commands() {
  return table().size();
}

job workshop::prepare(std::uint64_t command) {
  home_ = "home";
  return (this->*table()[command].prepare)();
}

void workshop::check(std::uint64_t command, const support::finished& done) {
  (this->*table()[command].check)(done);
}

void workshop::want(bool held, const std::string& otherwise) {
  if (!held)
    world_.seen.strange.push_back({otherwise});
}

/// What a command says that nothing is done to; it has to work.
std::string workshop::ran(const std::string& home, words arguments) {
  arguments.emplace_back("--json");
  const auto done = world_.run(home, arguments);
  want(done.status == 0,
       "`" + arguments[0] + " " + arguments[1] + "` failed afterwards: " + done.out);
  return done.out;
}

void workshop::check_nothing(const support::finished&) {}

job workshop::first_emit() {
  home_ = "fresh-" + std::to_string(fresh_.size() + 1);
  fresh_.push_back(home_);
  return emit_job(world_, home_);
}

job workshop::stream() {
  return stream_job(world_, home_, 8);
}

job workshop::host() {
  return host_job(world_, home_, 8);
}

job workshop::drain() {
  world_.emit_many(home_, 6);
  auto one = command_job(world_, home_, {"sync", "now"});
  one.what.env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "2";
  return one;
}

/// An emission while another process holds the store.
job workshop::spill() {
  const auto lock = std::make_shared<unique_fd>(
      ::open((world_.home() / "queue/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  need(*lock && ::flock(lock->get(), LOCK_EX) == 0, "holding the store's lock");
  auto one = emit_job(world_, home_);
  one.what.env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "20";
  one.held = lock;
  return one;
}

/// Over a session, and where there is none, by turns.
job workshop::log_in() {
  if (logged_in_ = !logged_in_; !logged_in_)
    ran(home_, {"auth", "logout"});
  const auto& server = world_.server();
  return command_job(world_, home_,
                     {"auth", "login", "--username", server.username(), "--password-stdin"},
                     server.password() + "\n");
}

job workshop::log_out() {
  return command_job(world_, home_, {"auth", "logout"});
}

void workshop::check_session(const support::finished&) {
  const auto held = read_credentials(world_.home());
  want(bool(held), "the session is neither whole nor gone");
  want(world_.log_in(), "no login after a spoiled login or logout");
}

job workshop::set() {
  return command_job(world_, home_, {"config", "set", "sync.timeout_s", std::to_string(++wanted_)});
}

void workshop::check_setting(const support::finished& done) {
  const auto said = parse_json(ran(home_, {"config", "get", "sync.timeout_s"}));
  const auto now = said ? whole_number_of(*said, "value").value_or(-1) : -1;
  want(now == wanted_ || (done.status != 0 && now == setting_),
       "sync.timeout_s was " + std::to_string(setting_) + ", was set to " +
           std::to_string(wanted_) + ", and is " + std::to_string(now));
  setting_ = now;
}

job workshop::opt_out() {
  return command_job(world_, home_, {"sync", "opt-out"});
}

void workshop::check_opt_out(const support::finished&) {
  ran(home_, {"sync", "opt-in"});
}

/// Of events of another home whose store nobody looks at: what it exported has to be here.
job workshop::import() {
  world_.emit_many("source", 3);
  support::write_text(exported(), world_.run("source", {"events", "export"}).out);
  return command_job(world_, home_, {"events", "import", exported().string()});
}

void workshop::check_import(const support::finished& done) {
  if (done.status != 0) // done is a promise; else the same command is the remedy
    ran(home_, {"events", "import", exported().string()});
}

/// Three dead letters, in a home whose server refuses everything.
void workshop::make_dead() {
  home_ = "dead";
  const auto first = world_.seen.attempts.size();
  world_.emit_many(home_, 3);
  world_.sync_now(home_);
  dead_.clear();
  for (auto i = first; i < world_.seen.attempts.size(); ++i)
    dead_.push_back(world_.at(i).event_id);
}

job workshop::retry() {
  make_dead();
  return command_job(world_, home_, {"events", "retry", "--all"});
}

job workshop::discard() {
  make_dead();
  words all = {"events", "discard"};
  all.insert(all.end(), dead_.begin(), dead_.end());
  all.emplace_back("--yes");
  for (auto& one : world_.seen.attempts)
    if (std::find(dead_.begin(), dead_.end(), one.event_id) != dead_.end())
      one.acknowledged = false; // given up by its user
  return command_job(world_, home_, all);
}

void workshop::check_dead(const support::finished& done) {
  const auto left = ran(home_, {"events", "list", "--state", "dead"});
  for (const auto& id : dead_)
    want(done.status != 0 || left.find(id) == std::string::npos,
         id + " is still a dead letter after a retry or discard that ended well");
}

std::vector<violation> workshop::finish() {
  std::vector<std::string> homes = {"home", "dead"};
  for (const auto& name : fresh_) {
    want(world_.log_in(name), "no login in " + name + ", whose first command was spoiled");
    homes.push_back(name);
  }
  for (const auto& one : world_.seen.attempts)
    if (one.home == "dead")
      world_.seen.guilty.insert(one.marker);
  world_.heal(homes);
  return world_.judge(homes);
}

} // namespace spec_kitty::chaos
