// The network between client and server: late, lost, cut, doubled, corrupted, reset, slow, silent.
//
// An emitter records while `sync now`, a daemon that sends batches, and one with a WebSocket take
// turns to drain. Each step puts one fault up at the proxy and works until it has struck. In the
// end the proxy is transparent, and everything must have arrived once.
#include "app/chaos/proxy/network_faults.hpp"
#include "app/chaos/scenarios/proxied_home.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "messages/protocol.hpp"

#include <csignal>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t by_sync_now = 4;
constexpr std::size_t by_batches = 3;
constexpr std::size_t of_frames = 4;
/// A fault that has not struck by then is counted as planned only.
constexpr auto network_patience = 12s;
/// A daemon that backs off, or has no WebSocket, is started again after so long.
constexpr auto network_daemon_patience = 700ms;

std::string_view path_of(drainer by, std::uint64_t drawn) {
  if (by != drainer::websocket)
    return protocol::batch_path;
  return drawn % 2 == 0 ? protocol::ws_token_path : protocol::ws_path;
}

class network_line {
public:
  explicit network_line(const stage& where) : home_(where) {}

  void strike(const step& step, outcome& out) {
    const auto by = static_cast<drainer>(step.values[0]);
    const auto drawn = step.values[1];
    std::size_t number = 0;
    bool at_the_door = false; // what strikes while the daemon connects
    if (const auto* fault = find_network_fault(step.fault)) {
      auto made = fault->make(drawn);
      made.path = path_of(by, drawn);
      at_the_door = by == drainer::websocket;
      number = home_.line->arm(std::move(made));
    } else {
      number = home_.line->arm(find_frame_fault(step.fault)->make(drawn));
    }
    if (at_the_door)
      home_.end_daemon(SIGTERM);
    home_.drain_by(by);
    const auto struck = [&] { return home_.line->used(number) > 0; };
    const auto until = std::chrono::steady_clock::now() + network_patience;
    while (!struck() && std::chrono::steady_clock::now() < until)
      drain_a_little(by, struck);
    out.count(step.fault, struck());
    home_.line->take_away(number);
    home_.look_for_blame();
    home_.work_until([] { return false; }, std::chrono::milliseconds(drawn % 40));
    // Of a line that is silent the daemon hears after a while; some are not given the time.
    if (step.fault == "the WebSocket falls silent")
      home_.end_daemon(SIGKILL);
  }

  proxied_home& home() { return home_; }

private:
  void drain_a_little(drainer by, const std::function<bool()>& struck) {
    if (by == drainer::sync_now) {
      home_.work_until(struck, 5ms);
      home_.all.sync_now();
      return;
    }
    if (home_.work_until(struck, network_daemon_patience))
      return;
    if (by == drainer::websocket && home_.line->websockets() > 0)
      return;
    home_.end_daemon(SIGTERM);
    home_.drain_by(by);
  }

  proxied_home home_;
};

} // namespace

std::vector<step> plan_network(dice& chance) {
  std::vector<std::string> exchanges;
  std::vector<std::string> frames;
  for (const auto& network_fault : network_faults())
    exchanges.emplace_back(network_fault.name);
  for (const auto& frame_fault : frame_faults())
    frames.emplace_back(frame_fault.name);
  chance.shuffle(exchanges);
  chance.shuffle(frames);
  std::vector<step> out;
  // fault, who drains, what its sizes and times are drawn from
  const auto add = [&](const std::string& fault, drainer by) {
    out.push_back({fault, {static_cast<std::uint64_t>(by), chance.below(1U << 30U)}});
  };
  std::size_t next = 0;
  for (std::size_t i = 0; i < by_sync_now; ++i)
    add(exchanges[next++], drainer::sync_now);
  for (std::size_t i = 0; i < by_batches; ++i)
    add(exchanges[next++], drainer::batches);
  add(exchanges[next], drainer::websocket);
  for (std::size_t i = 0; i < of_frames; ++i)
    add(frames[i], drainer::websocket);
  return out;
}

outcome play_network(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  network_line line(where);
  for (const auto& step : steps) {
    if (where.enough())
      break;
    line.strike(step, out);
  }
  out.violations = line.home().finish(out);
  return out;
}

} // namespace spec_kitty::chaos
