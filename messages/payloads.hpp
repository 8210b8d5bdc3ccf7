// The eight payloads as typed structs, and their JSON form.
//
// Each struct mirrors one `<event_type>Payload` definition of events.schema.json: required
// fields are plain members, optional ones are std::optional and left out when empty. `to_json`
// gives compact JSON; `from_json` reads a value that validate_payload accepted, so it only
// copies. Both go through the same field list (`describe`), so they cannot drift apart.
#pragma once

#include "messages/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// A work package moved from one lane to another. Lanes: planned, doing, for_review, done.
struct wp_status_changed {
  static constexpr std::string_view event_type = "WPStatusChanged";
  std::string wp_id;
  std::string previous_status;
  std::string new_status;
  std::optional<std::string> changed_by; ///< `user` or an agent's name
  std::optional<std::string> feature_slug;

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
  static constexpr std::string_view event_type = "WPCreated";
  std::string wp_id;
  std::string title;
  std::string feature_slug;
  std::vector<std::string> dependencies; ///< ids of work packages; may be empty

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
  static constexpr std::string_view event_type = "WPAssigned";
  std::string wp_id;
  std::string agent_id;
  std::string phase;
  std::optional<std::int64_t> retry_count; ///< 0 for a first start

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
  static constexpr std::string_view event_type = "FeatureCreated";
  std::string feature_slug;   ///< `028-cli-event-emission-sync`
  std::string feature_number; ///< three digits
  std::string target_branch;
  std::int64_t wp_count = 0;
  std::optional<std::string> created_at; ///< RFC 3339

  template <class Fields>
  static void describe(Fields& f) {
    f("feature_slug", &feature_created::feature_slug);
    f("feature_number", &feature_created::feature_number);
    f("target_branch", &feature_created::target_branch);
    f("wp_count", &feature_created::wp_count);
    f("created_at", &feature_created::created_at);
  }
};

/// Every work package of a feature is done.
struct feature_completed {
  static constexpr std::string_view event_type = "FeatureCompleted";
  std::string feature_slug;
  std::int64_t total_wps = 0;
  std::optional<std::string> completed_at;   ///< RFC 3339
  std::optional<std::string> total_duration; ///< ISO 8601 duration or words

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
  static constexpr std::string_view event_type = "HistoryAdded";
  std::string wp_id;
  std::string entry_type;
  std::string entry_content;
  std::optional<std::string> author;

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
  static constexpr std::string_view event_type = "ErrorLogged";
  std::string error_type;
  std::string error_message;
  std::optional<std::string> wp_id;
  std::optional<std::string> agent_id;

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
  static constexpr std::string_view event_type = "DependencyResolved";
  std::string wp_id;
  std::string dependency_wp_id;
  std::string resolution_type;

  template <class Fields>
  static void describe(Fields& f) {
    f("wp_id", &dependency_resolved::wp_id);
    f("dependency_wp_id", &dependency_resolved::dependency_wp_id);
    f("resolution_type", &dependency_resolved::resolution_type);
  }
};

namespace payload_detail {

void write(json_writer& out, const char* name, const std::string& value);
void write(json_writer& out, const char* name, std::int64_t value);
void write(json_writer& out, const char* name, const std::vector<std::string>& value);
void read(const json_value& from, const char* name, std::string& value);
void read(const json_value& from, const char* name, std::int64_t& value);
void read(const json_value& from, const char* name, std::vector<std::string>& value);

template <class T>
void write(json_writer& out, const char* name, const std::optional<T>& value) {
  if (value)
    write(out, name, *value);
}

template <class T>
void read(const json_value& from, const char* name, std::optional<T>& value) {
  const json_value* found = member(from, name);
  if (found != nullptr && !found->IsNull())
    read(from, name, value.emplace());
}

} // namespace payload_detail

/// The payload as compact JSON.
template <class Payload>
std::string to_json(const Payload& payload) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  auto write_field = [&](const char* name, auto field_of) {
    payload_detail::write(out, name, payload.*field_of);
  };
  Payload::describe(write_field);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

/// The struct of a payload that validate_payload accepted; what it does not know is left out.
template <class Payload>
Payload from_json(const json_value& value) {
  Payload payload;
  auto read_field = [&](const char* name, auto field_of) {
    payload_detail::read(value, name, payload.*field_of);
  };
  Payload::describe(read_field);
  return payload;
}

} // namespace spec_kitty
