// Two servers with a team each, two users with a home each, and a third home that moves between the
// servers while events wait.
//
// The proxies share one ledger: a token of one server that is seen at the other, or an event that
// goes with the token of another team, is a violation. Where each event must arrive in the end is
// told to the history here, by the rules of docs/protocol.md, Tenancy.
#include "app/chaos/scenarios/foreign_user.hpp"
#include "app/chaos/scenarios/proxied_home.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/views.hpp"
#include "messages/protocol.hpp"

#include <csignal>
#include <stdexcept>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t tenants_steps_per_round = 7;

constexpr const char* at_once = "two users at once";
constexpr const char* moves = "a new server while events wait";
constexpr const char* moves_in_run = "a new server during a run";
constexpr const char* moves_under_daemon = "a new server under a daemon";
constexpr const char* no_login = "events without a login";
constexpr const char* address_only = "another address, no login";
constexpr const char* foreign_user = "a foreign user in the home";
constexpr const char* foreign_user_open = "a foreign user in an open home";

class two_tenants {
public:
  explicit two_tenants(const stage& where) : all_(where) {
    for (const char* name : {"a", "b"}) {
      all_.start_server(name);
      lines_[name] = std::make_unique<proxy>(name, all_.server(name).port(), seen_);
    }
    for (const auto& [home, user] : std::map<std::string, std::string>{
             {"alices", "alice"}, {"bobs", "bob"}, {"movers", "mo"}}) {
      all_.set_environment(home, {{"USER", user}, {"HOME", (all_.folder() / user).string()}});
      write_quick_settings(all_.home(home));
      emit(home, 2); // before any login: the first one adopts them
    }
    if (!log_in("alices", "a") || !log_in("bobs", "b") || !log_in("movers", "a"))
      throw std::runtime_error("a login failed before any fault");
  }

  void play(const step& step, outcome& out) {
    if (step.fault == foreign_user || step.fault == foreign_user_open) {
      if (const auto why = why_no_foreign_user(all_); !why.empty()) {
        out.skipped[step.fault] = why;
        return;
      }
      for (auto& words : try_as_foreign_user(all_, "alices", step.fault == foreign_user_open))
        complain(words);
      return out.count(step.fault, true);
    }
    out.count(step.fault, step.fault == at_once ? both_at_once(step) : move(step));
  }

