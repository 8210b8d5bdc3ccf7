// Records a command's events, and prints where they stand.
#pragma once

#include "app/cli/context.hpp"
#include "app/cli/delivery_status.hpp"
#include "app/workflow/work_event.hpp"

#include <optional>
#include <string>
#include <vector>

namespace spec_kitty {

/// The outcome of recording a command's events.
struct event_recording {
  std::uint64_t recorded = 0;
  std::uint64_t not_recorded = 0;
  bool kept = false; ///< those not recorded wait in the repository for the next command
  std::string reason;
  std::optional<delivery_status> delivery;

  void add(event_recording more) {
    recorded += more.recorded;
    not_recorded += more.not_recorded;
    kept = kept || more.kept;
    if (reason.empty())
      reason = std::move(more.reason);
    if (more.delivery)
      delivery = std::move(more.delivery);
  }
  void add_lost(std::size_t count, const failure& why) {
    not_recorded += count;
    if (reason.empty())
      reason = why.message;
  }
};

/// Records events that need no intent.
event_recording record_events(context& ctx, std::vector<workflow::work_event> events);

/// Ends an emitter that has recorded, and asks the daemon where the events stand.
void finish_recording(context& ctx, emitter& emit, event_recording& done);

/// Prints the warning about events that were not recorded, and the delivery status of the others.
void print_recording(context& ctx, event_recording& done);

} // namespace spec_kitty
