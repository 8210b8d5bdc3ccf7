// A change of a work package as an event to be recorded.
#pragma once

#include "app/workflow/feature.hpp"
#include "messages/payloads.hpp"
#include "util/timestamp.hpp"

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
  std::optional<std::string> feature_slug{}; ///< the feature it belongs to
  std::string intent_key{};                  ///< make_intent_key; where it is known, it is skipped
  std::optional<epoch_us> at{};              ///< its timestamp; nothing: when it is recorded
};

template <class Payload>
work_event event_of(const Payload& payload) {
  return {std::string(Payload::event_type), to_json(payload), {}, {}};
}

/// An event of a feature whose payload does not name it.
inline work_event in_feature(const feature& feature_ref, work_event event) {
  event.feature_slug = feature_ref.slug();
  return event;
}

/// A lane change as an event.
inline work_event lane_event(const feature& feature_ref, const std::string& wp,
                             const std::string& from, const std::string& to,
                             const std::string& by) {
  return in_feature(feature_ref, event_of(wp_status_changed{wp, from, to, by, feature_ref.slug()}));
}

} // namespace spec_kitty::workflow
