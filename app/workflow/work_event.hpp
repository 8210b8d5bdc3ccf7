// A change of a work package as an event to be recorded.
#pragma once

#include "app/workflow/feature.hpp"
#include "app/workflow/intents/intent.hpp"
#include "messages/payloads.hpp"
#include "util/timestamp.hpp"

#include <filesystem>
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
  /// The file that shows the change, and what it shows; for events of a change with an intent.
  std::filesystem::path shown_in;
  shown_value shown;
};

template <class Payload>
work_event event_of(const Payload& payload) {
  work_event event;
  event.event_type = Payload::event_type;
  event.payload = to_json(payload);
  return event;
}

/// The same event with the file that shows the change.
inline work_event shown_by(work_event event, std::filesystem::path file, shown_value shown) {
  event.shown_in = std::move(file);
  event.shown = std::move(shown);
  return event;
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
