// The end of a schedule: faults end, people help where only they can, the record is filled.
#include "app/chaos/simulation/simulation_run.hpp"

#include "actors/queue/spill.hpp"
#include "app/chaos/process.hpp"
#include "app/chaos/store_check.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::chaos::simulation {

namespace {

constexpr sim_time minute = 60 * second;
constexpr sim_time hour = 60 * minute;
/// How long is waited for everything to arrive, one time after the other. A team that the server
/// forbade is tried again after an hour.
constexpr std::array waits = {40 * second, 2 * minute,  10 * minute, 70 * minute,
                              2 * minute,  70 * minute, 6 * hour,    70 * minute};
constexpr std::size_t helped_from = 1;    ///< the wait before which people help for the first time
constexpr std::size_t restarted_from = 3; ///< and from which on they start the daemon again
constexpr sim_time patience = 2 * minute;

store_view view_of(const node& target) {
  store_view view;
  view.home = target.name();
  auto opened = store::open(target.store_settings(), open_mode::write);
  if (!opened) {
    view.trouble = opened.error().message;
    return view;
  }
  const auto clock = opened->clock();
  view.clock = clock ? *clock : 0;
  const auto listed = opened->list(
      "",
      [&](const listed_event& entry) {
        const auto event = parse_json(entry.json);
        kept_event kept = event ? read_event(*event).what : kept_event{};
        kept.tries = entry.retry_count;
        kept.dead = entry.state == event_state::dead;
        view.events.push_back(std::move(kept));
        return true;
      },
      0);
  if (!listed)
    view.trouble = listed.error().message;
  for (const auto& line : support::lines_of(recount(*opened, target.home())))
    view.wrong.push_back(line);
  for (const auto& file : spill_files(target.home()))
    for (const auto& entry : parse_spill(support::read_text(file.path)).events) {
      const auto payload = parse_json(entry.draft.payload);
      kept_event kept;
      kept.event_id = entry.event_id;
      kept.marker = payload ? text_of(*payload, "entry_content").value_or("") : "";
      kept.team = entry.draft.team_slug;
      kept.spilled = true;
      view.events.push_back(std::move(kept));
    }
  return view;
}

} // namespace

void simulation_run::wait_for(const std::function<void(std::function<void()>)>& ask,
                              sim_time longest) {
  const auto answered = std::make_shared<bool>(false);
  ask([answered] { *answered = true; });
  run(around_.now + longest, [answered] { return *answered; });
}

bool simulation_run::has_arrived(node& target) {
  const auto waiting = std::make_shared<std::int64_t>(-1);
  wait_for(
      [&](const auto& then) {
        target.ask_waiting([waiting, then](std::int64_t count) {
          *waiting = count;
          then();
        });
      },
      second);
  return *waiting == 0 && spill_files(target.home()).empty();
}

/// What a person does for a home whose events do not arrive: log in to every account there was,
/// and have everything sent.
void simulation_run::help(node& target) {
  for (const char* user : {"bob", "ann"}) {
    if (target.user() != user || around_.chance.one_in(2))
      wait_for([&](const auto& then) { target.log_in(user, true, then); }, patience);
    wait_for([&](const auto& then) { target.sync_now(then); }, patience);
  }
}

void simulation_run::heal() {
  run(around_.now); // actions that are due now
  around_.trace.note("heal");
  around_.server_away = false;
  if (around_.chance.one_in(2))
    around_.server.relent();
  for (const auto& node : nodes_) {
    node->network().disarm();
    node->plan().fails_then = 0;
    node->plan().opens_store = true;
    node->hold_store(false);
    node->set_clock_right();
    node->start();
  }
  const auto all_arrived = [this] {
    return std::all_of(nodes_.begin(), nodes_.end(),
                       [this](const auto& node) { return has_arrived(*node); });
  };
  for (std::size_t round = 0; round < waits.size() && !stuck_ && !all_arrived(); ++round) {
    for (const auto& node : nodes_) {
      if (has_arrived(*node))
        continue;
      if (round >= restarted_from) {
        // What the server refuses takes five runs to die, and that is not late.
        needed_restart_ = needed_restart_ || around_.seen.guilty.empty();
        node->crash();
        node->start();
        run(around_.now + second); // its transports are there then
      }
      if (round >= helped_from || !node->options().background)
        help(*node);
    }
    const sim_time look_every = std::max(waits[round] / 8, 5 * second);
    for (const sim_time end = around_.now + waits[round];
         around_.now < end && !stuck_ && !all_arrived();)
      run(std::min(end, around_.now + look_every));
  }
  around_.seen.healed = !stuck_;
}

void simulation_run::close() {
  for (const auto& node : nodes_) {
    if (around_.chance.one_in(4))
      wait_for([&](const auto& then) { node->wind_down(then); }, patience);
    node->crash();
    around_.seen.stores.push_back(view_of(*node));
  }
  around_.seen.servers.push_back(around_.server.view());
}

} // namespace spec_kitty::chaos::simulation
