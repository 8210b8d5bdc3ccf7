// A schedule being played: one or two processes, the server, and virtual time.
//
//   while there is time:  something can run ──▶ the dice choose: a message of an actor, or what
//                                               is due on the wire; now and then time passes first
//                         nothing can       ──▶ time moves to the next timer, arrival or action
//   at the end:           faults end, people help, everything arrives ──▶ the record is judged
#pragma once

#include "app/chaos/invariants.hpp"
#include "app/chaos/simulation/home_template.hpp"
#include "app/chaos/simulation/node.hpp"

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace spec_kitty::chaos::simulation {

/// What a self-test puts between the actors; see node_options.
using simulation_variant = std::function<void(node_options&)>;

/// The folders that schedules of one worker are played in, one after the other.
class home_pool {
public:
  explicit home_pool(const std::filesystem::path& folder);

  std::array<home_template, 2> homes;
  home_template copy; ///< of the first one: another folder, the same node id
};

class simulation_run {
public:
  simulation_run(home_pool& where, std::uint64_t seed, const simulation_variant& variant);
  ~simulation_run();
  simulation_run(const simulation_run&) = delete;
  simulation_run& operator=(const simulation_run&) = delete;

  /// Does the steps at their times. `done[i]`: whether step i took effect.
  void play(const std::vector<step>& steps, std::vector<std::shared_ptr<bool>>& done);
  /// Ends every fault and lets everything arrive.
  void heal();
  /// Ends the processes and reads their stores into the record.
  void close();

  const history& seen() const { return around_.seen; }
  history take_seen() { return std::move(around_.seen); }
  std::uint64_t trace() const { return around_.trace.value(); }
  bool needed_restart() const { return needed_restart_; }
  std::uint64_t decisions() const { return decisions_; }
  sim_time now() const { return around_.now; }

private:
  void perform(action what, const action_values& with, const std::shared_ptr<bool>& done);
  bool apply(action what, const action_values& with, node& target);
  /// Whether the action had its effect; nothing if it is an action of another part.
  using effect = std::optional<bool>;
  effect do_work(action what, const action_values& with, node& target);
  effect change_server(action what, const action_values& with, node& target);
  effect fail_store(action what, const action_values& with, node& target);
  effect end_process(action what, const action_values& with, node& target);
  effect say_to_socket(action what, const action_values& with, node& target);
  bool kill(role part, node& target);
  bool crash(const action_values& with, node& target);
  void fail_writes(action what, const action_values& with, node& target);
  /// Lets time pass to `until` at most, or until `enough`.
  void run(sim_time until, const std::function<bool()>& enough = {});
  void run_one();
  void advance(sim_time to);
  std::size_t jobs() const;
  void restart_failed();

  /// Waits, at most so long, until `ask` has called back.
  void wait_for(const std::function<void(std::function<void()>)>& ask, sim_time patience);
  bool has_arrived(node& target);
  void help(node& target);

  simulation_environment around_;
  socket_hub hub_;
  home_pool& where_;
  std::vector<std::unique_ptr<node>> nodes_;
  std::uint64_t decisions_ = 0;
  bool stuck_ = false;
  bool needed_restart_ = false;
};

} // namespace spec_kitty::chaos::simulation
