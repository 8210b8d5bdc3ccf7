// A server that lies: every odd reply that the protocol names, each for a while.
//
// Each step records some events, some of them marked as guilty where the lie refuses events, and
// lets `sync now` or a daemon hear the lie. In between and in the end the server is honest.
#include "app/chaos/proxy/lies.hpp"
#include "app/chaos/scenarios/proxied_home.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <csignal>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t lies_of_a_round = 12;
constexpr std::size_t large_batch_events = 24;
constexpr unsigned lies_tries = 5;
constexpr auto lie_daemon_patience = 2500ms;

class lying_server {
public:
  explicit lying_server(const stage& where) : home_(where, {"--no-rotate"}) {}

  void play_lie(const step& step, outcome& out) {
    const auto what = find_lie(step.fault);
    const auto by = static_cast<drainer>(step.values[0]);
    const auto drawn = step.values[1];
    record(*what, drawn);
    std::vector<std::size_t> numbers;
    for (auto& fault : what->make(drawn))
      numbers.push_back(home_.line->arm(std::move(fault)));
    const auto fault_used = [&] { return home_.line->used(numbers.front()) > 0; };
    for (unsigned i = 0; i < lies_tries && !fault_used(); ++i)
      hear(*what, by, drawn, fault_used);
    out.count(step.fault, fault_used());
    for (const auto number : numbers)
      home_.line->take_away(number);
    home_.line->heal();
    home_.look_for_blame();
    if ((what->needs & needs_login_after) != 0 && !home_.log_in())
      home_.all.seen.strange.push_back({"a login failed after: " + step.fault});
  }

  proxied_home& home() { return home_; }

private:
  void record(const lie& what, std::uint64_t drawn) {
    const auto first = home_.all.seen.attempts.size();
    const std::size_t count =
        (what.needs & needs_large_batch) != 0 ? large_batch_events : 6 + drawn % 9;
    home_.all.emit_many("home", count);
    for (auto i = first; i < home_.all.seen.attempts.size(); ++i)
      if (!home_.all.at(i).acknowledged)
        home_.all.seen.strange.push_back({home_.all.at(i).marker + " could not be recorded"});
    if ((what.needs & needs_poison_event) == 0)
      return;
    for (std::uint64_t i = 0; i < 1 + drawn % 2; ++i)
      home_.all.seen.guilty.insert(home_.all.at(first + (drawn / 16 + i * 3) % count).marker);
    home_.line->set_guilty(home_.all.seen.guilty);
  }

  void hear(const lie& what, drainer by, std::uint64_t drawn,
            const std::function<bool()>& fault_used) {
    if ((what.needs & needs_login) != 0) { // it may fail; then the session is as it was
      home_.log_in();
      if (home_.all.sync_now().status == login_needed)
        home_.all.seen.strange.push_back({"the session was lost by: " + std::string(what.name)});
      return;
    }
    if (by == drainer::sync_now) {
      const auto done = home_.all.sync_now();
      if ((what.needs & needs_server_clock) != 0 && fault_used() && done.status == 0)
        home_.all.seen.heard.push_back({"home", home_.all.seen.tick(), claimed_clock(drawn)});
      if (!fault_used())
        home_.all.emit_many("home", 2);
      return;
    }
    home_.drain_by(by);
    if (support::eventually(fault_used, lie_daemon_patience))
      std::this_thread::sleep_for(std::chrono::milliseconds(10 + drawn % 150));
    home_.end_daemon(SIGTERM);
  }

  proxied_home home_;
};

} // namespace

std::vector<step> plan_lies(dice& chance) {
  auto lies = all_lies();
  chance.shuffle(lies);
  std::vector<step> out;
  for (std::size_t i = 0; i < lies_of_a_round; ++i) {
    auto by = chance.one_in(3) ? drainer::batches : drainer::sync_now;
    if ((lies[i].needs & (needs_large_batch | needs_server_clock)) != 0)
      by = drainer::sync_now;
    if ((lies[i].needs & needs_websocket) != 0)
      by = drainer::websocket;
    out.push_back(
        {std::string(lies[i].name), {static_cast<std::uint64_t>(by), chance.below(1U << 30U)}});
  }
  return out;
}

outcome play_lies(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  lying_server server(where);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    server.play_lie(step, out);
  }
  out.violations = server.home().finish(out);
  return out;
}

} // namespace spec_kitty::chaos