  std::vector<violation> finish(outcome& out) {
    for (auto& [name, line] : lines_)
      line->heal();
    // Who the mover was last gets what waits without a team, then the other one.
    const auto first = account_.at("movers");
    for (const auto& name : {first, other(first)}) {
      if (!log_in("movers", name))
        complain("the login at " + name + " failed in the end");
      all_.sync_now("movers");
    }
    all_.heal({"alices", "bobs", "movers"});
    for (const char* home : {"alices", "bobs", "movers"})
      all_.look_at_status(home);
    take_ledger(*seen_, all_.seen);
    for (const auto& attempt : all_.seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    out.figures["events asked"] += all_.seen.attempts.size();
    auto found = all_.judge({"alices", "bobs", "movers"});
    found.insert(found.end(), found_.begin(), found_.end());
    return found;
  }

private:
  static std::string other(const std::string& name) { return name == "a" ? "b" : "a"; }

  void complain(const std::string& words) { found_.push_back({"tenancy", words}); }

  void emit(const std::string& home, std::size_t count) {
    const auto first = all_.seen.attempts.size();
    all_.emit_many(home, count);
    for (auto i = first; i < all_.seen.attempts.size(); ++i) {
      if (const auto at = session_.find(home); at != session_.end())
        all_.at(i).belongs_to = at->second;
      else
        local_[home].insert(i);
    }
  }

  bool log_in(const std::string& home, const std::string& name) {
    if (!all_.log_in(home, name, lines_.at(name)->url()))
      return false;
    session_[home] = name;
    const auto last = account_.find(home);
    if (last == account_.end() || last->second == name || local_[home].empty()) {
      for (const auto i : local_[home])
        all_.at(i).belongs_to = name;
      local_[home].clear();
      account_[home] = name;
    }
    return true;
  }

  bool both_at_once(const step& step) {
    std::vector<std::unique_ptr<support::child>> running;
    const std::vector<std::string> homes = {"alices", "bobs", "movers"};
    running.reserve(homes.size());
    for (const auto& home : homes)
      emit(home, step.values[0]);
    for (const auto& home : homes)
      running.push_back(
          std::make_unique<support::child>(all_.command(home, {"sync", "now", "--json"})));
    for (std::size_t i = 0; i < homes.size(); ++i) {
      const auto done = running[i]->wait();
      all_.judge_end("`sync now`", done, 0);
      all_.note_report(homes[i], done.out);
    }
    return true;
  }

  bool move(const step& step) {
    const auto from = session_.at("movers");
    const auto to = other(from);
    emit("movers", step.values[0]);
    bool done = false;
    if (step.fault == moves)
      done = log_in("movers", to);
    else if (step.fault == moves_in_run)
      done = move_in_run(from, to, step.values[1]);
    else if (step.fault == moves_under_daemon)
      done = move_under_daemon(to, step);
    else if (step.fault == no_login)
      done = move_without_login(to, step);
    else
      done = change_address(from, to);
    emit("movers", step.values[0]);
    if (step.values[1] % 3 != 0) // else it waits, for the next move
      all_.sync_now("movers");
    return done;
  }

  /// The run is in the middle of a batch when the login changes.
  bool move_in_run(const std::string& from, const std::string& to, std::uint64_t drawn) {
    exchange_fault late;
    late.path = protocol::batch_path;
    late.down.delay = std::chrono::milliseconds(100 + drawn % 300);
    if (drawn % 2 == 0) // and then it has to ask for another token
      late.change = [](const exchange&, const http_text&) { return reply_text(401, "{}"); };
    const auto number = lines_.at(from)->arm(std::move(late));
    support::child run(all_.command("movers", {"sync", "now", "--json"}));
    const bool struck = support::eventually([&] { return lines_.at(from)->used(number) > 0; }, 5s);
    const bool moved = log_in("movers", to);
    const auto done = run.wait();
    all_.judge_end("`sync now`", done, 0);
    all_.note_report("movers", done.out);
    lines_.at(from)->take_away(number);
    return struck && moved;
  }

  bool move_under_daemon(const std::string& to, const step& step) {
    support::child daemon(all_.command("movers", {"sync", "daemon", "run"}));
    emit("movers", step.values[0]);
    const bool moved = log_in("movers", to);
    emit("movers", step.values[0]);
    // Time to do something wrong; the daemon need not come to anything in it.
    support::eventually([] { return false; }, std::chrono::milliseconds(50 + step.values[1] % 250));
    daemon.send(SIGTERM);
    all_.judge_end("the daemon", daemon.wait(), SIGTERM);
    return moved;
  }

  bool move_without_login(const std::string& to, const step& step) {
    const bool out = all_.run("movers", {"auth", "logout"}).status == 0;
    session_.erase("movers");
    emit("movers", step.values[0]);
    if (all_.sync_now("movers").status != login_needed)
      complain("`sync now` did not ask for a login after a logout");
    return log_in("movers", to) && out;
  }

  /// No token may go there: the ledger looks.
  bool change_address(const std::string& from, const std::string& to) {
    bool done = all_.run("movers", {"sync", "server", lines_.at(to)->url()}).status == 0;
    if (all_.sync_now("movers").status != login_needed)
      complain("`sync now` did not ask for a login at another server");
    return all_.run("movers", {"sync", "server", lines_.at(from)->url()}).status == 0 && done;
  }

  installation all_;
  std::shared_ptr<ledger> seen_ = std::make_shared<ledger>();
  std::map<std::string, std::unique_ptr<proxy>> lines_; ///< by server
  std::map<std::string, std::string> session_;          ///< home → server of its login
  std::map<std::string, std::string> account_;          ///< home → who gets local events
  std::map<std::string, std::set<std::size_t>> local_;  ///< home → attempts without a team
  std::vector<violation> found_;
};

} // namespace

std::vector<step> plan_tenants(dice& chance) {
  std::vector<std::string> kinds = {
      at_once,      moves,        moves_in_run,      moves_in_run,      no_login,
      address_only, foreign_user, foreign_user_open, moves_under_daemon};
  chance.shuffle(kinds);
  std::vector<step> out;
  // fault, how many events, what its times are drawn from
  for (std::size_t i = 0; i < tenants_steps_per_round; ++i)
    out.push_back({kinds[i], {chance.between(1, 12), chance.below(1U << 20U)}});
  return out;
}

outcome play_tenants(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  two_tenants all(where);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    all.play(step, out);
  }
  out.violations = all.finish(out);
  return out;
}

} // namespace spec_kitty::chaos
