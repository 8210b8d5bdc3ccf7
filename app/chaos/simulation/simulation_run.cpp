#include "app/chaos/simulation/simulation_run.hpp"

#include "app/chaos/process.hpp"
#include "config/credentials.hpp"

#include <algorithm>

namespace spec_kitty::chaos::simulation {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_decisions = 60'000; ///< of one schedule; a usual one takes 600
constexpr std::uint64_t delays_per_decision = 40;

node_options draw_options(dice& chance) {
  node_options options;
  options.background = !chance.one_in(5);
  options.websocket = !chance.one_in(2);
  options.envelope = chance.pick<std::string>({"bare", "flat", "nested"});
  options.batch_events = chance.pick<std::size_t>({1, 2, 3, 5, 1000});
  options.max_events = chance.one_in(8) ? 5 : 10000;
  return options;
}

} // namespace

home_pool::home_pool(const fs::path& folder)
    : homes{home_template(folder / "a", "a"), home_template(folder / "b", "b")},
      copy(folder / "copy", "a") {}

simulation_run::simulation_run(home_pool& where, std::uint64_t seed,
                               const simulation_variant& variant)
    : around_(seed), hub_(around_), where_(where) {
  const std::size_t count = around_.chance.one_in(3) ? 2 : 1;
  around_.seen.shared_node = count == 2 && around_.chance.one_in(3);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_copy = i == 1 && around_.seen.shared_node;
    const home_template& begins_as = is_copy ? where_.copy : where_.homes[i];
    begins_as.reset();
    auto options = draw_options(around_.chance);
    options.host = is_copy ? "a" : "";
    if (variant)
      variant(options);
    const fs::path& home = begins_as.home();
    if (!around_.chance.one_in(5)) {
      const auto [access, refresh] = around_.server.open_session("ann", around_.server_now_s());
      const credentials session{access,
                                refresh,
                                around_.server_now_s() + 900,
                                around_.server_now_s() + 604'800,
                                "ann",
                                simulated_server::team_of("ann"),
                                parse_server_url(simulated_url)->origin()};
      support::write_text(home / "credentials", render_credentials(session));
    }
    nodes_.push_back(
        std::make_unique<node>(around_, hub_, i == 0 ? "a" : "b", home, std::move(options)));
    nodes_.back()->start();
  }
}

simulation_run::~simulation_run() {
  nodes_.clear(); // before what they stand in
}

std::size_t simulation_run::jobs() const {
  std::size_t sum = 0;
  for (const auto& node : nodes_)
    sum += node->jobs();
  return sum;
}

/// One message of one actor, or one arrival, as the dice choose.
void simulation_run::run_one() {
  const bool arrival = !around_.later.empty() && around_.later.next() <= around_.now;
  std::uint64_t at = around_.chance.below(jobs() + (arrival ? 1 : 0));
  for (const auto& node : nodes_) {
    if (at < node->jobs())
      return node->run_job(static_cast<std::size_t>(at));
    at -= node->jobs();
  }
  around_.later.run_next();
}

void simulation_run::advance(sim_time to) {
  around_.now = std::max(around_.now, to);
  around_.trace.note(static_cast<std::uint64_t>(around_.now));
  for (const auto& node : nodes_)
    node->advance(around_.now);
}

/// As a service manager does with daemons: starts those that ended again.
void simulation_run::restart_failed() {
  for (const auto& node : nodes_)
    if (node->has_failed()) {
      node->crash();
      node->start();
    }
}

void simulation_run::run(sim_time until, const std::function<bool()>& enough) {
  while (!stuck_ && !(enough && enough())) {
    if (++decisions_ > max_decisions) {
      stuck_ = true;
      around_.seen.strange.push_back({"the schedule did not come to rest"});
      return;
    }
    restart_failed();
    const bool arrival = !around_.later.empty() && around_.later.next() <= around_.now;
    if (arrival || jobs() > 0) {
      if (around_.chance.one_in(delays_per_decision)) // the processor has other things to do
        advance(std::min(until,
                         around_.now + static_cast<sim_time>(around_.chance.between(1, 60)) * ms));
      run_one();
      continue;
    }
    for (const auto& node : nodes_)
      node->on_quiet();
    sim_time next = around_.later.empty() ? until : std::min(until, around_.later.next());
    for (const auto& node : nodes_)
      next = std::min(next, node->next_timer().value_or(until));
    if (next >= until && around_.now >= until)
      return;
    advance(next);
    if (next >= until && jobs() == 0 && (around_.later.empty() || around_.later.next() > until))
      return;
  }
}

void simulation_run::play(const std::vector<step>& steps,
                          std::vector<std::shared_ptr<bool>>& done) {
  sim_time last = 0;
  for (const auto& step : steps) {
    done.push_back(std::make_shared<bool>(false));
    const auto what = action_named(step.fault);
    if (!what)
      continue;
    const action_values with = values_of(step);
    last = std::max(last, with.at * ms);
    around_.later.at(with.at * ms,
                     [this, what = *what, with, mark = done.back()] { perform(what, with, mark); });
  }
  run(last + static_cast<sim_time>(around_.chance.between(0, 5'000)) * ms);
}

} // namespace spec_kitty::chaos::simulation
