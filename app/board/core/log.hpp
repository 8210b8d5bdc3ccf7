// The events of a board: columns in the order of arrival, and their places in the total order.
//
//   add(batch) ─▶ columns grow ─▶ the batch is sorted by (lamport_clock, node_id, event_id) and
//                                 merged into the places from the end
//
// A row never moves, so its number of arrival (`seq`, from 1) is its name for as long as the log
// lives; only places, four bytes each, are merged. An event that does not say its feature gets it
// from its cause; where that is unknown it is counted and stays unplaced until the cause arrives.
// Pure.
#pragma once

#include "app/board/core/dictionary.hpp"
#include "app/board/core/lanes.hpp"
#include "messages/ulid.hpp"
#include "util/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace spec_kitty::board {

enum class event_kind : std::uint8_t {
  status_changed,
  created,
  assigned,
  feature_created,
  feature_completed,
  history_added,
  error_logged,
  dependency_resolved,
  other, ///< a type that the contract does not have
};

/// The event type of the contract; empty for other.
std::string_view type_of(event_kind kind);
event_kind kind_of(std::string_view event_type);

/// Where an event is known from.
enum class event_origin : std::uint8_t {
  event,        ///< recorded, with a clock
  git,          ///< a commit that changed a lane
  activity_log, ///< a line in a work package's file
  status_log,   ///< a line of status.events.jsonl
};
std::string_view name_of(event_origin origin);

/// An event as it is added.
struct board_event {
  ulid id;
  std::uint64_t lamport_clock = 0; ///< 0: happened before all events with a clock
  std::string node_id;
  epoch_us at = 0;
  event_kind kind = event_kind::other;
  event_origin origin = event_origin::event;
  std::string feature;  ///< slug; empty: its cause knows
  std::string wp_id;    ///< empty: it is about the feature, or nothing on the board
  std::string previous; ///< lane before, of status_changed
  std::string lane;     ///< lane afterwards, of status_changed
  std::string actor;    ///< the agent or person it names
  std::string sender;   ///< the account that a server knows to have sent it (`by`)
  std::string text;     ///< title, note, error or phase
  ulid cause;           ///< zeros: none
  std::vector<std::string> dependencies; ///< of created: ids of the same feature
};

/// A feature's work package.
struct package_name {
  std::uint32_t feature = no_index;
  std::string id;
};

/// One row, by the numbers of its texts.
struct log_row {
  ulid id;
  ulid cause;
  epoch_us at = 0;
  std::uint64_t lamport_clock = 0;
  std::uint32_t node = no_index;
  std::uint32_t feature = no_index;
  std::uint32_t package = no_index;
  std::uint32_t actor = no_index;
  std::uint32_t sender = no_index;
  std::uint32_t text = no_index;
  std::uint16_t previous = no_lane;
  std::uint16_t lane = no_lane;
  event_kind kind = event_kind::other;
  event_origin origin = event_origin::event;

  static constexpr std::uint16_t no_lane = 0xffff;
};

class event_log {
public:
  /// Work packages that a log holds; events of further ones are counted as unplaced.
  static constexpr std::size_t max_packages = 65'000;

  event_log();

  struct change {
    std::size_t first = 0;   ///< the first place whose event is another than before
    std::size_t added = 0;   ///< events that are new
    std::size_t earlier = 0; ///< of these, those before an event that was there already
  };
  /// Adds events in any order. Those whose id is there already are passed over.
  change add(std::span<const board_event> batch);

  std::size_t size() const { return rows_.size(); }
  /// Events about a work package whose feature is not known.
  std::size_t unplaced() const { return unplaced_.size(); }

  /// The row at a place in the total order, from 0.
  const log_row& at(std::size_t place) const { return rows_[places_[place]]; }
  /// The number of arrival at a place, from 1.
  std::uint32_t seq_at(std::size_t place) const { return places_[place] + 1; }
  /// The row of a number of arrival, from 1.
  const log_row& row(std::uint32_t seq) const { return rows_[seq - 1]; }
  /// The number of arrival of an event; 0 where it is unknown.
  std::uint32_t seq_of(const ulid& id) const;
  /// How many events come up to this one in the total order, itself included.
  std::size_t position_of(std::uint32_t seq) const;

  const dictionary& features() const { return features_; }
  const dictionary& nodes() const { return nodes_; }
  const dictionary& people() const { return people_; }
  const dictionary& texts() const { return texts_; }
  const dictionary& lanes() const { return lanes_; } ///< the first four are lane_names
  lane counted_lane(std::uint16_t number) const { return counted_[number]; }
  const std::vector<package_name>& packages() const { return packages_; }
  /// What an announcement names as dependencies, by its number of arrival.
  const std::vector<std::string>& dependencies(std::uint32_t seq) const;
  /// The number of a work package, or no_index.
  std::uint32_t package_of(std::string_view feature, std::string_view wp_id) const;

private:
  bool before(std::uint32_t left, std::uint32_t right) const;
  std::uint32_t add_package(std::uint32_t feature, std::string_view wp_id);
  std::uint16_t add_lane(std::string_view name);
  void append(const board_event& event);
  bool place(std::uint32_t index, std::string_view wp_id);
  std::size_t place_late();

  std::vector<log_row> rows_;         ///< by arrival
  std::vector<std::uint32_t> places_; ///< arrival by place in the total order
  struct waiting {
    std::uint32_t index;
    std::string wp_id;
  };
  std::vector<waiting> unplaced_;
  struct id_hash {
    std::size_t operator()(const ulid& id) const;
  };
  std::unordered_map<ulid, std::uint32_t, id_hash> arrivals_;
  dictionary features_, nodes_, people_, texts_, lanes_;
  std::vector<lane> counted_;
  std::vector<package_name> packages_;
  std::unordered_map<std::uint32_t, std::vector<std::string>> dependencies_; ///< by seq
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t, std::less<>> package_numbers_;
};

} // namespace spec_kitty::board
