// A change of a work package as an event to be recorded.
#pragma once

#include "app/workflow/feature.hpp"
#include "messages/payloads.hpp"

#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// The event of a change on disk.
struct work_event {
  std::string event_type;
  std::string payload; ///< JSON
  std::optional<std::string> causation_id;
  /// Announcement keys: when one of them is known the event was recorded before and is skipped;
  /// the first one is remembered. Empty: it is recorded each time.
  std::vector<std::string> dedup_keys;
};

template <class Payload>
work_event event_of(const Payload& payload) {
  return {std::string(Payload::event_type), to_json(payload), {}, {}};
}

/// A lane change as an event.
inline work_event lane_event(const feature& feature_ref, const std::string& wp,
                             const std::string& from, const std::string& to,
                             const std::string& by) {
  return event_of(wp_status_changed{wp, from, to, by, feature_ref.slug()});
}

} // namespace spec_kitty::workflow
