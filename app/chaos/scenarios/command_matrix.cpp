#include "app/chaos/scenarios/command_matrix.hpp"

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

command_matrix::command_matrix(const stage& where) : installation_(where) {
  fs::create_directories(installation_.folder() / "work/.kittify");
  support::write_text(installation_.folder() / "work/.kittify/config.yaml",
                      "project:\n  uuid: 3f0e5f0c-5a2e-4b1f-9a57-0a4c0a0f7e01\n  slug: chaos\n");
  installation_.start_server();
  installation_.start_server("refuser", {"--reject-type", "HistoryAdded"});
  need(installation_.log_in("home") && installation_.log_in("source") &&
           installation_.log_in("dead", "refuser") &&
           installation_.run("dead", {"config", "set", "sync.max_retries", "1"}).status == 0,
       "a login before any fault");
}

const std::vector<command_matrix::entry>& command_matrix::table() {
  using w = command_matrix;
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

std::uint64_t command_matrix::commands() {
  return table().size();
}

job command_matrix::prepare(std::uint64_t command) {
  home_ = "home";
  return (this->*table()[command].prepare)();
}

void command_matrix::check(std::uint64_t command, const support::finished& done) {
  (this->*table()[command].check)(done);
}

void command_matrix::want(bool held, const std::string& otherwise) {
  if (!held)
    installation_.seen.strange.push_back({otherwise});
}

/// What a command says that nothing is done to; it has to work.
std::string command_matrix::ran(const std::string& home, words arguments) {
  arguments.emplace_back("--json");
  const auto done = installation_.run(home, arguments);
  want(done.status == 0,
       "`" + arguments[0] + " " + arguments[1] + "` failed afterwards: " + done.out);
  return done.out;
}

void command_matrix::check_nothing(const support::finished&) {}

job command_matrix::first_emit() {
  home_ = "fresh-" + std::to_string(fresh_.size() + 1);
  fresh_.push_back(home_);
  return emit_job(installation_, home_);
}

job command_matrix::stream() {
  return stream_job(installation_, home_, 8);
}

job command_matrix::host() {
  return host_job(installation_, home_, 8);
}

job command_matrix::drain() {
  installation_.emit_many(home_, 6);
  auto prepared = command_job(installation_, home_, {"sync", "now"});
  prepared.what.env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "2";
  return prepared;
}

/// An emission while another process holds the store.
job command_matrix::spill() {
  const auto lock = std::make_shared<unique_fd>(
      ::open((installation_.home() / "queue/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  need(*lock && ::flock(lock->get(), LOCK_EX) == 0, "holding the store's lock");
  auto prepared = emit_job(installation_, home_);
  prepared.what.env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "20";
  prepared.held = lock;
  return prepared;
}

/// With a session present and without, in turn.
job command_matrix::log_in() {
  if (logged_in_ = !logged_in_; !logged_in_)
    ran(home_, {"auth", "logout"});
  const auto& server = installation_.server();
  return command_job(installation_, home_,
                     {"auth", "login", "--username", server.username(), "--password-stdin"},
                     server.password() + "\n");
}

job command_matrix::log_out() {
  return command_job(installation_, home_, {"auth", "logout"});
}

void command_matrix::check_session(const support::finished&) {
  const auto held = read_credentials(installation_.home());
  want(bool(held), "the session is neither whole nor gone");
  want(installation_.log_in(), "no login after a login or logout that failed");
}

job command_matrix::set() {
  return command_job(installation_, home_,
                     {"config", "set", "sync.timeout_s", std::to_string(++wanted_)});
}

void command_matrix::check_setting(const support::finished& done) {
  const auto answer = parse_json(ran(home_, {"config", "get", "sync.timeout_s"}));
  const auto now = answer ? whole_number_of(*answer, "value").value_or(-1) : -1;
  want(now == wanted_ || (done.status != 0 && now == setting_),
       "sync.timeout_s was " + std::to_string(setting_) + ", was set to " +
           std::to_string(wanted_) + ", and is " + std::to_string(now));
  setting_ = now;
}

job command_matrix::opt_out() {
  return command_job(installation_, home_, {"sync", "opt-out"});
}

void command_matrix::check_opt_out(const support::finished&) {
  ran(home_, {"sync", "opt-in"});
}

/// Of events of another home whose store is not checked: what it exported has to be here.
job command_matrix::import() {
  installation_.emit_many("source", 3);
  support::write_text(exported(), installation_.run("source", {"events", "export"}).out);
  return command_job(installation_, home_, {"events", "import", exported().string()});
}

void command_matrix::check_import(const support::finished& done) {
  if (done.status != 0) // done is a promise; else the same command is the remedy
    ran(home_, {"events", "import", exported().string()});
}

/// Three dead letters, in a home whose server refuses everything.
void command_matrix::make_dead() {
  home_ = "dead";
  const auto first = installation_.seen.attempts.size();
  installation_.emit_many(home_, 3);
  installation_.sync_now(home_);
  dead_.clear();
  for (auto i = first; i < installation_.seen.attempts.size(); ++i)
    dead_.push_back(installation_.at(i).event_id);
}

job command_matrix::retry() {
  make_dead();
  return command_job(installation_, home_, {"events", "retry", "--all"});
}

job command_matrix::discard() {
  make_dead();
  words all = {"events", "discard"};
  all.insert(all.end(), dead_.begin(), dead_.end());
  all.emplace_back("--yes");
  for (auto& attempt : installation_.seen.attempts)
    if (std::find(dead_.begin(), dead_.end(), attempt.event_id) != dead_.end())
      attempt.acknowledged = false; // given up by its user
  return command_job(installation_, home_, all);
}

void command_matrix::check_dead(const support::finished& done) {
  const auto left = ran(home_, {"events", "list", "--state", "dead"});
  for (const auto& id : dead_)
    want(done.status != 0 || left.find(id) == std::string::npos,
         id + " is still a dead letter after a retry or discard that ended well");
}

std::vector<violation> command_matrix::finish() {
  std::vector<std::string> homes = {"home", "dead"};
  for (const auto& name : fresh_) {
    want(installation_.log_in(name), "no login in " + name + ", where the first command failed");
    homes.push_back(name);
  }
  for (const auto& attempt : installation_.seen.attempts)
    if (attempt.home == "dead")
      installation_.seen.guilty.insert(attempt.marker);
  installation_.heal(homes);
  return installation_.judge(homes);
}

} // namespace spec_kitty::chaos
