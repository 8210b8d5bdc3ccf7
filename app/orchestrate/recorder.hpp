// The events of a run, each recorded once even when its step is repeated: its key is made of the
// run and the step, and the store keeps it in the event's own transaction.
//
// Causes form one tree. Its root is the run's first event.
#pragma once

#include "app/home/emitter.hpp"
#include "app/orchestrate/board.hpp"
#include "app/orchestrate/plan.hpp"
#include "app/workflow/intents/change.hpp"
#include "app/workflow/intents/settle.hpp"
#include "app/workflow/work_event.hpp"

namespace spec_kitty::orchestrate {

/// What a run needs from the program that starts it.
struct run_host {
  home_view view;
  std::optional<failure> config_problem; ///< `view.config` is the defaults then
  std::optional<failure> no_home;        ///< why no home can be used
  warning_sink warn;
  board_output screen;
};

class recorder {
public:
  /// `emit` is null where no home can be used: everything counts as not recorded then.
  recorder(const run_host& host, emitter* emit, orchestration& run)
      : host_(host), emit_(emit), run_(run) {}

  /// The lane change of a run that an older program left between commit and event.
  void moved(package_run& package, const std::string& to, const std::string& by);
  /// The events of a change: recorded, or kept for the next command that has a home.
  void moved(package_run& package, workflow::open_change& change);
  /// Adds an event to a change, checked and redacted; one that no home would take is left out.
  void add_to(workflow::change_request& request, const package_run& package,
              workflow::work_event event) const;
  /// How this run settles what interrupted commands left.
  workflow::settle_host settle_host() const;
  void assigned(package_run& package, role task);
  void failed(package_run& package, role task, const std::string& words);
  /// `dependency` no longer blocks `package`; the dependency's last event is the cause.
  void resolved(package_run& package, const package_run& dependency, const std::string& how);
  void completed(epoch_us now);

  std::uint64_t recorded() const { return recorded_; }
  std::uint64_t not_recorded() const { return not_recorded_; }
  const std::string& reason() const { return reason_; }

private:
  /// The event's id, or its cause where the event has no id: the cause of the events that follow.
  std::string record(const workflow::work_event& event, const std::string& step,
                     const std::string& cause);
  void lost(const failure& why);
  /// No home takes the events of the change now: they wait in its intent.
  void keep(workflow::open_change& change) const;

  const run_host& host_;
  emitter* emit_;
  orchestration& run_;
  std::uint64_t recorded_ = 0;
  std::uint64_t not_recorded_ = 0;
  std::string reason_;
};

} // namespace spec_kitty::orchestrate
