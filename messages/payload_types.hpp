// The eight payloads as typed structs. A host gets them too (installed as spec_kitty/payloads.hpp),
// so this file is C++17 and needs the standard library only.
//
// Each struct mirrors one `<event_type>Payload` definition of events.schema.json: required
// fields are plain members, optional ones are std::optional and left out of the JSON when empty.
// `describe` lists the fields once, for writing and for reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// Marks an optional field that stands in the JSON as null when it is missing.
struct null_when_missing_t {};
inline constexpr null_when_missing_t null_when_missing{};

/// A work package moved from one lane to another. Lanes: planned, doing, for_review, done.
struct wp_status_changed {
  static constexpr std::string_view event_type = "WPStatusChanged"; ///< in the contract
  std::string wp_id;                                                ///< `WP01`
  std::string previous_status;                                      ///< a lane
  std::string new_status;                                           ///< a lane
  std::optional<std::string> changed_by{};                          ///< `user` or an agent's name
  std::optional<std::string> feature_slug{}; ///< `028-cli-event-emission-sync`

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("wp_id", &wp_status_changed::wp_id);
    f("previous_status", &wp_status_changed::previous_status);
    f("new_status", &wp_status_changed::new_status);
    f("changed_by", &wp_status_changed::changed_by);
    f("feature_slug", &wp_status_changed::feature_slug);
  }
};

/// A work package exists.
struct wp_created {
  static constexpr std::string_view event_type = "WPCreated"; ///< in the contract
  std::string wp_id;                                          ///< `WP01`
  std::string title;                                          ///< one line
  std::string feature_slug;                                   ///< `028-cli-event-emission-sync`
  std::vector<std::string> dependencies{}; ///< ids of work packages; may be empty

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("wp_id", &wp_created::wp_id);
    f("title", &wp_created::title);
    f("feature_slug", &wp_created::feature_slug);
    f("dependencies", &wp_created::dependencies);
  }
};

/// An agent starts on a work package. Phases: implementation, review.
struct wp_assigned {
  static constexpr std::string_view event_type = "WPAssigned"; ///< in the contract
  std::string wp_id;                                           ///< `WP01`
  std::string agent_id;                                        ///< the agent's name
  std::string phase;                                           ///< `implementation`, `review`
  std::optional<std::int64_t> retry_count{};                   ///< 0 for a first start

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("wp_id", &wp_assigned::wp_id);
    f("agent_id", &wp_assigned::agent_id);
    f("phase", &wp_assigned::phase);
    f("retry_count", &wp_assigned::retry_count);
  }
};

/// A feature's work packages are final.
struct feature_created {
  static constexpr std::string_view event_type = "FeatureCreated"; ///< in the contract
  std::string feature_slug;                  ///< `028-cli-event-emission-sync`
  std::optional<std::string> feature_number; ///< three to six digits; without them null
  std::string target_branch;                 ///< where the feature is merged
  std::int64_t wp_count = 0;                 ///< its work packages
  std::optional<std::string> created_at{};   ///< RFC 3339

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("feature_slug", &feature_created::feature_slug);
    f("feature_number", &feature_created::feature_number, null_when_missing);
    f("target_branch", &feature_created::target_branch);
    f("wp_count", &feature_created::wp_count);
    f("created_at", &feature_created::created_at);
  }
};

/// Every work package of a feature is done.
struct feature_completed {
  static constexpr std::string_view event_type = "FeatureCompleted"; ///< in the contract
  std::string feature_slug;                    ///< `028-cli-event-emission-sync`
  std::int64_t total_wps = 0;                  ///< its work packages
  std::optional<std::string> completed_at{};   ///< RFC 3339
  std::optional<std::string> total_duration{}; ///< ISO 8601 duration or words

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("feature_slug", &feature_completed::feature_slug);
    f("total_wps", &feature_completed::total_wps);
    f("completed_at", &feature_completed::completed_at);
    f("total_duration", &feature_completed::total_duration);
  }
};

/// A line in a work package's history. Entry types: note, review, error, comment.
struct history_added {
  static constexpr std::string_view event_type = "HistoryAdded"; ///< in the contract
  std::string wp_id;                                             ///< `WP01`
  std::string entry_type;              ///< `note`, `review`, `error`, `comment`
  std::string entry_content;           ///< the text
  std::optional<std::string> author{}; ///< who wrote it

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("wp_id", &history_added::wp_id);
    f("entry_type", &history_added::entry_type);
    f("entry_content", &history_added::entry_content);
    f("author", &history_added::author);
  }
};

/// Something failed. Types: validation, runtime, network, auth, unknown. Never a stack trace.
struct error_logged {
  static constexpr std::string_view event_type = "ErrorLogged"; ///< in the contract
  std::string error_type;                                       ///< see above
  std::string error_message;                                    ///< what happened
  std::optional<std::string> wp_id{};                           ///< `WP01`
  std::optional<std::string> agent_id{};                        ///< the agent's name

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("error_type", &error_logged::error_type);
    f("error_message", &error_logged::error_message);
    f("wp_id", &error_logged::wp_id);
    f("agent_id", &error_logged::agent_id);
  }
};

/// A dependency no longer blocks a work package. Resolutions: completed, skipped, merged.
struct dependency_resolved {
  static constexpr std::string_view event_type = "DependencyResolved"; ///< in the contract
  std::string wp_id;                                                   ///< `WP01`
  std::string dependency_wp_id;                                        ///< what no longer blocks it
  std::string resolution_type; ///< `completed`, `skipped`, `merged`

  /// Calls `f(name, member)` for each field.
  template <class Fields>
  static void describe(Fields& f) {
    f("wp_id", &dependency_resolved::wp_id);
    f("dependency_wp_id", &dependency_resolved::dependency_wp_id);
    f("resolution_type", &dependency_resolved::resolution_type);
  }
};

} // namespace spec_kitty
