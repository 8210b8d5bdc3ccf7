// The workload of one home: emitters, drainers, perhaps a daemon, each started again when it has
// ended. The scenario decides at each start how the program is started: its clock, limits or
// version.
#pragma once

#include "app/chaos/installation.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

class home_workload {
public:
  using starter = std::function<support::launch()>;

  home_workload(installation& in, std::string home);

  /// A program that answers line for line.
  void add_emitter(starter how);
  /// A program that runs to its end: `sync now --json` (its report goes into the history), or the
  /// daemon. It is ended by SIGTERM.
  void add_runner(std::string name, starter how);

  /// Lets all of them work for a while.
  void work(std::chrono::microseconds time);
  /// Ends emitter `which` well and starts it again.
  void restart_emitter(std::size_t which);
  void restart_runner(std::size_t which);
  /// Ends all of them well; they stay ended.
  void end();

  std::size_t emitters() const { return emitters_.size(); }
  std::size_t runners() const { return runners_.size(); }

private:
  struct working_emitter {
    starter how;
    std::unique_ptr<emitter> running;
  };
  struct working_runner {
    std::string name;
    starter how;
    std::unique_ptr<support::child> running;
  };
  void feed(working_emitter& worker);
  void finish(working_runner& runner, int sent);

  installation* installation_;
  std::string home_;
  std::vector<working_emitter> emitters_;
  std::vector<working_runner> runners_;
};

} // namespace spec_kitty::chaos
