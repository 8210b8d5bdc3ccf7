#include "app/chaos/scenarios/proxied_home.hpp"

#include "app/chaos/views.hpp"

#include <csignal>
#include <stdexcept>
#include <thread>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_open_events = 8;
/// How long what is on its way through the proxy may still take when all faults are over.
constexpr auto max_transit_time = 6s;

} // namespace

void write_quick_settings(const fs::path& home) {
  fs::create_directories(home);
  fs::permissions(home, fs::perms::owner_all);
  support::write_text(home / "config.toml", "[sync]\ntimeout_s = 1\nbatch_gap_s = 0\n");
}

void take_ledger(const ledger& seen, history& into) {
  for (auto& sending : seen.sendings())
    into.sendings.push_back(std::move(sending));
  into.refreshes = seen.refreshes();
}

proxied_home::proxied_home(const stage& where, words server_options) : all(where) {
  all.start_server("server", std::move(server_options));
  line = std::make_unique<proxy>("server", all.server().port(), seen);
  write_quick_settings(all.home());
  if (!log_in())
    throw std::runtime_error("the login failed before any fault");
}

proxied_home::~proxied_home() = default;

bool proxied_home::log_in() {
  return all.log_in("home", "server", line->url());
}

void proxied_home::drain_by(drainer by) {
  if (daemon_ && drainer_ == by && !daemon_->has_ended())
    return;
  end_daemon(SIGTERM);
  drainer_ = by;
  if (by == drainer::sync_now)
    return;
  auto what = all.command("home", {"sync", "daemon", "run"});
  what.env["SPEC_KITTY_WEBSOCKET_ENABLED"] = by == drainer::websocket ? "true" : "false";
  daemon_ = std::make_unique<support::child>(what);
}

void proxied_home::end_daemon(int signal) {
  if (!daemon_)
    return;
  if (signal == SIGKILL)
    seen->process_killed();
  daemon_->send(signal);
  all.judge_end("the daemon", daemon_->wait(), signal);
  daemon_.reset();
}

void proxied_home::feed(std::size_t count) {
  if (!emitter_)
    emitter_ = std::make_unique<emitter>(all, "home", all.command("home", {"emit", "--stdin"}));
  emitter_->hear();
  if (emitter_->open() < max_open_events)
    emitter_->ask(count);
}

bool proxied_home::work_until(const std::function<bool()>& condition,
                              std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (unsigned turn = 0; std::chrono::steady_clock::now() < until; ++turn) {
    if (condition())
      return true;
    if (turn % 4 == 0)
      feed(1 + turn / 4 % 3);
    std::this_thread::sleep_for(1ms);
  }
  return condition();
}

void proxied_home::look_for_blame() {
  history now;
  now.stores.push_back(view_store("home", all.home()));
  now.guilty = line->corrupted();
  now.guilty.insert(all.seen.guilty.begin(), all.seen.guilty.end());
  for (auto& words : innocent_are_not_blamed(now))
    blamed_.insert(std::move(words));
}

std::vector<violation> proxied_home::finish(outcome& out) {
  line->heal();
  if (emitter_)
    emitter_->end();
  end_daemon(SIGTERM);
  all.heal({"home"});
  support::eventually([&] { return line->open() == 0; }, max_transit_time);
  all.look_at_status();
  take_ledger(*seen, all.seen);
  const auto corrupted = line->corrupted();
  all.seen.guilty.insert(corrupted.begin(), corrupted.end());
  for (const auto& attempt : all.seen.attempts)
    out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
  out.figures["events asked"] += all.seen.attempts.size();
  auto found = all.judge({"home"});
  for (const auto& words : blamed_)
    found.push_back({"no-blame", words + " (seen in between)"});
  return found;
}

} // namespace spec_kitty::chaos
