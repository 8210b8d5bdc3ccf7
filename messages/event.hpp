// The event envelope: what is known at emit (a draft), what the store adds in its
// transaction (a stamp), and the one JSON text that is stored, printed and sent.
//
// The text begins with a head (event_id, lamport_clock, node_id, team_slug: what the store may
// write anew) and ends with a tail that never changes. So a stamp or a team can be replaced
// without parsing, and a batch is joined from stored rows without encoding anything again.
// Source: docs/protocol.md, Event.
#pragma once

#include "util/json.hpp"
#include "util/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// The largest Lamport value that is ever accepted or produced: 2^53 − 1.
inline constexpr std::uint64_t max_lamport = (std::uint64_t{1} << 53) - 1;

/// The team of an event emitted before a login; such events are held.
inline constexpr std::string_view local_team = "local";

/// Maximum length of a team slug, in bytes: the store indexes it.
inline constexpr std::size_t max_team_slug = 255;

/// The eight event types of the contract.
inline constexpr std::array<std::string_view, 8> event_types = {
    "WPStatusChanged",  "WPCreated",    "WPAssigned",  "FeatureCreated",
    "FeatureCompleted", "HistoryAdded", "ErrorLogged", "DependencyResolved"};

bool is_event_type(std::string_view name);

/// 26 characters of Crockford base32 whose value fits 128 bits. https://github.com/ulid/spec
bool is_ulid(std::string_view text);

/// `WP` and two digits.
bool is_work_package_id(std::string_view text);
/// The id that a person meant who typed `wp1`, `WP1` or `wp01`: `WP01`. Any other text as it is.
std::string work_package_meant(std::string_view typed);

/// 8-4-4-4-12 hex digits. https://www.rfc-editor.org/rfc/rfc9562
bool is_uuid(std::string_view text);

/// What is known about an event before it is stored.
struct event_draft {
  std::string event_type;
  std::string aggregate_id;
  std::string aggregate_type;
  std::string payload; ///< compact JSON object
  std::optional<std::string> causation_id;
  std::string timestamp; ///< fixed at emit
  std::string team_slug{local_team};
  std::optional<std::string> project_uuid;
  std::optional<std::string> project_slug;
  std::string project_key;  ///< names it for opting out; not part of the event; empty: no project
  std::string project_name; ///< of the project, for people
  /// Announcement keys, not part of the event. Where one of them is known, the event was recorded
  /// before and is not recorded again; else the first is remembered in the event's transaction.
  std::vector<std::string> dedup_keys{};
  /// The feature that the event belongs to, whatever its type. With one and without a cause of its
  /// own, the event's cause is the last one of the same work package (else feature) in this home.
  std::optional<std::string> feature_slug{};
  /// See make_intent_key; not part of the event. Where it is known, the event is not recorded
  /// again.
  std::string intent_key{};
  /// Further keys of the same project, the one of its git folder first. What a person decided under
  /// one of them counts for the event.
  std::vector<std::string> project_aliases{};
  std::string project_parent{};  ///< key of the repository around the project; empty: none
  bool project_in_doubt = false; ///< which project it is could not be read: held unless decided
  /// The checking pass has found the payload to be JSON and every text UTF-8, so the event as it is
  /// written needs no second look. Not part of the event.
  bool well_formed = false;
};

/// The key of an intent's n-th event: `in`, the intent's ULID, and the number. It lives 30 days.
std::string make_intent_key(std::string_view intent, std::size_t number);
bool is_intent_key(std::string_view text);

/// The project key of events whose project could not be read, in the git folder of `key`.
inline std::string doubtful_project(const std::string& key) {
  return "doubt:" + key;
}

/// Whether a project key is one that only this home knows: not a UUID, which events carry.
inline bool is_local_project_key(std::string_view key) {
  return key.starts_with("git:") || key.starts_with("doubt:git:");
}

/// The member of an overflow line that holds such a key; the event itself does not have it.
inline constexpr const char* project_key_member = "project_key";

/// What the store adds: identity and position.
struct event_stamp {
  std::string event_id;            ///< ULID
  std::uint64_t lamport_clock = 0; ///< 1 to max_lamport
  std::string node_id;             ///< 12 hex digits
};

/// `{"event_id":…,"lamport_clock":…,"node_id":…,"team_slug":…` without a closing brace.
std::string render_head(const event_stamp& stamp, std::string_view team_slug);

/// The same behind other text.
void append_head(std::string& to, std::string_view event_id, std::uint64_t lamport_clock,
                 std::string_view node_id, std::string_view team_slug);

/// `,"event_type":…}`: everything that is fixed at emit.
std::string render_tail(const event_draft& draft);

/// The same with another cause than the draft's.
std::string render_tail(const event_draft& draft, const std::optional<std::string>& causation_id);

/// The same behind other text.
void append_tail(std::string& to, const event_draft& draft,
                 std::optional<std::string_view> causation_id);

/// The subject of an event: the aggregate of docs/protocol.md, Event.
struct aggregate {
  std::string type; ///< WorkPackage or Feature
  std::string id;
};

/// The aggregate of an event whose emitter named none: the payload's wp_id, else its
/// feature_slug, else `error` for an ErrorLogged; nothing where the payload has none of them.
std::optional<aggregate> default_aggregate(std::string_view event_type, const json_value& payload);

/// The aggregate of an explicitly named id: a work package when it looks like one.
aggregate aggregate_of(std::string_view id);

} // namespace spec_kitty
