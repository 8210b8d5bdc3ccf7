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
constexpr std::size_t events_of_a_crowd = 24;
constexpr unsigned tries = 5;
constexpr int login_needed = 3;
constexpr auto patience_with_daemon = 2500ms;

class lying_server {
public:
  explicit lying_server(const stage& where) : home_(where, {"--no-rotate"}) {}

  void tell(const step& one, outcome& out) {
    const auto what = find_lie(one.fault);
    const auto who = static_cast<drainer>(one.values[0]);
    const auto drawn = one.values[1];
    record(*what, drawn);
    std::vector<std::size_t> numbers;
    for (auto& fault : what->make(drawn))
      numbers.push_back(home_.line->arm(std::move(fault)));
    const auto told = [&] { return home_.line->used(numbers.front()) > 0; };
    for (unsigned i = 0; i < tries && !told(); ++i)
      hear(*what, who, drawn, told);
    out.count(one.fault, told());
    for (const auto number : numbers)
      home_.line->take_away(number);
    home_.line->heal();
    home_.look_for_blame();
    if ((what->needs & a_login_after) != 0 && !home_.log_in())
      home_.all.seen.strange.push_back({"a login failed after: " + one.fault});
  }

  proxied_home& home() { return home_; }

private:
  void record(const lie& what, std::uint64_t drawn) {
    const auto first = home_.all.seen.attempts.size();
    const std::size_t count = (what.needs & a_crowd) != 0 ? events_of_a_crowd : 6 + drawn % 9;
    home_.all.emit_many("home", count);
    for (auto i = first; i < home_.all.seen.attempts.size(); ++i)
      if (!home_.all.at(i).acknowledged)
        home_.all.seen.strange.push_back({home_.all.at(i).marker + " could not be recorded"});
    if ((what.needs & guilty_one) == 0)
      return;
    for (std::uint64_t i = 0; i < 1 + drawn % 2; ++i)
      home_.all.seen.guilty.insert(home_.all.at(first + (drawn / 16 + i * 3) % count).marker);
    home_.line->set_guilty(home_.all.seen.guilty);
  }

  void hear(const lie& what, drainer who, std::uint64_t drawn, const std::function<bool()>& told) {
    if ((what.needs & a_login) != 0) { // it may fail; then the session is as it was
      home_.log_in();
      if (home_.all.sync_now().status == login_needed)
        home_.all.seen.strange.push_back({"the session was lost by: " + std::string(what.name)});
      return;
    }
    if (who == drainer::sync_now) {
      const auto done = home_.all.sync_now();
      if ((what.needs & a_clock_told) != 0 && told() && done.status == 0)
        home_.all.seen.heard.push_back({"home", home_.all.seen.tick(), clock_told(drawn)});
      if (!told())
        home_.all.emit_many("home", 2);
      return;
    }
    home_.drain_by(who);
    if (support::eventually(told, patience_with_daemon))
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
    auto who = chance.one_in(3) ? drainer::batches : drainer::sync_now;
    if ((lies[i].needs & (a_crowd | a_clock_told)) != 0)
      who = drainer::sync_now;
    if ((lies[i].needs & a_websocket) != 0)
      who = drainer::websocket;
    out.push_back(
        {std::string(lies[i].name), {static_cast<std::uint64_t>(who), chance.below(1U << 30U)}});
  }
  return out;
}

outcome play_lies(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  lying_server server(where);
  for (const auto& one : steps) {
    if (where.enough())
      break;
    server.tell(one, out);
  }
  out.violations = server.home().finish(out);
  return out;
}

} // namespace spec_kitty::chaos
